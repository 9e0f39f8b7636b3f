import { expect, it } from 'vitest';
import { makeLeaderElectionMachine } from '../../machines/leader-election.js';
import { edgeTests } from './edges/all.js';
import { type ChartEdge, chartEdges } from './support/chart-edges.js';
import { deleteEachEdge } from './support/deletions.js';
import { withoutEdge } from './support/without-edge.js';

it('removes one transition from the chart, and nothing else', () => {
  const edges = chartEdges(makeLeaderElectionMachine());
  const print = ({ path, event, guard, target }: ChartEdge): string =>
    [path.join('.'), event, guard, target].join(' ');
  for (const edge of edges) {
    const others = edges.filter((other) => other !== edge);
    expect(chartEdges(withoutEdge(edge)).map(print)).toEqual(others.map(print));
  }
});

it('notices the loss of any one transition of the chart', async () => {
  const deletions = await deleteEachEdge(edgeTests);
  expect(deletions.length).toBe(chartEdges(makeLeaderElectionMachine()).length);
  expect(deletions.filter(({ noticed }) => noticed === null)).toEqual([]);
}, 120_000);
