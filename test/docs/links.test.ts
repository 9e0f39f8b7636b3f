import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { anchorsOf, brokenLinks, type Library } from './support/links.js';
import { PAGES, ROOT } from './support/markdown.js';

const repository: Library = {
  has: (path) => existsSync(`${ROOT}${path}`),
  read: (path) => readFileSync(`${ROOT}${path}`, 'utf8'),
};

describe.each(PAGES)('the links of %s', (page) => {
  it('lead to files and headings that exist', () => {
    expect(brokenLinks(page, repository)).toEqual([]);
  });
});

describe('the check of links', () => {
  const pages: Readonly<Record<string, string>> = {
    'docs/a.md': [
      '# One thing: `run()`',
      '[there](b.md#two) [nowhere](c.md) [no heading](b.md#three) [here](#one-thing-run)',
      '[nor here](#two) ![picture](none.png) <img src="x.png"> `[code](d.md)`',
      '```md\n# Two\n[code](e.md)\n```',
    ].join('\n'),
    'docs/b.md': '## Two\n\n## Two\n',
  };
  const library: Library = {
    has: (path) => path in pages,
    read: (path) => pages[path] ?? '',
  };

  it('finds missing files, pictures and headings, and leaves code alone', () => {
    const broken = ['c.md', 'b.md#three', '#two', 'none.png', 'x.png'];
    expect(brokenLinks('docs/a.md', library)).toEqual(broken);
  });

  it('makes anchors of headings as GitHub does', () => {
    expect(anchorsOf('# A `b_c`, d-e: [f](g.md)?\n## A\n# A\n')).toEqual([
      'a-b_c-d-e-f',
      'a',
      'a-1',
    ]);
  });
});
