import { readFileSync } from 'node:fs';
import { describe, expect, inject, it } from 'vitest';
import { manifest, namedFiles } from './support/manifest.js';

const packed = inject('packed');
const paths = packed.files.map(({ path }) => path);

/** Kilobytes. Not far above what there is, so that growth is a decision. */
const BUDGET = { tarball: 1120, code: 1400 };

/** Kilobytes of code that are loaded with an entry, without what it imports later, if at all. */
const LOADED = { 'index.js': 240, 'machine.js': 120 };

describe('the tarball', () => {
  it('holds the build, the manifest, the README and the licence, and nothing else', () => {
    const outside = paths.filter((path) => !path.startsWith('dist/')).sort();
    expect(outside).toEqual(['LICENSE', 'README.md', 'package.json']);
    const inside = paths.filter((path) => path.startsWith('dist/'));
    expect(inside.filter((path) => !/^dist\/[\w-]+\.(d\.c?ts|c?js|c?js\.map)$/.test(path))).toEqual(
      [],
    );
  });

  it('holds every file that package.json names', () => {
    const missing = namedFiles(manifest).filter((file) => !paths.includes(file.slice('./'.length)));
    expect(missing).toEqual([]);
  });

  it('has no error class of another name than the exported one, by which Node prints it', () => {
    const code = paths.filter((path) => path.endsWith('js'));
    const renamed = code.flatMap(
      (path) => readFileSync(path, 'utf8').match(/class _\w*Error\b/g) ?? [],
    );
    expect(renamed).toEqual([]);
  });

  it('stays within its budget', () => {
    const code = packed.files
      .filter(({ path }) => path.endsWith('js'))
      .reduce((sum, { size }) => sum + size, 0);
    console.log(
      `tarball ${kB(packed.size)} kB, unpacked ${kB(packed.unpackedSize)} kB, ` +
        `of which code for import and require ${kB(code)} kB, ${paths.length} files`,
    );
    expect(kB(packed.size)).toBeLessThan(BUDGET.tarball);
    expect(kB(code)).toBeLessThan(BUDGET.code);
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
