import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  API_SERVER_TIMEOUT_MILLIS,
  describeWhereApiServersRun,
} from '../support/shared-api-server.js';
import { type ChaosResult, runChaos } from './run.js';

// The short version of a run that can be as long as one likes: test/chaos/main.ts.

const FAULTS = 24;

describeWhereApiServersRun(`${FAULTS} faults on a real API server`, () => {
  let result: ChaosResult;

  beforeAll(async () => {
    result = await runChaos({ seed: 20261123, faults: FAULTS });
  }, API_SERVER_TIMEOUT_MILLIS);

  afterAll(() => {
    const margins = result.groups.flatMap((group) => group.margins).sort((a, b) => a - b);
    const reigns = result.groups.reduce((sum, group) => sum + group.reigns, 0);
    console.log(
      `measured: ${FAULTS} faults in ${result.minutes.toFixed(1)} min, ${reigns} reigns, ` +
        `smallest margin ${((margins[0] ?? 0) / 1000).toFixed(2)} s`,
    );
  });

  it('never make two candidates lead', () => {
    expect(result.groups.flatMap(({ overlaps }) => overlaps)).toEqual([]);
  });

  it('leave the lock without a leader for no longer than the lease and a few looks', () => {
    expect(result.groups.flatMap(({ tooLong }) => tooLong)).toEqual([]);
  });

  it('make leaders change, and not always in good order', () => {
    const changes = result.groups.reduce((sum, { margins }) => sum + margins.length, 0);
    expect(changes).toBeGreaterThan(FAULTS / 4);
    expect(Object.keys(result.faultsByName).length).toBeGreaterThan(10);
  });
});
