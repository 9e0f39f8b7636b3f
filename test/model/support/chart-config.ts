import { makeLeaderElectionMachine } from '../../../machines/leader-election.js';
import type { ChartEdge } from './chart-edges.js';

/** A state node, or the whole chart, as its author wrote it. */
export type Config = Record<string, unknown>;

/** The configuration of the chart, to be changed at will. */
export function chartConfig(): Config {
  return copy(makeLeaderElectionMachine().config) as Config;
}

/** The branches of one event in a state node's configuration, wherever they stand in it. */
export interface Fan {
  get(): unknown[];
  set(branches: unknown[]): void;
}

export function fanOf(config: Config, edge: ChartEdge): Fan {
  const node = edge.path.reduce<Config>(
    (parent, name) => child(child(parent, 'states'), name),
    config,
  );
  const { owner, key } = place(node, edge.event);
  const found = owner[key];
  if (found === undefined) throw new Error(`${edge.key} was not found in the configuration`);
  return {
    get: () => (Array.isArray(found) ? (found as unknown[]) : [found]),
    set: (branches) => {
      if (branches.length === 0) delete owner[key];
      else owner[key] = branches;
    },
  };
}

function place(node: Config, event: string): { owner: Config; key: string } {
  if (event === 'always') return { owner: node, key: 'always' };
  const [, kind = '', of = '', name = ''] = /^xstate\.(\w+)\.(\w+)\.?(\w*)/.exec(event) ?? [];
  if (kind === 'after') return { owner: child(node, 'after'), key: of };
  if (kind === 'done' && of === 'state') return { owner: node, key: 'onDone' };
  if (kind === '') return { owner: child(node, 'on'), key: event };
  const invoke = invocations(node).find(({ id }) => id === name);
  if (invoke === undefined) throw new Error(`${event}: the state does not invoke ${name}`);
  return { owner: invoke, key: kind === 'done' ? 'onDone' : 'onError' };
}

/** What a state node invokes: one actor, or several. */
export function invocations({ invoke }: Config): Config[] {
  if (invoke === undefined) return [];
  return (Array.isArray(invoke) ? invoke : [invoke]) as Config[];
}

function child(config: Config, key: string): Config {
  const found = config[key];
  if (typeof found !== 'object' || found === null) throw new Error(`There is no ${key} here`);
  return found as Config;
}

/** A deep copy in which functions stay what they are. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
}
