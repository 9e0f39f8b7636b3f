import { describe, expect, inject, it } from 'vitest';
import { manifest, namedFiles } from './support/manifest.js';

const packed = inject('packed');
const paths = packed.files.map(({ path }) => path);

/** Kilobytes. Not far above what there is, so that growth is a decision. */
const BUDGET = { tarball: 550, code: 550 };

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
});

function kB(bytes: number): number {
  return Math.round(bytes / 1000);
}
