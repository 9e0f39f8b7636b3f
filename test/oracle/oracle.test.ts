import fc from 'fast-check';
import { describe, it } from 'vitest';
import { mortalScenarios, play, scenarios } from './run.js';

const { ORACLE_RUNS = '1500', ORACLE_SEED = '1', ORACLE_PATH } = process.env;
const numRuns = Number(ORACLE_RUNS);
const mortalRuns = Math.ceil(numRuns / 5);

describe('the candidate and its reference', () => {
  it.each([
    [`${numRuns} stories`, numRuns, scenarios],
    [`${mortalRuns} stories in which holders of the lock die`, mortalRuns, mortalScenarios],
  ] as const)(
    'agree on every request, answer and callback of %s',
    { timeout: 40_000 + numRuns * 60 },
    async (_, numRuns, stories) => {
      await fc.assert(fc.asyncProperty(stories, play), {
        numRuns,
        ...(ORACLE_SEED === 'random' ? {} : { seed: Number(ORACLE_SEED) }),
        ...(ORACLE_PATH === undefined ? {} : { path: ORACLE_PATH }),
      });
    },
  );
});
