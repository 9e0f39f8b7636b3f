import { resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type CodeBlock, codeBlocks, PAGES, ROOT } from './support/markdown.js';

/*
 * Every TypeScript example of the pages compiles, with the strictness of the project and against
 * the names that the package exports. Each is a module of its own, as for the reader who copies it.
 */
const blocks = PAGES.flatMap(codeBlocks).filter(({ info }) => /^(ts|typescript)\b/.test(info));

const HEADER_LINES = 1;

function sourceOf({ code, context }: CodeBlock): string {
  return `export {}; ${context.replaceAll('\n', ' ')}\n${code}`;
}

function compile(sources: ReadonlyMap<string, string>): ts.Program {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => sources.has(resolve(path)) || fileExists(path);
  host.readFile = (path) => sources.get(resolve(path)) ?? readFile(path);
  host.getSourceFile = (path, target, ...rest) => {
    const source = sources.get(resolve(path));
    return source === undefined
      ? getSourceFile(path, target, ...rest)
      : ts.createSourceFile(path, source, target, true);
  };
  return ts.createProgram([...sources.keys()], options, host);
}

function problemsOf(program: ts.Program, path: string, block: CodeBlock): string[] {
  const file = program.getSourceFile(path);
  if (file === undefined) throw new Error(`${path} was not compiled`);
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ start, messageText }) => {
      const { line } = file.getLineAndCharacterOfPosition(start ?? 0);
      const text = ts.flattenDiagnosticMessageText(messageText, ' ');
      return `${block.page}:${block.line + line - HEADER_LINES}: ${text}`;
    },
  );
}

describe('the examples in the pages', () => {
  // One whose name stands behind its language can be imported by the others of its page.
  const paths = blocks.map(({ info }, index) =>
    resolve(ROOT, info.split(' ')[1] ?? `example-${index}.ts`),
  );
  const sources = new Map(blocks.map((block, index) => [paths[index] ?? '', sourceOf(block)]));

  it('compile', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(8);
    const program = compile(sources);
    const problems = blocks.flatMap((block, index) =>
      problemsOf(program, paths[index] ?? '', block),
    );
    expect(problems).toEqual([]);
  });

  it('are found wrong when they are: an option that does not exist, a missing await', () => {
    const path = resolve(ROOT, 'example-wrong.ts');
    const code = [
      "import { LeaseLock } from 'k8s-leader-election';",
      "const lock = new LeaseLock({ nmae: 'x' });",
      'if (lock.get().ok) throw new Error();',
    ].join('\n');
    const block: CodeBlock = { page: 'README.md', line: 11, info: 'ts', code, context: '' };
    const program = compile(new Map([[path, sourceOf(block)]]));
    expect(problemsOf(program, path, block)).toEqual([
      expect.stringMatching(/^README\.md:12: .*nmae/),
      expect.stringMatching(/^README\.md:13: .*ok/),
    ]);
  });
});
