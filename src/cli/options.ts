import type { Command } from 'commander';
import { resolveConfig } from '../config/resolve-config.js';
import { ConfigError } from '../errors/config-error.js';
import { LeaseLock } from '../lock/lease-lock.js';
import type { Connection, LockKind } from './connect.js';
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

export function addCommonOptions(command: Command): Command {
  const { leaseDurationSeconds, renewDeadlineSeconds, retryPeriodSeconds } = DEFAULT_TIMINGS;
  return command
    .addOption(flag('--lease <name>', 'name of the lock'))
    .addOption(flag('--name <name>', 'the same, for a lock that is no Lease'))
    .addOption(flag('--lock <kind>', 'kind of the lock: lease or configmap (default: lease)'))
    .addOption(flag('-n, --namespace <name>', "default: that of the context, else the pod's own"))
    .addOption(flag('--kubeconfig <file>', 'default: KUBECONFIG, ~/.kube/config, or the pod'))
    .addOption(flag('--context <name>', 'a context of the kubeconfig (default: its current one)'))
    .addOption(flag('--lease-duration <s>', `whole seconds (default: ${leaseDurationSeconds})`))
    .addOption(flag('--renew-deadline <s>', `seconds (default: ${renewDeadlineSeconds})`))
    .addOption(flag('--retry-period <s>', `seconds (default: ${retryPeriodSeconds})`))
    .addOption(flag('--identity <name>', "the candidate's name (default: host name and a UUID)"))
    .addOption(flag('--json', 'print JSON'));
}

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
    kind: inputs.oneOf('lock', ['lease', 'configmap'], 'lease'),
    name,
    identity,
    timings: readTimings(inputs, DEFAULT_TIMINGS),
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

type LockInputs = Partial<Record<'name' | 'namespace' | 'identity', string>>;

/** The rules are those of every lock; only the names are those of the flags. */
export function checkLock(inputs: Inputs, given: LockInputs): void {
  report(
    inputs,
    () => new LeaseLock({ name: 'none-given', identity: 'none-given', ...given }),
    (field) => (field === 'name' ? 'the name of the lock' : inputs.nameOf(field)),
  );
}

export function readTimings(inputs: Inputs, defaults: Timings): Timings {
  const timings = {
    leaseDurationSeconds: inputs.seconds('leaseDuration', defaults.leaseDurationSeconds),
    renewDeadlineSeconds: inputs.seconds('renewDeadline', defaults.renewDeadlineSeconds),
    retryPeriodSeconds: inputs.seconds('retryPeriod', defaults.retryPeriodSeconds),
  };
  const lock = new LeaseLock({ name: 'none-given', identity: 'none-given' });
  report(
    inputs,
    () => resolveConfig({ lock, onStartedLeading: null, ...timings }),
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
