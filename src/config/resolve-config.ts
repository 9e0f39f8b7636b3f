import { safeLogger, silentLogger, stderrLogger } from '../logging/loggers.js';
import type { Term } from '../term/term.js';
import { isLockAtExit } from '../lock/lock-at-exit.js';
import { ElectionLock } from '../lock/election-lock.js';
import { systemClock } from '../time/clock.js';
import {
  aFunction,
  checkOptions,
  oneOf,
  optional,
  required,
  seconds,
  trueOrFalse,
  withMethods,
  type OptionTable,
} from '../validation/rules.js';
import { Problems } from '../validation/validate.js';
import {
  type Complete,
  JITTER_FACTOR,
  type LeaderElectionConfig,
  type ResolvedConfig,
} from './leader-election-config.js';
import { endProcess } from './end-process.js';
import { aLock, aLoggerOrFalse, workOrNull } from './own-rules.js';

/**
 * All options: what each must be, and what it is when it is left out. What it means says
 * {@link LeaderElectionConfig}; the page of the API is made of both.
 */
export const OPTIONS = {
  lock: required(aLock),
  // Kubernetes stores the duration of a lease as an integer.
  leaseDurationSeconds: optional(seconds({ min: 1, integer: true }), 15),
  renewDeadlineSeconds: optional(seconds({ min: 1 }), 10),
  retryPeriodSeconds: optional(seconds({ min: 1 }), 2),
  // Asked for even when there is no work, so that a misspelt name cannot go unnoticed.
  onStartedLeading: required(workOrNull),
  onStoppedLeading: optional(aFunction),
  onNewLeader: optional(aFunction),
  onOverrun: optional(aFunction),
  overrun: optional(oneOf('log', 'exit'), 'log'),
  onLost: optional(oneOf('return', 'rejoin'), 'return'),
  releaseWhenDone: optional(trueOrFalse, false),
  drainTimeoutSeconds: optional(seconds({ min: 0 }), 20),
  reclaimOwnIdentity: optional(trueOrFalse, false),
  useServerClock: optional(trueOrFalse, true),
  releaseOnExit: optional(trueOrFalse, false),
  logger: optional(aLoggerOrFalse, stderrLogger),
  clock: optional(withMethods('a Clock', ['now', 'setTimeout', 'clearTimeout']), systemClock),
  random: optional(aFunction, Math.random),
} satisfies OptionTable<LeaderElectionConfig>;

const OF_THE_LOCK = 'it belongs to the lock, as in new LeaseLock({ name, namespace })';
const STAND_ALONE = 'its functions are options themselves, such as onStartedLeading';
const ALWAYS_RELEASED = 'stop() always gives the lock back';

/** What is looked for here: by those who come from client-go, and what a lock has. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...['name', 'namespace', 'identity', 'kubeConfig', 'labels', 'events'].map(
    (name) => [name, OF_THE_LOCK] as const,
  ),
  ...['callbacks', 'Callbacks'].map((name) => [name, STAND_ALONE] as const),
  ...['releaseOnCancel', 'ReleaseOnCancel'].map((name) => [name, ALWAYS_RELEASED] as const),
]);

/**
 * Checks a configuration and fills in the defaults. Pure: no I/O, no clock.
 *
 * @throws {ConfigError} naming every option that breaks a rule.
 */
export function resolveConfig(config: LeaderElectionConfig): ResolvedConfig {
  const problems = new Problems('LeaderElection');
  const sound = checkOptions<LeaderElectionConfig>(problems, config, OPTIONS, 'config', ELSEWHERE);
  checkTimings(problems, sound, config);
  if (sound.has('lock') && config.releaseOnExit === true) {
    const rule = 'must be false unless the lock is a LeaseLock or a ConfigMapLock';
    problems.require(isLockAtExit(config.lock), 'releaseOnExit', rule, true);
  }
  problems.throwIfAny();
  const {
    leaseDurationSeconds,
    renewDeadlineSeconds,
    retryPeriodSeconds,
    drainTimeoutSeconds,
    overrun,
    ...rest
  } = withDefaults(config);
  return {
    ...rest,
    lock: new ElectionLock(rest.lock, rest.clock),
    leaseDurationMs: leaseDurationSeconds * 1000,
    renewDeadlineMs: renewDeadlineSeconds * 1000,
    retryPeriodMs: retryPeriodSeconds * 1000,
    drainTimeoutMs: drainTimeoutSeconds * 1000,
    onOverrun: overrun === 'exit' ? exiting(rest.onOverrun) : rest.onOverrun,
    logger: rest.logger === false ? silentLogger : safeLogger(rest.logger),
  };
}

/** The rules between several durations, for those that are sound on their own. */
function checkTimings(
  problems: Problems,
  sound: ReadonlySet<keyof LeaderElectionConfig>,
  config: LeaderElectionConfig,
): void {
  if (!sound.has('renewDeadlineSeconds')) return;
  const {
    leaseDurationSeconds: lease,
    renewDeadlineSeconds: renew,
    retryPeriodSeconds: retry,
  } = withDefaults(config);
  if (sound.has('leaseDurationSeconds')) {
    problems.require(
      lease > renew,
      'leaseDurationSeconds',
      `must be greater than renewDeadlineSeconds (${renew})`,
      lease,
    );
  }
  if (sound.has('retryPeriodSeconds')) {
    const least = JITTER_FACTOR * retry;
    problems.require(
      renew > least,
      'renewDeadlineSeconds',
      `must be greater than ${JITTER_FACTOR} x retryPeriodSeconds (${Number(least.toFixed(6))})`,
      renew,
    );
  }
}

/** Longer than a failover may take for anybody; in milliseconds, all usual durations are. */
const LONG_SECONDS = 3600;

/** What to ask of durations that were probably given in milliseconds; null where there are none. */
export function doubtsAbout(config: LeaderElectionConfig): string | null {
  const long = Object.entries(givenOptions(config)).flatMap(([name, value]) =>
    name.endsWith('Seconds') && typeof value === 'number' && value > LONG_SECONDS
      ? [`${name} is ${value}, which is ${(value / 3600).toFixed(1)} h`]
      : [],
  );
  return long.length === 0 ? null : `${long.join(', ')}: seconds, not milliseconds?`;
}

type Callback = 'onStoppedLeading' | 'onNewLeader' | 'onOverrun';

/** Each option, as it was given or by default. */
type WithDefaults = Complete<Omit<LeaderElectionConfig, Callback>> & Pick<ResolvedConfig, Callback>;

function withDefaults(config: LeaderElectionConfig): WithDefaults {
  const defaults = Object.entries(OPTIONS).map(([name, { byDefault }]) => [name, byDefault]);
  return { ...(Object.fromEntries(defaults) as WithDefaults), ...givenOptions(config) };
}

/** Each option that is present has a value. */
type GivenOptions = Pick<LeaderElectionConfig, 'lock' | 'onStartedLeading'> &
  Partial<Complete<LeaderElectionConfig>>;

/**
 * The options that were given, as they are now. They are asked for by their names: an object may have
 * them from its class, or from the object that it was made of, and they are checked there too. One
 * that is present but undefined counts as left out.
 */
export function givenOptions(config: LeaderElectionConfig): GivenOptions {
  const names = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];
  const given = names.map((name) => [name, config[name]] as const);
  const all = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return all as unknown as GivenOptions;
}

/** `exit` does not wait for anything: another leader may be at work already. */
function exiting(onOverrun: ResolvedConfig['onOverrun']): (term: Term) => unknown {
  return (term) => {
    try {
      void onOverrun?.(term);
    } finally {
      endProcess();
    }
  };
}
