import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { manifest, namedFiles } from './support/manifest.js';

const packed = inject('packed');
const paths = packed.files.map(({ path }) => path);

/** Kilobytes. Not far above what there is, so that growth is a decision. More than half are pictures. */
const BUDGET = { tarball: 2700, code: 1400, docs: 1950 };

/** Kilobytes of code that are loaded with an entry, without what it imports later, if at all. */
const LOADED = { 'index.js': 240, 'machine.js': 120 };

describe('the tarball', () => {
  it('holds the build, the docs, the manifest, the README and the licence, and nothing else', () => {
    const outside = paths.filter((path) => !/^(dist|docs|test)\//.test(path)).sort();
    expect(outside).toEqual(['LICENSE', 'README.md', 'package.json']);
    const others = paths.filter((path) => /^(docs|test)\//.test(path));
    const docs = /^docs\/([\w-]+\/)?[\w.-]+\.(md|svg|png|json)$|^docs\/examples\/[\w-]+\.ts$/;
    const readmes = /^test\/([\w-]+\/)?README\.md$/;
    expect(others.filter((path) => !docs.test(path) && !readmes.test(path))).toEqual([]);
    const inside = paths.filter((path) => path.startsWith('dist/'));
    expect(inside.filter((path) => !/^dist\/[\w-]+\.(d\.c?ts|c?js|c?js\.map)$/.test(path))).toEqual(
      [],
    );
  });

  it('holds every file that package.json names', () => {
    const missing = namedFiles(manifest).filter((file) => !paths.includes(file.slice('./'.length)));
    expect(missing).toEqual([]);
  });

  it('holds whatever its pages link to', () => {
    const pages = paths.filter((path) => path.endsWith('.md'));
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/guarantees.md']));
    const broken = pages.flatMap((page) => {
      const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)];
      return links
        .map(([, link = '']) => link.replace(/#.*/, ''))
        .filter((link) => link !== '' && !/^https?:/.test(link))
        .filter((link) => !paths.includes(join(dirname(page), link)))
        .map((link) => `${page}: ${link}`);
    });
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

/** The file and all that it imports with it. */
function staticImports(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, name] of text.matchAll(/^(?:import|export)[^'"]*['"]\.\/([^'"]+)['"];$/gm)) {
    staticImports(`dist/${name}`, found);
  }
  return found;
}

function kB(bytes: number): number {
  return Math.round(bytes / 1000);
}
