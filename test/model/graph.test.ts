import { beforeAll, describe, expect, it } from 'vitest';
import { makeLeaderElectionMachine } from '../../machines/leader-election.js';
import { edgeTests } from './edges/all.js';
import { stateNodes } from './support/chart-edges.js';
import { exploreChart, type Graph } from './support/skeleton.js';

/* The chart as a graph, explored by `xstate/graph` with every guard answering both paths. */
describe('the adjacency map of the chart', () => {
  let graph: Graph;
  beforeAll(() => {
    graph = exploreChart();
  });

  it('reaches every state', () => {
    // These are left in the very step that enters them.
    const passedThrough = [
      'leaderElection.participating.acquiring.deciding',
      'leaderElection.participating.acquiring.reacting',
      'leaderElection.participating.elected.lease.renewing.renewed',
      'leaderElection.releasing.beginning',
      'leaderElection.releasing.over',
      'leaderElection.lost.entering',
      'leaderElection.lost.over',
    ];
    const ids = stateNodes(makeLeaderElectionMachine()).map(({ id }) => id);
    expect(ids.filter((id) => !graph.reached.has(id)).sort()).toEqual(passedThrough.sort());
  });

  it('takes the transitions that have a test, and no others', () => {
    expect([...graph.taken].sort()).toEqual(Object.keys(edgeTests).sort());
  });

  it('leads from everywhere to the end of the candidacy', () => {
    const ending = new Set(['"stopped"']);
    for (let before = 0; before < ending.size;) {
      before = ending.size;
      for (const [from, next] of graph.next)
        if (next.some((to) => ending.has(to))) ending.add(from);
    }
    expect([...graph.next.keys()].filter((from) => !ending.has(from))).toEqual([]);
  });

  it('leads to leadership by a read and a write, and by nothing less', () => {
    const elected = { deadline: 'counting', lease: 'leading', work: 'running' };
    const leader = JSON.stringify({ participating: { elected } });
    expect(graph.distances.get(leader)).toBe(['start', 'read', 'write'].length);
  });
});
