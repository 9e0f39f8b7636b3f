import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quoted, ROOT, table } from './support/markdown.js';

const PAGE = 'docs/architecture.md';

const folders = (path: string): string[] =>
  readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** The folders that the files of this one import from, its own left out. */
function imported(floor: string): string[] {
  const path = floor === 'machines' ? floor : `src/${floor}`;
  const found = new Set<string>();
  for (const name of readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const text = readFileSync(join(ROOT, path, name), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']*)'/g)) {
      const [top, folder = ''] = join(path, name, '..', specifier).split('/');
      found.add(top === 'src' ? folder : (top ?? ''));
    }
  }
  found.delete(floor);
  return [...found];
}

describe('the floors on the page', () => {
  const floors = table(PAGE, 'floors').flatMap(([name]) => quoted(name));

  it('are all folders of the product', () => {
    expect([...floors].sort()).toEqual([...folders('src'), 'machines'].sort());
  });

  it.each(floors)('are in their order: %s stands on those that it imports from', (floor) => {
    const above = floors.slice(floors.indexOf(floor));
    expect(imported(floor).filter((other) => above.includes(other))).toEqual([]);
  });
});

describe('the steps of a takeover on the page', () => {
  const steps = table(PAGE, 'takeover');

  it.each(steps)('name what exists: step %s, %s', (_, __, where = '') => {
    const places = where.split('; ').map((place) => quoted(place));
    expect(places.length).toBeGreaterThan(0);
    for (const [file = '', ...names] of places) {
      expect(existsSync(join(ROOT, file)), file).toBe(true);
      const text = readFileSync(join(ROOT, file), 'utf8');
      expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
    }
  });
});
