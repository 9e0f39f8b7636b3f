import { describe, expect, it } from 'vitest';
import { makeLeaderElectionMachine } from '../../machines/leader-election.js';
import { edgeTests } from '../model/edges/all.js';
import { chartEdges } from '../model/support/chart-edges.js';
import { runEdgeTest } from '../model/support/edge-test.js';

/*
 * The tests of the transitions, by names that do not come from the chart. A mutant is held against
 * the tests that came by it before, by their names: one that had another name under the mutant
 * would not be run.
 */
describe('the transitions', () => {
  it('are those that have a test', () => {
    const keys = chartEdges(makeLeaderElectionMachine()).map(({ key }) => key);
    expect(keys.sort()).toEqual(Object.keys(edgeTests).sort());
  });

  for (const [key, test] of Object.entries(edgeTests)) {
    it(key, () => runEdgeTest(test, makeLeaderElectionMachine));
  }
});
