import type { CallbackName } from '../../machines/types.js';
import type { Failure } from '../../machines/tell.js';
import type { EndReason } from '../../src/config/leader-election-config.js';
import type { Config } from '../model/support/chart-config.js';
import type { ChartMutant } from './chart-mutants.js';
import { actionLists } from './places.js';

type Params = (args: unknown) => Config;

const REASONS: readonly EndReason[] = [
  ...(['stopped', 'deadline', 'superseded'] as const),
  ...(['finished', 'failed', 'steppedDown', 'drainTimeout'] as const),
];
const OF: Record<Failure['of'], true> = { read: true, write: true };
const DURING: Record<Failure['during'], true> = { acquire: true, renew: true, release: true };
const CALLBACKS: Record<CallbackName, true> = {
  onStartedLeading: true,
  onStoppedLeading: true,
  onNewLeader: true,
  onOverrun: true,
};

/** What each action's parameters could say instead, field by field; '' is the parameter itself. */
const WRONG: Record<string, Record<string, readonly string[]>> = {
  setEndReason: { '': REASONS },
  noteFailure: { of: Object.keys(OF), during: Object.keys(DURING) },
  reportCallback: { callback: Object.keys(CALLBACKS) },
};

/** Actions that are told something else than what happened. */
export function paramMutants(): ChartMutant[] {
  return actionLists().flatMap(({ where, names, actions, edit }) =>
    names.flatMap((name, at) =>
      Object.entries(WRONG[name] ?? {}).flatMap(([field, values]) =>
        values
          .filter((value) => value !== told(actions[at], field))
          .map((value) => ({
            kind: 'params' as const,
            where,
            what: `${name} is told ${[field, value].filter(Boolean).join(': ')}`,
            change: (config: Config) => {
              edit(config, (list) => list.with(at, telling(list[at], field, value)));
            },
          })),
      ),
    ),
  );
}

/** What the action says now. Functions are asked about an event that has nothing in it. */
function told(action: unknown, field: string): unknown {
  const params = (action as Config)['params'];
  if (field === '') return params;
  const value = typeof params === 'function' ? (params as Params)({ event: {} }) : params;
  return (value as Config)[field];
}

function telling(action: unknown, field: string, value: string): Config {
  const { params, ...rest } = action as Config;
  if (field === '') return { ...rest, params: value };
  if (typeof params !== 'function')
    return { ...rest, params: { ...(params as Config), [field]: value } };
  return { ...rest, params: (args: unknown) => ({ ...(params as Params)(args), [field]: value }) };
}
