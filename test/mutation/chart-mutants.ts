import { assign, not } from 'xstate';
import {
  type LeaderElectionMachine,
  makeLeaderElectionMachine,
} from '../../machines/leader-election.js';
import { electionSetup } from '../../machines/setup.js';
import { type Config, chartConfig, fanOf } from '../model/support/chart-config.js';
import { type ChartEdge, chartEdges, stateNodes } from '../model/support/chart-edges.js';
import { delayMutants } from './delay-mutants.js';
import { guardMutants } from './guard-mutants.js';
import { paramMutants } from './param-mutants.js';
import { actionLists, node, nodesOf, withIds } from './places.js';

/** What was done to the chart. */
export type MutantKind =
  | 'target'
  | 'transition removed'
  | 'guard removed'
  | 'guard negated'
  | 'other guard'
  | 'branches swapped'
  | 'reentry'
  | 'action removed'
  | 'actions swapped'
  | 'invoke removed'
  | 'other delay'
  | 'changed delay'
  | 'params'
  | 'initial state'
  | 'regions swapped'
  | 'state type'
  | 'tags';

/** One small mistake in the chart. */
export interface ChartMutant {
  readonly kind: MutantKind;
  /** The transition by its key, or the state by its path, that is not what it was. */
  readonly where: string;
  readonly what: string;
  /** Makes the mistake in a copy of the chart's configuration. */
  readonly change?: (config: Config) => void;
  /** Makes it in the machine. */
  readonly provide?: (machine: LeaderElectionMachine) => LeaderElectionMachine;
}

/** A name by which a mutant can be spoken of. */
export function nameOf({ where, what }: ChartMutant): string {
  return `${where}: ${what}`;
}

/** Far more than any test needs of its actor: only a chart that spins does so many. */
const STEPS_ALLOWED = 200;
const ENTRIES_ALLOWED = 3_000;

/**
 * Builds the chart with a mistake in it, or, without one, the chart as it is. A mistake can make a
 * chart go round and round without a timer; such a chart throws.
 */
export function build(mutant: Pick<ChartMutant, 'change' | 'provide'> = {}): LeaderElectionMachine {
  const config = chartConfig();
  withIds(config);
  mutant.change?.(config);
  const entries = new WeakMap<object, number>();
  const count = assign(({ self }) => {
    const entered = (entries.get(self) ?? 0) + 1;
    if (entered > ENTRIES_ALLOWED) throw new Error('The chart enters states without end');
    entries.set(self, entered);
    return {};
  });
  for (const { config: state } of nodesOf(config)) {
    state['entry'] = [count, ...[state['entry'] ?? []].flat()];
  }
  config['options'] = { maxIterations: STEPS_ALLOWED };
  const machine = electionSetup.createMachine(config as never) as unknown as LeaderElectionMachine;
  return mutant.provide?.(machine) ?? machine;
}

/** Every mistake that is tried, in the order of the chart. */
export function chartMutants(): ChartMutant[] {
  const edges = chartEdges(makeLeaderElectionMachine());
  return [
    ...edges.flatMap((edge) => [...targets(edge), ...branches(edge)]),
    ...actions(),
    ...states(),
    ...delayMutants(),
    ...paramMutants(),
    ...guardMutants(),
    ...orders(),
  ];
}

/**
 * A transition that leads elsewhere: to a neighbour of either end, to a state at the top, or to one
 * of the two in which we take part.
 */
function targets(edge: ChartEdge): ChartMutant[] {
  const nodes = stateNodes(makeLeaderElectionMachine());
  const path = edge.path.join('.');
  const parents = [
    '',
    'participating',
    parentOf(path),
    ...(edge.target === null ? [] : [parentOf(edge.target)]),
  ];
  const plausible = nodes
    .map((found) => found.path.join('.'))
    .filter((to) => to !== '' && to !== edge.target && parents.includes(parentOf(to)));
  const to = (target: string | undefined) => (config: Config) => {
    edit(config, edge, (branch) => {
      const { target: _, ...rest } = branch;
      return target === undefined ? rest : { ...rest, target: `#leaderElection.${target}` };
    });
  };
  const elsewhere = [...new Set(plausible)].map((target) => ({
    kind: 'target' as const,
    where: edge.key,
    what: `leads to ${target}`,
    change: to(target),
  }));
  if (edge.target === null) return elsewhere;
  return [
    ...elsewhere,
    { kind: 'target', where: edge.key, what: 'leads nowhere', change: to(undefined) },
  ];
}

function branches(edge: ChartEdge): ChartMutant[] {
  const fan = fanOf(chartConfig(), edge).get();
  const branch = object(fan[edge.index]);
  const found: ChartMutant[] = [];
  const add = (kind: MutantKind, what: string, change: ChartMutant['change']) =>
    found.push({ kind, where: edge.key, what, change: change! });

  add('transition removed', 'is not there', (config) => {
    const { get, set } = fanOf(config, edge);
    set(get().filter((_, index) => index !== edge.index));
  });
  if (branch['guard'] !== undefined) {
    add('guard removed', 'asks nothing', (config) => {
      edit(config, edge, ({ guard: _, ...rest }) => rest);
    });
    add('guard negated', 'asks for the opposite', (config) => {
      edit(config, edge, (kept) => ({ ...kept, guard: not(kept['guard'] as never) }));
    });
  }
  if (edge.index + 1 < fan.length) {
    add('branches swapped', 'is asked after the next branch', (config) => {
      const { get, set } = fanOf(config, edge);
      const all = get();
      const [mine, next] = [all[edge.index], all[edge.index + 1]];
      set(all.with(edge.index, next).with(edge.index + 1, mine));
    });
  }
  if (branch['reenter'] === true) {
    add('reentry', 'does not enter anew', (config) => {
      edit(config, edge, ({ reenter: _, ...rest }) => rest);
    });
  } else if (isWithin(edge.target, edge.path.join('.'))) {
    add('reentry', 'enters anew', (config) => {
      edit(config, edge, (kept) => ({ ...kept, reenter: true }));
    });
  }
  return found;
}

function actions(): ChartMutant[] {
  return actionLists().flatMap(({ where, names, edit: editList }) =>
    names.map((name, at) => ({
      kind: 'action removed' as const,
      where,
      what: `without ${name}${names.indexOf(name) === at ? '' : ` (${at})`}`,
      change: (config: Config) => {
        editList(config, (list) => list.filter((_, index) => index !== at));
      },
    })),
  );
}

/** Actions that run after the next one of their list. */
function orders(): ChartMutant[] {
  return actionLists().flatMap(({ where, names, edit: editList }) =>
    names.slice(1).map((next, at) => ({
      kind: 'actions swapped' as const,
      where,
      what: `${names[at]!} after ${next}`,
      change: (config: Config) => {
        editList(config, (list) => list.with(at, list[at + 1]).with(at + 1, list[at]));
      },
    })),
  );
}

function states(): ChartMutant[] {
  return nodesOf(chartConfig()).flatMap(({ path, config }) => {
    const where = path.join('.') || 'root';
    const found: ChartMutant[] = [];
    const add = (kind: MutantKind, what: string, change: (state: Config) => void) =>
      found.push({ kind, where, what, change: (root) => change(node(root, path)) });
    const remove = (kind: MutantKind, key: string, what: string) =>
      add(kind, what, (state) => delete state[key]);

    for (const { id } of invokesOf(config)) {
      add('invoke removed', `invokes no ${id}`, (state) => {
        state['invoke'] = invokesOf(state).filter((invoke) => invoke.id !== id);
      });
    }
    if (config['type'] !== undefined)
      remove('state type', 'type', `is not ${config['type'] as string}`);
    if (config['tags'] !== undefined) remove('tags', 'tags', 'has no tag');
    else if (path.length === 1) {
      add('tags', 'has the tag of a leader', (state) => (state['tags'] = 'leader'));
    }
    for (const name of Object.keys(config['states'] ?? {})) {
      if (config['initial'] === undefined || config['initial'] === name) continue;
      add('initial state', `begins in ${name}`, (state) => (state['initial'] = name));
    }
    if (config['type'] === 'parallel') {
      const names = Object.keys(config['states'] ?? {});
      for (const [at, next] of names.slice(1).entries()) {
        add('regions swapped', `asks ${names[at]!} after ${next}`, (state) => {
          const all = Object.entries(state['states'] as Config);
          state['states'] = Object.fromEntries(all.with(at, all[at + 1]!).with(at + 1, all[at]!));
        });
      }
    }
    if (config['output'] !== undefined) remove('state type', 'output', 'has no output');
    return found;
  });
}

function invokesOf({ invoke = [] }: Config): { readonly id: string }[] {
  return [invoke].flat() as { readonly id: string }[];
}

function isWithin(target: string | null, path: string): boolean {
  return target !== null && `${target}.`.startsWith(`${path}.`);
}

function edit(config: Config, edge: ChartEdge, change: (branch: Config) => Config): void {
  const { get, set } = fanOf(config, edge);
  set(get().map((branch, index) => (index === edge.index ? change(object(branch)) : branch)));
}

/** A transition that was written as its target alone is spelled out. */
function object(branch: unknown): Config {
  return typeof branch === 'string' ? { target: branch } : (branch as Config);
}

function parentOf(path: string): string {
  return path.split('.').slice(0, -1).join('.');
}
