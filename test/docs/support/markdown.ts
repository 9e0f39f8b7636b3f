import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The pages that a person has written, if not all of each. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(`${ROOT}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(`${ROOT}test`, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)README\.md$/.test(name))
    .map((name) => `test/${name}`),
];

export function readPage(page: string): string {
  return readFileSync(`${ROOT}${page}`, 'utf8');
}

export interface CodeBlock {
  readonly page: string;
  /** Of the first line of code, counted from 1. */
  readonly line: number;
  /** What follows the three backticks. */
  readonly info: string;
  readonly code: string;
  /** Declarations that the reader is spared, from a comment before the block. */
  readonly context: string;
}

const CONTEXT = '<!-- context of the next example:';

/** What the comment declares that stands right before a block; empty without one. */
function contextAtTheEndOf(text: string): string {
  const comment = text.slice(text.lastIndexOf('<!--')).trimEnd();
  const applies = comment.startsWith(CONTEXT) && comment.indexOf('-->') === comment.length - 3;
  return applies ? comment.slice(CONTEXT.length, -3) : '';
}

/** The fenced code blocks of a page. */
export function codeBlocks(page: string): CodeBlock[] {
  const text = readPage(page);
  return [...text.matchAll(/^```(.*)\n([^]*?)^```$/gm)].map((match) => {
    const before = text.slice(0, match.index);
    return {
      page,
      line: before.split('\n').length + 1,
      info: match[1] ?? '',
      code: match[2] ?? '',
      context: contextAtTheEndOf(before),
    };
  });
}

/** The block that follows a comment `<!-- manifest: NAME -->`. */
export function manifest(page: string, name: string): string {
  const text = readPage(page);
  const at = text.indexOf(`<!-- manifest: ${name} -->`);
  const match = at < 0 ? null : /^\S.*\n\n```yaml\n([^]*?)^```$/m.exec(text.slice(at));
  if (match?.[1] === undefined) throw new Error(`${page} has no manifest "${name}"`);
  return match[1];
}

/** The rows of the table that follows a comment `<!-- table: NAME -->`, without their back quotes. */
export function table(page: string, name: string): string[][] {
  return tableAfter(page, `<!-- table: ${name} -->`);
}

/** The rows of a table that is made of the code. */
export function generated(page: string, name: string): string[][] {
  return tableAfter(page, `<!-- generated: ${name} -->`);
}

/** The names that a list begins its items with, made of the code: `- **name** …`. */
export function listed(page: string, name: string): string[] {
  const text = readPage(page);
  const at = text.indexOf(`<!-- generated: ${name} -->`);
  const end = text.indexOf(`<!-- end of generated: ${name} -->`);
  if (at < 0 || end < at) throw new Error(`${page} has no list "${name}"`);
  const items = text.slice(at, end).matchAll(/^- \*\*`([^`]+)`\*\*/gm);
  return [...items].map((match) => match[1] ?? '');
}

/** The rows of the first table after this text. */
export function tableAfter(page: string, heading: string): string[][] {
  const text = readPage(page);
  const at = text.indexOf(heading);
  if (at < 0) throw new Error(`${page} lacks "${heading}"`);
  const lines = text.slice(at).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const last = lines.findIndex((line, index) => index > first && !line.startsWith('|'));
  return lines.slice(first + 2, last).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The names in back quotes of a cell. */
export function quoted(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}
