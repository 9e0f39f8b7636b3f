import { describe, it } from 'vitest';
import { makeLeaderElectionMachine } from '../../machines/leader-election.js';
import { scenarios } from './scenarios/all.js';
import { runEdgeTest } from './support/edge-test.js';

describe('on a live actor', () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    it(name, () => runEdgeTest(scenario, makeLeaderElectionMachine));
  }
});
