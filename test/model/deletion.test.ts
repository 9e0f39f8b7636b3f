import { expect, it } from 'vitest';
import {
  type LeaderElectionMachine,
  makeLeaderElectionMachine,
} from '../../machines/leader-election.js';
import { electionSetup } from '../../machines/setup.js';
import { edgeTests } from './edges/all.js';
import { chartConfig, fanOf } from './support/chart-config.js';
import { type ChartEdge, chartEdges } from './support/chart-edges.js';
import { runEdgeTest } from './support/edge-test.js';

/** The chart without this one transition, or this one branch of it; all else is as it was. */
function withoutEdge(edge: ChartEdge): LeaderElectionMachine {
  const config = chartConfig();
  const fan = fanOf(config, edge);
  fan.set(fan.get().filter((_, index) => index !== edge.index));
  return electionSetup.createMachine(config as never) as unknown as LeaderElectionMachine;
}

const edges = chartEdges(makeLeaderElectionMachine());

it('removes one transition from the chart, and nothing else', () => {
  const print = ({ path, event, guard, target }: ChartEdge): string =>
    [path.join('.'), event, guard, target].join(' ');
  for (const edge of edges) {
    const others = edges.filter((other) => other !== edge);
    expect(chartEdges(withoutEdge(edge)).map(print)).toEqual(others.map(print));
  }
});

it.each(edges.map((edge) => [edge.key, edge] as const))(
  'is noticed without %s',
  async (key, edge) => {
    const test = edgeTests[key];
    expect(test).toBeDefined();
    await expect(runEdgeTest(test!, () => withoutEdge(edge))).rejects.toThrow();
  },
);
