import fc from 'fast-check';
import { describe, it } from 'vitest';
import { play, scenarios } from './run.js';

const { ORACLE_RUNS = '1500', ORACLE_SEED = '1', ORACLE_PATH } = process.env;
const numRuns = Number(ORACLE_RUNS);

describe('the candidate and its reference', () => {
  it(
    `agree on every request, answer and callback of ${numRuns} stories`,
    { timeout: 40_000 + numRuns * 60 },
    async () => {
      await fc.assert(fc.asyncProperty(scenarios, play), {
        numRuns,
        ...(ORACLE_SEED === 'random' ? {} : { seed: Number(ORACLE_SEED) }),
        ...(ORACLE_PATH === undefined ? {} : { path: ORACLE_PATH }),
      });
    },
  );
});
