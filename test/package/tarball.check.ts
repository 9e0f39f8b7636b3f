import { readFileSync } from 'node:fs';
import { describe, expect, inject, it } from 'vitest';
import { brokenLinks } from '../docs/support/links.js';
import { manifest, namedFiles } from './support/manifest.js';

const packed = inject('packed');
const paths = packed.files.map(({ path }) => path);

/** Kilobytes. Not far above what there is, so that growth is a decision. More than half are pictures. */
const BUDGET = { tarball: 2000, unpacked: 3600, code: 1900, docs: 1950 };

/** Kilobytes of code that are loaded with an entry, without what it imports later, if at all. */
const LOADED = { 'index.js': 295, 'machine.js': 122, 'cli.js': 5 };

describe('the tarball', () => {
  it('holds the build, the docs, the manifest, the README and the licence, and nothing else', () => {
    const outside = paths.filter((path) => !/^(dist|docs|test)\//.test(path)).sort();
    expect(outside).toEqual(['LICENSE', 'README.md', 'package.json']);
    const others = paths.filter((path) => /^(docs|test)\//.test(path));
    const docs =
      /^docs\/([\w-]+\/)*[\w.-]+\.(md|svg|webp|json|yaml)$|^docs\/examples\/([\w-]+\/)?[\w-]+\.ts$/;
    const readmes = /^test\/([\w-]+\/)?README\.md$/;
    expect(others.filter((path) => !docs.test(path) && !readmes.test(path))).toEqual([]);
    const inside = paths.filter((path) => path.startsWith('dist/'));
    expect(inside.filter((path) => !/^dist\/[\w-]+\.(d\.c?ts|c?js)$/.test(path))).toEqual([]);
  });

  it('holds every file that package.json names', () => {
    const missing = namedFiles(manifest).filter((file) => !paths.includes(file.slice('./'.length)));
    expect(missing).toEqual([]);
  });

  it('holds whatever its pages link to, headings included', () => {
    const pages = paths.filter((path) => path.endsWith('.md'));
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/guarantees.md']));
    const tarball = {
      has: (path: string) => paths.some((one) => one === path || one.startsWith(`${path}/`)),
      read: (path: string) => readFileSync(path, 'utf8'),
    };
    const broken = pages.flatMap((page) =>
      brokenLinks(page, tarball).map((link) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('has no error class of another name than the exported one, by which Node prints it', () => {
    const code = paths.filter((path) => path.endsWith('js'));
    const renamed = code.flatMap(
      (path) => readFileSync(path, 'utf8').match(/class _\w*Error\b/g) ?? [],
    );
    expect(renamed).toEqual([]);
  });

  it('stays within its budget', () => {
    const sizeOf = (is: (path: string) => boolean): number =>
      packed.files.reduce((sum, { path, size }) => sum + (is(path) ? size : 0), 0);
    const code = sizeOf((path) => path.endsWith('js'));
    const docs = sizeOf((path) => /^(docs|test)\//.test(path));
    console.log(
      `tarball ${kB(packed.size)} kB, unpacked ${kB(packed.unpackedSize)} kB, ` +
        `of which code for import and require ${kB(code)} kB and docs ${kB(docs)} kB, ` +
        `${paths.length} files`,
    );
    expect(kB(packed.size)).toBeLessThan(BUDGET.tarball);
    expect(kB(packed.unpackedSize)).toBeLessThan(BUDGET.unpacked);
    expect(kB(code)).toBeLessThan(BUDGET.code);
    expect(kB(docs)).toBeLessThan(BUDGET.docs);
  });

  it.each(Object.entries(LOADED))('loads with %s no more than %d kB', (entry, budget) => {
    const sizes = new Map(packed.files.map(({ path, size }) => [path, size]));
    const loaded = [...staticImports(`dist/${entry}`)];
    const size = loaded.reduce((sum, path) => sum + (sizes.get(path) ?? Number.NaN), 0);
    console.log(`${entry}: ${kB(size)} kB in ${loaded.length} files`);
    expect(kB(size)).toBeLessThan(budget);
  });
});

/** What the parts of the command line load before they do anything: each is a file of its own. */
const PARTS = [
  // The parser, and what checks the values of flags: whoever asks for help waits for no more.
  {
    part: 'main',
    budget: 85,
    packages: ['commander'],
    builtIn: ['async_hooks', 'crypto', 'fs', 'os', 'worker_threads'],
  },
  // The second process of `run`.
  { part: 'guard', budget: 10, packages: [], builtIn: ['async_hooks', 'child_process', 'fs'] },
];

describe('the command line', () => {
  it.each(PARTS)('loads for $part no more than it uses', ({ part, budget, packages, builtIn }) => {
    const loaded = [...staticImports(builtAs(part))];
    const size = loaded.reduce((sum, path) => sum + readFileSync(path).length, 0);
    console.log(`${part}: ${kB(size)} kB in ${loaded.length} files`);
    expect(kB(size)).toBeLessThan(budget);
    expect(foreignImports(loaded)).toEqual([...packages, ...builtIn].sort());
  });

  it('loads for run neither the client library nor the inspector', () => {
    const loaded = [...staticImports(builtAs('run'))];
    expect(foreignImports(loaded)).toContain('xstate');
    expect(foreignImports(loaded).filter((name) => name.includes('@'))).toEqual([]);
    const text = loaded.map((path) => readFileSync(path, 'utf8')).join('\n');
    expect(text).toMatch(/LeaderElection = class/);
    expect(text).not.toMatch(/startInspector|connectInspector|startEmbeddedApiServer/);
  });
});

/** The file of the build that this part is in. */
function builtAs(part: string): string {
  const found = paths.filter((path) => new RegExp(`^dist/${part}-[A-Z0-9]{8}\\.js$`).test(path));
  expect(found).toHaveLength(1);
  return found[0]!;
}

const IMPORT = /^(?:import|export)[^'"]*['"]([^'"]+)['"];$/gm;

/** The file and all that it imports with it. */
function staticImports(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (name.startsWith('./')) staticImports(`dist/${name.slice(2)}`, found);
  }
  return found;
}

/** What these files import from elsewhere. */
function foreignImports(files: readonly string[]): string[] {
  const names = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, name = '']) => name),
  );
  return [...new Set(names.filter((name) => !name.startsWith('./')))].sort();
}

function kB(bytes: number): number {
  return Math.round(bytes / 1000);
}
