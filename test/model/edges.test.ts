import { describe, expect, it } from 'vitest';
import { makeLeaderElectionMachine } from '../../machines/leader-election.js';
import { edgeTests } from './edges/all.js';
import { chartEdges } from './support/chart-edges.js';
import { runEdgeTest } from './support/edge-test.js';

/*
 * Every transition of the chart, taken on a live actor whose lock, clock and callbacks the test
 * controls. The list of transitions comes from the machine itself.
 */
describe('the tests of the transitions', () => {
  it('know each transition of the chart by one key', () => {
    const keys = chartEdges(makeLeaderElectionMachine()).map(({ key }) => key);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('cover every transition of the chart, and no other', () => {
    const keys = chartEdges(makeLeaderElectionMachine()).map(({ key }) => key);
    const tested = Object.keys(edgeTests);
    expect({
      untested: keys.filter((key) => !tested.includes(key)),
      unknown: tested.filter((key) => !keys.includes(key)),
    }).toEqual({ untested: [], unknown: [] });
  });
});

describe('on a live actor', () => {
  for (const { key, target } of chartEdges(makeLeaderElectionMachine())) {
    const test = edgeTests[key];
    if (test === undefined) continue;
    it(`${key} -> ${target ?? '(stays)'}`, () => runEdgeTest(test, makeLeaderElectionMachine));
  }
});
