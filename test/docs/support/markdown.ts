import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export const PAGES = [
  'README.md',
  'docs/statechart.md',
  'docs/from-python.md',
  'docs/guarantees.md',
  'docs/dependencies.md',
  'docs/cli.md',
  'docs/inspect.md',
  'docs/locks.md',
  'docs/health.md',
  'docs/metrics.md',
  'docs/testing.md',
  'docs/frameworks.md',
  'docs/operations.md',
  'docs/architecture.md',
  'docs/contributing.md',
  'docs/changelog.md',
  'test/README.md',
] as const;

export type Page = (typeof PAGES)[number];

export function readPage(page: Page): string {
  return readFileSync(`${ROOT}${page}`, 'utf8');
}

export interface CodeBlock {
  readonly page: Page;
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
export function codeBlocks(page: Page): CodeBlock[] {
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
export function manifest(page: Page, name: string): string {
  const text = readPage(page);
  const at = text.indexOf(`<!-- manifest: ${name} -->`);
  const match = at < 0 ? null : /^\S.*\n\n```yaml\n([^]*?)^```$/m.exec(text.slice(at));
  if (match?.[1] === undefined) throw new Error(`${page} has no manifest "${name}"`);
  return match[1];
}

/** The rows of the table that follows a comment `<!-- table: NAME -->`, without their back quotes. */
export function table(page: Page, name: string): string[][] {
  return tableAfter(page, `<!-- table: ${name} -->`);
}

/** The rows of a table that is made of the code. */
export function generated(page: Page, name: string): string[][] {
  return tableAfter(page, `<!-- generated: ${name} -->`);
}

/** The rows of the first table after this text. */
export function tableAfter(page: Page, heading: string): string[][] {
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
