import type { Command, Option } from 'commander';
import { OPTIONS, resolveConfig } from '../config/resolve-config.js';
import { ConfigError } from '../errors/config-error.js';
import { checkLockOptions } from '../lock/lock-options.js';
import type { ResourceLock } from '../lock/resource-lock.js';
import { LOCK_KIND_NAMES, type LockKind } from '../lock/lock-kinds.js';
import type { Connection } from './connect.js';
import { flag, type Inputs } from './inputs.js';
import { DEFAULT_TIMINGS, type Timings } from './timings.js';

/** What every command understands. */
export interface CommonOptions {
  readonly connection: Connection;
  /** Null: that of the context, else the pod's own, else `default`. */
  readonly namespace: string | null;
  readonly kind: LockKind;
  /** Null: not given. */
  readonly name: string | null;
  /** Null: the host's name and something random. */
  readonly identity: string | null;
  readonly timings: Timings;
  readonly json: boolean;
}

/** What those understand that look at all locks where none is named. */
export interface ObserveOptions extends CommonOptions {
  /** Those of every namespace. */
  readonly allNamespaces: boolean;
}

export function addCommonOptions(command: Command): Command {
  command
    .addOption(flag('--lease <name>', 'name of the lock'))
    .addOption(flag('--name <name>', 'the same, for a lock that is no Lease'))
    .addOption(lockFlag())
    .addOption(
      flag('-n, --namespace <name>', 'namespace of the lock', {
        words: "that of the context, else the pod's own, else default",
      }),
    )
    .addOption(
      flag('--kubeconfig <file>', 'where the API server is, and who asks', {
        words: "KUBECONFIG, ~/.kube/config, or the pod's service account",
      }),
    )
    .addOption(
      flag('--context <name>', 'a context of the kubeconfig', { words: 'its current one' }),
    );
  return addTimings(command, DEFAULT_TIMINGS)
    .addOption(
      flag('--identity <name>', "the candidate's name in the lock", {
        words: 'POD_NAME or host name, and a UUID',
      }),
    )
    .addOption(flag('--json', 'print JSON'));
}

export function lockFlag(): Option {
  const [value] = LOCK_KIND_NAMES;
  return flag('--lock <kind>', `kind of the lock: ${LOCK_KIND_NAMES.join(' or ')}`, { value });
}

/** The three durations, as the options of the library have them. */
export function addTimings(command: Command, byDefault: Timings): Command {
  for (const key of Object.keys(TIMING_FLAGS) as (keyof Timings)[]) {
    const { description } = OPTIONS[key].rule;
    command.addOption(flag(TIMING_FLAGS[key], description, { value: byDefault[key] }));
  }
  return command;
}

const TIMING_FLAGS = {
  leaseDurationSeconds: '--lease-duration <s>',
  renewDeadlineSeconds: '--renew-deadline <s>',
  retryPeriodSeconds: '--retry-period <s>',
} as const satisfies Record<keyof Timings, string>;

const TIMING_KEYS = {
  leaseDurationSeconds: 'leaseDuration',
  renewDeadlineSeconds: 'renewDeadline',
  retryPeriodSeconds: 'retryPeriod',
} as const satisfies Record<keyof Timings, string>;

/**
 * Reads and checks what every command understands. Nothing but the kubeconfig's file is looked at.
 *
 * @param positional the name as a bare argument, for commands that take it so
 */
export function readCommonOptions(inputs: Inputs, positional: string | null): CommonOptions {
  const namespace = inputs.text('namespace');
  const identity = inputs.text('identity');
  const name = readName(inputs, positional);
  const file = inputs.file('kubeconfig');
  checkLock(inputs, {
    ...(name === null ? {} : { name }),
    ...(namespace === null ? {} : { namespace }),
    ...(identity === null ? {} : { identity }),
  });
  return {
    connection: { kind: 'file', file, context: inputs.text('context') },
    namespace,
    kind: inputs.oneOf('lock', LOCK_KIND_NAMES),
    name,
    identity,
    timings: readTimings(inputs),
    json: inputs.isOn('json'),
  };
}

function readName(inputs: Inputs, positional: string | null): string | null {
  const given = [positional, inputs.text('lease'), inputs.text('name')].filter(
    (name) => name !== null,
  );
  if (new Set(given).size > 1) {
    inputs.problem(
      `the lock has more than one name: ${given.map((n) => JSON.stringify(n)).join(', ')}`,
    );
  }
  return given[0] ?? null;
}

const NONE = 'none-given';

/** Stands in for the one that is not made before everything is right: that would load much more. */
const ANY_LOCK: ResourceLock = {
  identity: NONE,
  description: NONE,
  get: unused,
  create: unused,
  update: unused,
};

function unused(): never {
  throw new Error('A lock that only stands in for one was used.');
}

type LockInputs = Partial<Record<'name' | 'namespace' | 'identity', string>>;

/** The rules are those of every lock; only the names are those of the flags. */
export function checkLock(inputs: Inputs, given: LockInputs): void {
  report(
    inputs,
    () => checkLockOptions('the lock', { name: NONE, ...given }),
    (field) => (field === 'name' ? 'the name of the lock' : inputs.nameOf(field)),
  );
}

export function readTimings(inputs: Inputs): Timings {
  const timings = {
    leaseDurationSeconds: inputs.seconds('leaseDuration'),
    renewDeadlineSeconds: inputs.seconds('renewDeadline'),
    retryPeriodSeconds: inputs.seconds('retryPeriod'),
  };
  report(
    inputs,
    () => resolveConfig({ lock: ANY_LOCK, onStartedLeading: null, ...timings }),
    (field) => inputs.nameOf(TIMING_KEYS[field as keyof Timings]),
  );
  return timings;
}

/** Turns the problems that the library finds into those of flags and variables. */
function report(inputs: Inputs, check: () => unknown, nameOf: (field: string) => string): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { field, rule, value } of error.problems) {
      const named = Object.keys(TIMING_KEYS).reduce(
        (text, key) => text.replaceAll(key, nameOf(key)),
        rule,
      );
      inputs.problem(`${nameOf(field)} ${named}; received ${value}`);
    }
  }
}
