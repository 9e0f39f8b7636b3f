import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../src/kubernetes/version.js';
import { ROOT, manifest, namedFiles } from './support/manifest.js';

describe('package.json', () => {
  it('has the version that the code tells the API server', () => {
    expect(VERSION).toBe(manifest.version);
  });

  it('names only files that the build makes of a source of the same name', () => {
    const built = namedFiles(manifest).filter((file) => file !== './package.json');
    expect(built.length).toBeGreaterThan(3);
    for (const file of built) {
      const source = file.replace(/^\.\/dist\/(.+?)(\.d)?\.c?[jt]s$/, 'src/$1.ts');
      expect(existsSync(`${ROOT}${source}`), `${file} would be built from ${source}`).toBe(true);
    }
  });

  it('offers each entry to import and to require, with types for both', () => {
    const { './package.json': own, ...entries } = manifest.exports;
    expect(own).toBe('./package.json');
    for (const [entry, value] of Object.entries(entries)) {
      const stem = entry === '.' ? 'index' : entry.slice('./'.length);
      expect(value, entry).toEqual({
        import: { types: `./dist/${stem}.d.ts`, default: `./dist/${stem}.js` },
        require: { types: `./dist/${stem}.d.cts`, default: `./dist/${stem}.cjs` },
      });
    }
  });

  it('has the types of each entry for compilers that know no exports', () => {
    const entries = Object.keys(manifest.exports)
      .filter((entry) => entry !== '.' && entry !== './package.json')
      .map((entry) => entry.slice('./'.length));
    expect(manifest.typesVersions).toEqual({
      '*': Object.fromEntries(entries.map((entry) => [entry, [`./dist/${entry}.d.ts`]])),
    });
  });
});
