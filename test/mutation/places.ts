import { makeLeaderElectionMachine } from '../../machines/leader-election.js';
import { type Config, chartConfig, fanOf } from '../model/support/chart-config.js';
import { chartEdges } from '../model/support/chart-edges.js';

/* Where in the chart's configuration something can be changed. */

export interface Place {
  readonly path: readonly string[];
  readonly config: Config;
}

/** Every state's configuration, the whole chart's first. */
export function nodesOf(config: Config, path: readonly string[] = []): Place[] {
  const states = (config['states'] ?? {}) as Record<string, Config>;
  return [
    { path, config },
    ...Object.entries(states).flatMap(([name, state]) => nodesOf(state, [...path, name])),
  ];
}

export function node(config: Config, path: readonly string[]): Config {
  const found = nodesOf(config).find((place) => place.path.join('.') === path.join('.'));
  if (found === undefined) throw new Error(`There is no state ${path.join('.')}`);
  return found.config;
}

/**
 * Lets every state be a target from anywhere, as `#leaderElection.` and its path. The ids that the
 * chart gives its states are spelled out in its targets.
 */
export function withIds(config: Config): void {
  const places = nodesOf(config);
  const ids = new Map<string, string>();
  for (const { path, config: state } of places) {
    if (path.length === 0) continue;
    const id = ['leaderElection', ...path].join('.');
    if (state['id'] !== undefined) ids.set(`#${state['id'] as string}`, `#${id}`);
    state['id'] = id;
  }
  for (const { config: state } of places) retarget(state, ids);
}

function retarget(value: unknown, ids: ReadonlyMap<string, string>): void {
  if (typeof value !== 'object' || value === null) return;
  const config = value as Config;
  for (const [key, inner] of Object.entries(config)) {
    if (key === 'states') continue;
    if (typeof inner === 'string') config[key] = ids.get(inner) ?? inner;
    else retarget(inner, ids);
  }
}

/** A list of actions: of a transition, or on the entry to a state. */
export interface ActionList {
  readonly where: string;
  readonly names: readonly string[];
  readonly actions: readonly unknown[];
  edit(config: Config, change: (actions: unknown[]) => unknown[]): void;
}

export function actionLists(): ActionList[] {
  return [...entries(), ...transitions()];
}

function entries(): ActionList[] {
  return nodesOf(chartConfig()).flatMap(({ path, config }) =>
    ['entry', 'exit'].flatMap((key) => {
      if (config[key] === undefined) return [];
      const actions = listOf(config[key]);
      const edit: ActionList['edit'] = (root, change) => {
        const state = node(root, path);
        state[key] = change(listOf(state[key]));
      };
      return [{ where: `${path.join('.')} ${key}`, names: actions.map(nameOf), actions, edit }];
    }),
  );
}

function transitions(): ActionList[] {
  return chartEdges(makeLeaderElectionMachine()).flatMap((edge) => {
    const actions = actionsOf(fanOf(chartConfig(), edge).get()[edge.index]);
    if (actions.length === 0) return [];
    const edit: ActionList['edit'] = (root, change) => {
      const { get, set } = fanOf(root, edge);
      set(
        get().map((branch, index) =>
          index === edge.index
            ? { ...(branch as Config), actions: change(actionsOf(branch)) }
            : branch,
        ),
      );
    };
    return [{ where: edge.key, names: actions.map(nameOf), actions, edit }];
  });
}

function actionsOf(branch: unknown): unknown[] {
  return typeof branch === 'string' ? [] : listOf((branch as Config)['actions'] ?? []);
}

function listOf(value: unknown): unknown[] {
  return [value].flat();
}

function nameOf(action: unknown): string {
  return typeof action === 'string' ? action : String((action as Config)['type']);
}
