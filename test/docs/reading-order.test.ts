import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { linkedFiles, type Library } from './support/links.js';
import { PAGES, readPage, ROOT } from './support/markdown.js';

const repository: Library = {
  has: (path) => existsSync(`${ROOT}${path}`),
  read: (path) => readFileSync(`${ROOT}${path}`, 'utf8'),
};

describe('the README', () => {
  const text = readPage('README.md');

  it('is short enough to be read at a sitting', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(220);
  });

  it('says where to read on: every page of docs, once each', () => {
    const order = text.slice(text.indexOf('<!-- reading order -->'));
    const listed = [...order.matchAll(/\]\((docs\/[\w-]+\.md)/g)].map(([, page]) => page);
    const pages = PAGES.filter((page) => page.startsWith('docs/'));
    expect([...new Set(listed)].sort()).toEqual([...pages].sort());
  });

  it('numbers its list without a gap', () => {
    const numbers = [...text.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(numbers.length).toBeGreaterThan(10);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});

describe('a first reader', () => {
  it('gets from the README to every page, link by link', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      if (!page.endsWith('.md') || !repository.has(page)) continue;
      for (const linked of linkedFiles(page, repository)) reached.add(linked);
    }
    expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
  });
});
