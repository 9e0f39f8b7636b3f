import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, generate, PAGE, staleFiles } from '../../docs/generate.js';
import { ROOT } from './support/markdown.js';

describe('what is generated from the machine', () => {
  let files: ReadonlyMap<string, string>;
  beforeAll(async () => {
    files = await generate();
  });

  it('stands in the repository as it would be generated now', async () => {
    expect(await staleFiles(files), `run \`${COMMAND}\``).toEqual([]);
  });

  it('is found stale when a file differs or is missing', async () => {
    const changed = new Map([...files].map(([path, content]) => [path, `${content} `]));
    expect(await staleFiles(changed)).toEqual([...files.keys()]);
    expect(await staleFiles(new Map([['docs/no-such.svg', '']]))).toEqual(['docs/no-such.svg']);
  });

  it('includes a picture for each of those that the page shows, and no other', () => {
    const page = readFileSync(`${ROOT}${PAGE}`, 'utf8');
    const shown = [...page.matchAll(/!\[[^\]]*\]\(\.\/(.*?)\)/g)].map(
      (match) => `docs/${match[1]}`,
    );
    const pictures = [...files.keys()].filter((path) => path.endsWith('.svg'));
    expect(pictures.length).toBeGreaterThan(1);
    expect(pictures.sort()).toEqual(shown.sort());
  });
});
