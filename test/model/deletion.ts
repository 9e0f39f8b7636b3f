import { edgeTests } from './edges/all.js';
import { deleteEachEdge } from './support/deletions.js';

/*
 * Prints, for each transition of the chart, what its test says about the chart without it:
 *
 *     npx tsx test/model/deletion.ts
 *
 * Exits with 1 if the loss of a transition goes unnoticed. `deletion.test.ts` checks the same.
 */
const startedAt = performance.now();
const deletions = await deleteEachEdge(edgeTests);
const unnoticed = deletions.filter(({ noticed }) => noticed === null);

for (const { key, noticed } of deletions) {
  console.log(`${noticed === null ? 'UNNOTICED' : 'noticed  '}  ${key}`);
  if (noticed !== null) console.log(`             ${noticed.split('\n')[0] ?? ''}`);
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(
  `\n${deletions.length} transitions deleted, ${unnoticed.length} unnoticed, ${seconds} s`,
);
process.exitCode = unnoticed.length === 0 ? 0 : 1;
