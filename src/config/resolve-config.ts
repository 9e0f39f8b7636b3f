import type { Logger } from '../logging/logger.js';
import { safeLogger, silentLogger, stderrLogger } from '../logging/loggers.js';
import { isWinston } from '../logging/message-first.js';
import type { Term } from '../term/term.js';
import { ElectionLock } from '../lock/election-lock.js';
import { systemClock } from '../time/clock.js';
import {
  JITTER_FACTOR,
  type LeaderElectionConfig,
  type ResolvedConfig,
} from './leader-election-config.js';
import { Problems } from '../validation/validate.js';

/** Timers hold 24 days at most; nobody wants to wait longer for a crashed leader's successor. */
const MAX_SECONDS = 1_000_000;

const DEFAULTS = {
  leaseDurationSeconds: 15,
  renewDeadlineSeconds: 10,
  retryPeriodSeconds: 2,
  drainTimeoutSeconds: 20,
} as const;

const KNOWN: readonly (keyof LeaderElectionConfig)[] = [
  'lock',
  'leaseDurationSeconds',
  'renewDeadlineSeconds',
  'retryPeriodSeconds',
  'onStartedLeading',
  'onStoppedLeading',
  'onNewLeader',
  'onOverrun',
  'overrun',
  'onLost',
  'releaseWhenDone',
  'drainTimeoutSeconds',
  'reclaimOwnIdentity',
  'useServerClock',
  'logger',
  'clock',
  'random',
];

/**
 * Checks a configuration and fills in the defaults. Pure: no I/O, no clock.
 *
 * @throws {ConfigError} naming every option that breaks a rule.
 */
export function resolveConfig(config: LeaderElectionConfig): ResolvedConfig {
  const problems = new Problems('LeaderElection');
  if (problems.options(config, 'config')) {
    problems.unknown(config, KNOWN);
    checkLock(problems, config.lock);
    checkTimings(problems, config);
    checkCallbacks(problems, config);
    checkRest(problems, config);
  }
  problems.throwIfAny();
  return {
    lock: new ElectionLock(config.lock, config.clock ?? systemClock),
    leaseDurationMs: (config.leaseDurationSeconds ?? DEFAULTS.leaseDurationSeconds) * 1000,
    renewDeadlineMs: (config.renewDeadlineSeconds ?? DEFAULTS.renewDeadlineSeconds) * 1000,
    retryPeriodMs: (config.retryPeriodSeconds ?? DEFAULTS.retryPeriodSeconds) * 1000,
    drainTimeoutMs: (config.drainTimeoutSeconds ?? DEFAULTS.drainTimeoutSeconds) * 1000,
    onStartedLeading: config.onStartedLeading,
    onStoppedLeading: config.onStoppedLeading ?? null,
    onNewLeader: config.onNewLeader ?? null,
    onOverrun: overrunHandler(config),
    onLost: config.onLost ?? 'return',
    releaseWhenDone: config.releaseWhenDone ?? false,
    reclaimOwnIdentity: config.reclaimOwnIdentity ?? false,
    useServerClock: config.useServerClock ?? true,
    logger: resolveLogger(config.logger),
    clock: config.clock ?? systemClock,
    random: config.random ?? Math.random,
  };
}

function checkLock(problems: Problems, lock: unknown): void {
  const what = 'must be a lock, such as new LeaseLock({ name })';
  if (!problems.methods('lock', lock, what.replace('must be ', ''), ['get', 'create', 'update'])) {
    return;
  }
  const { identity, description } = lock as { identity: unknown; description: unknown };
  if (problems.string('lock.identity', identity)) {
    const nonsense = ['undefined', 'null'].includes(identity) || identity.trim() === '';
    problems.require(
      !nonsense,
      'lock.identity',
      'must name this candidate, and differ from all others',
      identity,
    );
  }
  problems.string('lock.description', description);
}

function checkTimings(problems: Problems, config: LeaderElectionConfig): void {
  const { leaseDurationSeconds: lease, renewDeadlineSeconds: renew } = {
    ...DEFAULTS,
    ...given(config),
  };
  const { retryPeriodSeconds: retry, drainTimeoutSeconds } = { ...DEFAULTS, ...given(config) };
  const range = { min: 1, max: MAX_SECONDS };
  // Kubernetes stores the duration of a lease as an integer.
  const leaseIsSound = problems.number('leaseDurationSeconds', lease, { ...range, integer: true });
  const renewIsSound = problems.number('renewDeadlineSeconds', renew, range);
  const retryIsSound = problems.number('retryPeriodSeconds', retry, range);
  if (leaseIsSound && renewIsSound) {
    problems.require(
      lease > renew,
      'leaseDurationSeconds',
      `must be greater than renewDeadlineSeconds (${renew})`,
      lease,
    );
  }
  if (renewIsSound && retryIsSound) {
    const least = JITTER_FACTOR * retry;
    problems.require(
      renew > least,
      'renewDeadlineSeconds',
      `must be greater than ${JITTER_FACTOR} x retryPeriodSeconds (${Number(least.toFixed(6))})`,
      renew,
    );
  }
  problems.number('drainTimeoutSeconds', drainTimeoutSeconds, { min: 0, max: MAX_SECONDS });
}

function checkCallbacks(problems: Problems, config: LeaderElectionConfig): void {
  // Asked for even when there is no work, so that a misspelt name cannot go unnoticed.
  if (config.onStartedLeading !== null && typeof config.onStartedLeading !== 'function') {
    problems.add(
      'onStartedLeading',
      'must be a function, or null to say that there is none',
      config.onStartedLeading,
    );
  }
  for (const name of ['onStoppedLeading', 'onNewLeader', 'onOverrun'] as const) {
    if (config[name] !== undefined) problems.function(name, config[name]);
  }
}

function checkRest(problems: Problems, config: LeaderElectionConfig): void {
  const {
    overrun,
    onLost,
    releaseWhenDone,
    reclaimOwnIdentity,
    useServerClock,
    logger,
    clock,
    random,
  } = config;
  if (overrun !== undefined) problems.oneOf('overrun', overrun, ['log', 'exit']);
  if (onLost !== undefined) problems.oneOf('onLost', onLost, ['return', 'rejoin']);
  if (releaseWhenDone !== undefined) problems.boolean('releaseWhenDone', releaseWhenDone);
  if (reclaimOwnIdentity !== undefined) problems.boolean('reclaimOwnIdentity', reclaimOwnIdentity);
  if (useServerClock !== undefined) problems.boolean('useServerClock', useServerClock);
  if (logger !== undefined && logger !== false) {
    const what = 'a logger such as pino, or false';
    const fits = problems.methods('logger', logger, what, ['debug', 'info', 'warn', 'error']);
    if (fits && isWinston(logger)) {
      const rule =
        'must take (fields, message), as pino does: for winston, write messageFirst(logger)';
      problems.addHidden('logger', rule, logger);
    }
  }
  if (clock !== undefined) {
    problems.methods('clock', clock, 'a Clock', ['now', 'setTimeout', 'clearTimeout']);
  }
  if (random !== undefined) problems.function('random', random);
}

/** An option that is present but undefined counts as left out. */
function given(config: LeaderElectionConfig): Partial<typeof DEFAULTS> {
  return Object.fromEntries(
    Object.entries(config).filter(([key, value]) => key in DEFAULTS && value !== undefined),
  );
}

function resolveLogger(logger: Logger | false | undefined): Logger {
  return logger === false ? silentLogger : safeLogger(logger ?? stderrLogger);
}

/** `exit` does not wait for anything: another leader may be at work already. */
function overrunHandler(config: LeaderElectionConfig): ((term: Term) => unknown) | null {
  const { onOverrun, overrun } = config;
  if (overrun !== 'exit') return onOverrun ?? null;
  return (term) => {
    try {
      void onOverrun?.(term);
    } finally {
      process.exit(1);
    }
  };
}
