import { not } from 'xstate';
import { makeLeaderElectionMachine } from '../../machines/leader-election.js';
import { type Config, chartConfig, fanOf } from '../model/support/chart-config.js';
import { type ChartEdge, chartEdges, negated } from '../model/support/chart-edges.js';
import type { ChartMutant } from './chart-mutants.js';

interface Asked {
  readonly edge: ChartEdge;
  readonly guard: string;
  /** What the guard is asked about: the context alone, or also what the event brings. */
  readonly about: string;
}

/** Transitions that ask another question than theirs, of those that can be asked there. */
export function guardMutants(): ChartMutant[] {
  const all = chartEdges(makeLeaderElectionMachine()).flatMap(asked);
  return all.flatMap(({ edge, guard, about }) => {
    const others = all.filter((other) => other.about === about && other.guard !== guard);
    return [...new Set(others.map((other) => other.guard))].map((other) => ({
      kind: 'other guard' as const,
      where: edge.key,
      what: `asks ${other}`,
      change: (config: Config) => {
        ask(config, edge, other);
      },
    }));
  });
}

function asked(edge: ChartEdge): Asked[] {
  if (edge.guard === null) return [];
  const guard = guardOf(edge);
  const name = typeof guard === 'function' ? negated(guard) : edge.guard;
  return [{ edge, guard: name, about: aboutOf(edge) }];
}

function guardOf(edge: ChartEdge): unknown {
  return (fanOf(chartConfig(), edge).get()[edge.index] as Config)['guard'];
}

function aboutOf(edge: ChartEdge): string {
  if (typeof guardOf(edge) !== 'object') return 'the context';
  // What is handed over with an event of the watch, with an answer, or with an error.
  const [, kind = edge.event] = /^xstate\.(done|error)\./.exec(edge.event) ?? [];
  return kind;
}

function ask(config: Config, edge: ChartEdge, other: string): void {
  const { get, set } = fanOf(config, edge);
  set(
    get().map((branch, index) => {
      if (index !== edge.index) return branch;
      const { guard, ...rest } = branch as Config;
      return { ...rest, guard: exchanged(guard, other) };
    }),
  );
}

function exchanged(guard: unknown, other: string): unknown {
  if (typeof guard === 'string') return other;
  return typeof guard === 'function' ? not(other as never) : { ...(guard as Config), type: other };
}
