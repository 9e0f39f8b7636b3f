/**
 * Tries the packed package in every combination that it is said to work in, and prints a table of
 * what came of each. `npm run build` goes before it.
 *
 *     npm run matrix                      all of them
 *     npm run matrix -- --only deno       those with this text in their names
 *     npm run matrix -- --cheap           those that each change is checked by
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isCi } from '../../support/ci.js';
import { withProgress } from '../../support/progress.js';
import { packInto } from '../support/pack.js';
import { makeBench, removeBench } from './bench.js';
import { CELLS, titleOf } from './cells.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { lineOf, tryCell, type Tried } from './try-cell.js';

const { values } = parseArgs({ options: { only: { type: 'string' }, cheap: { type: 'boolean' } } });
const only = values.only?.toLowerCase() ?? '';
const chosen = CELLS.filter(
  (cell) =>
    `${cell.group} ${titleOf(cell)}`.toLowerCase().includes(only) &&
    (cell.cheap || values.cheap !== true),
);

const started = performance.now();
const packs = await mkdtemp(join(tmpdir(), 'matrix-pack-'));
const { filename } = await packInto(packs);
const bench = await withProgress('installing what the cells need', () =>
  makeBench(chosen, join(packs, filename)),
);
const tried: Tried[] = [];
for (const cell of chosen) {
  const one = await tryCell(cell, bench);
  tried.push(one);
  console.log(lineOf(one));
}
await removeBench(bench);
await rm(packs, { recursive: true });

const count = (result: Tried['result']): number =>
  tried.filter((one) => one.result === result).length;
const [failed, absent] = [count('FAILED'), count('CANNOT RUN HERE')];
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(
  `\n${tried.length} cells in ${minutes} minutes: ${count('as expected')} as expected, ` +
    `${failed} failed, ${absent} cannot run here`,
);
if (failed > 0 || (absent > 0 && isCi()) || tried.length === 0) process.exitCode = 1;
