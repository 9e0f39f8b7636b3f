import type { LeaderElectionMachine } from '../../../machines/leader-election.js';
import { electionSetup } from '../../../machines/setup.js';
import { chartConfig, fanOf } from './chart-config.js';
import type { ChartEdge } from './chart-edges.js';

/** The chart without this one transition, or this one branch of it; all else is as it was. */
export function withoutEdge(edge: ChartEdge): LeaderElectionMachine {
  const config = chartConfig();
  const fan = fanOf(config, edge);
  fan.set(fan.get().filter((_, index) => index !== edge.index));
  return electionSetup.createMachine(config as never) as unknown as LeaderElectionMachine;
}
