import { afterAll, describe, expect, inject, it } from 'vitest';
import { isCi } from '../support/ci.js';
import { whyNot } from './matrix/bench.js';
import { CELLS, titleOf } from './matrix/cells.js';
import { lineOf, tryCell, type Tried } from './matrix/try-cell.js';

const bench = inject('bench');
const cheap = CELLS.filter((cell) => cell.cheap);

const tried: Tried[] = [];
afterAll(() => {
  console.log(tried.map(lineOf).join('\n'));
});

// The rest is `npm run matrix`.
describe('the package works, or says that it does not', () => {
  it.each(cheap.map((cell) => ({ title: titleOf(cell), cell })))('$title', async ({ cell }) => {
    const one = await tryCell(cell, bench);
    tried.push(one);
    if (one.result === 'CANNOT RUN HERE' && !isCi()) {
      console.warn(`NOT TRIED, ${titleOf(cell)}: ${one.why}`);
      return;
    }
    expect({ result: one.result, why: one.why }).toEqual({ result: 'as expected', why: '' });
  });

  it('has each cell once', () => {
    expect(new Set(CELLS.map(titleOf)).size).toBe(CELLS.length);
    expect(cheap.filter((cell) => whyNot(cell, bench) === undefined)).not.toEqual([]);
  });
});
