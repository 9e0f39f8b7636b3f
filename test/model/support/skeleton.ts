import { assign, type AnyMachineSnapshot, createMachine, fromPromise } from 'xstate';
import { getAdjacencyMap, getShortestPaths } from 'xstate/graph';
import { makeLeaderElectionMachine } from '../../../machines/leader-election.js';
import { type Config, chartConfig, fanOf, invocations } from './chart-config.js';
import { type ChartEdge, chartEdges } from './chart-edges.js';

/** An event of the chart, with the guards that hold: one when it comes in, and one in what follows. */
interface Step {
  readonly type: string;
  readonly holds: readonly (string | null)[];
}

interface Taken {
  readonly taken: readonly string[];
}

/**
 * The chart with nothing in it but states and transitions: every guard says what the event tells
 * it to, no action does anything but note which transition was taken. So its graph can be
 * explored without a lock, a clock or a term.
 */
function skeleton() {
  const edges = chartEdges(makeLeaderElectionMachine());
  const config = bare(chartConfig());
  let holds: Step['holds'] = [];
  for (const edge of edges) {
    const fan = fanOf(config, edge);
    fan.set(
      fan.get().map((branch, index) => (index === edge.index ? noting(branch, edge) : branch)),
    );
  }
  const guards = Object.fromEntries(
    guardNames(edges).map((name) => [name, () => holds.includes(name)] as const),
  );
  const delays = Object.fromEntries(
    edges.flatMap(({ event }) => /^xstate\.after\.(\w+)/.exec(event)?.[1] ?? []).map((d) => [d, 1]),
  );
  const idle = fromPromise(() => new Promise(() => undefined));
  const actors = Object.fromEntries(
    Object.keys(makeLeaderElectionMachine().implementations.actors).map((name) => [name, idle]),
  );
  const machine = createMachine({ ...config, context: { taken: [] } } as never, {
    actors,
    guards,
    delays,
  });
  const transition: typeof machine.transition = (snapshot, event, scope) => {
    ({ holds } = event as unknown as Step);
    return machine.transition(snapshot, event, scope);
  };
  const logic = {
    transition,
    getInitialSnapshot: machine.getInitialSnapshot.bind(machine),
    getPersistedSnapshot: machine.getPersistedSnapshot.bind(machine),
  };
  const following = guardNames(
    edges.filter(({ event }) => /^(always|xstate\.done\.state)/.test(event)),
  );
  const events = ({ _nodes: nodes }: AnyMachineSnapshot): Step[] => {
    const here = edges.filter(({ path }) => nodes.some((node) => isSame(node.path, path)));
    const types = [...new Set(here.map(({ event }) => event))];
    return types
      .filter((type) => type !== 'always' && type !== '*')
      .flatMap((type) => {
        const asked = guardNames(here.filter(({ event }) => event === type || event === '*'));
        return [null, ...asked].flatMap((first) =>
          [null, ...following].map((then) => ({ type, holds: [first, then] })),
        );
      });
  };
  return {
    logic,
    options: {
      events,
      serializeState: ({ value }: AnyMachineSnapshot) => JSON.stringify(value),
    },
  };
}

export interface Graph {
  /** The ids of the states that are active in some configuration that can be reached. */
  readonly reached: ReadonlySet<string>;
  /** The keys of the transitions that are taken anywhere in the adjacency map. */
  readonly taken: ReadonlySet<string>;
  /** Every configuration, printed, with those that one event leads to. */
  readonly next: ReadonlyMap<string, readonly string[]>;
  /** How many events lead to each configuration at least, from the start. */
  readonly distances: ReadonlyMap<string, number>;
}

/** What XState's own exploration finds in the chart. */
export function exploreChart(): Graph {
  const { logic, options } = skeleton();
  const map = getAdjacencyMap(logic as never, options as never) as unknown as AdjacencyMap;
  const paths = getShortestPaths(logic as never, options as never) as unknown as Path[];
  const nodes = Object.values(map);
  const taken = nodes.flatMap(({ state, transitions }) =>
    Object.values(transitions).flatMap((step) =>
      step.state.context.taken.slice(state.context.taken.length),
    ),
  );
  return {
    reached: new Set(nodes.flatMap(({ state }) => state._nodes.map(({ id }) => id))),
    taken: new Set(taken),
    next: new Map(
      nodes.map(({ state, transitions }) => [
        JSON.stringify(state.value),
        Object.values(transitions).map((step) => JSON.stringify(step.state.value)),
      ]),
    ),
    distances: new Map(paths.map(({ state, weight }) => [JSON.stringify(state.value), weight])),
  };
}

type Snapshot = Omit<AnyMachineSnapshot, 'context'> & { readonly context: Taken };
type AdjacencyMap = Record<
  string,
  { readonly state: Snapshot; readonly transitions: Record<string, { readonly state: Snapshot }> }
>;
interface Path {
  readonly state: Snapshot;
  readonly weight: number;
}

function isSame(path: readonly string[], other: readonly string[]): boolean {
  return path.join('.') === other.join('.');
}

function guardNames(edges: readonly ChartEdge[]): string[] {
  return [...new Set(edges.flatMap(({ guard }) => guard ?? []))];
}

function noting(branch: unknown, edge: ChartEdge): unknown {
  const { target, reenter } = (typeof branch === 'string' ? { target: branch } : branch) as Config;
  const note = ({ context }: { context: Taken }): Taken => ({
    taken: [...context.taken, edge.key],
  });
  return {
    ...(target === undefined ? {} : { target }),
    ...(reenter === undefined ? {} : { reenter }),
    ...(edge.guard === null ? {} : { guard: edge.guard }),
    actions: assign(note as never),
  };
}

/** Without what states do: entry actions, the inputs of their actors, and the final output. */
function bare(config: Config): Config {
  const { states, invoke, ...rest } = config;
  const { entry: _entry, output: _output, ...kept } = rest;
  return {
    ...kept,
    ...(invoke === undefined
      ? {}
      : { invoke: invocations(config).map((actor) => ({ ...actor, input: {} })) }),
    ...(states === undefined
      ? {}
      : {
          states: Object.fromEntries(
            Object.entries(states as Config).map(([name, state]) => [name, bare(state as Config)]),
          ),
        }),
  };
}
