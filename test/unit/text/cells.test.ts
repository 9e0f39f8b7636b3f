import { describe, expect, it } from 'vitest';
import { cellsOf, cutToCells, shortenMiddle } from '../../../src/text/cells.js';

describe('the columns that a text takes', () => {
  it.each([
    ['', 0],
    ['web-0', 5],
    ['Grüße', 5],
    ['e\u0301a', 2],
    ['你好', 4],
    ['한국', 4],
    ['ﾊﾝ', 2],
    ['ａｂ', 4],
    ['🦆', 2],
    ['🇨🇭', 2],
    ['שלום', 4],
    ['…', 1],
  ])('%j takes %i', (text, cells) => {
    expect(cellsOf(text)).toBe(cells);
  });
});

describe('a name that is too wide', () => {
  it.each([
    ['short', 5, 'short'],
    ['data-processor-7d9f8b6c5-x2k4p', 12, 'data-p…x2k4p'],
    ['data-processor-7d9f8b6c5-x2k4p', 5, 'da…4p'],
    ['你好你好你好', 6, '你…好'],
    ['🦆🦆🦆🦆', 5, '🦆…🦆'],
    ['cafe\u0301-cafe\u0301-cafe\u0301', 5, 'ca…fe\u0301'],
    ['anything', 1, '…'],
  ])('%j in %i columns is %j', (text, most, told) => {
    const short = shortenMiddle(text, most);
    expect(short).toBe(told);
    expect(cellsOf(short)).toBeLessThanOrEqual(most);
  });

  it.each([
    ['0123456789', 10, '0123456789'],
    ['0123456789', 9, '01234567…'],
    ['你好你好', 8, '你好你好'],
    ['你好你好', 7, '你好你…'],
    ['你好你好', 6, '你好…'],
    ['a🦆b', 3, 'a…'],
  ])('%j is cut at its end to %i columns: %j', (text, most, told) => {
    expect(cutToCells(text, most)).toBe(told);
  });
});
