import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { SEPARATOR } from '../table/regression.js';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A test that carries one of these is not run, or not as a test. */
const NOT_RUN = new Set(['skip', 'todo', 'only', 'fails', 'skipIf', 'runIf']);

/**
 * The titles of the tests that a file declares, read from its text without running it: the titles
 * of the groups around each come first. Those of `it.each` keep their placeholders.
 */
export function testNames(file: string): readonly string[] {
  const known = read.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(`${ROOT}${file}`, 'utf8');
  const names = namesIn(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  read.set(file, names);
  return names;
}

const read = new Map<string, readonly string[]>();

export function namesIn(source: ts.SourceFile): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node, groups: readonly string[]): void => {
    const declared = declarationIn(node);
    if (declared === null) {
      ts.forEachChild(node, (child) => {
        visit(child, groups);
      });
      return;
    }
    if (!declared.runs) return;
    const path = [...groups, declared.title];
    if (declared.isGroup) {
      ts.forEachChild(node, (child) => {
        visit(child, path);
      });
    } else names.push(path.join(SEPARATOR));
  };
  visit(source, []);
  return names;
}

interface Declaration {
  readonly title: string;
  readonly isGroup: boolean;
  readonly runs: boolean;
}

/** `describe('title', …)`, `it('title', …)`, `it.each(…)('title', …)` and the like. */
function declarationIn(node: ts.Node): Declaration | null {
  if (!ts.isCallExpression(node)) return null;
  const [title] = node.arguments;
  if (title === undefined || !ts.isStringLiteralLike(title)) return null;
  const words: string[] = [];
  let callee: ts.Expression = node.expression;
  while (!ts.isIdentifier(callee)) {
    if (ts.isPropertyAccessExpression(callee)) words.push(callee.name.text);
    else if (!ts.isCallExpression(callee)) return null;
    callee = callee.expression;
  }
  if (!['describe', 'it', 'test'].includes(callee.text)) return null;
  return {
    title: title.text,
    isGroup: callee.text === 'describe',
    runs: !words.some((word) => NOT_RUN.has(word)),
  };
}
