import { elapsedForHolder, type Instant } from '../../time/clock.js';

/** The time that a command has, in milliseconds since the last renewal of the lease was sent. */
export interface LeaseTimes {
  /** From here on we do not lead: the command is told to end. */
  readonly stopAfterMs: number;
  /** From here on another may lead soon: the command is killed. */
  readonly killAfterMs: number;
}

/** A process that is killed is gone a moment later, and timers of a busy machine are late. */
const LEAST_MARGIN_MS = 100;
const LARGEST_MARGIN_MS = 1000;

/**
 * Others may take the lock a lease duration after our last renewal was sent, at the earliest. The
 * kill comes a fifth of the time between renew deadline and lease earlier, which is 1 s with the
 * defaults.
 */
export function leaseTimes(leaseDurationMs: number, renewDeadlineMs: number): LeaseTimes {
  const margin = (leaseDurationMs - renewDeadlineMs) / 5;
  const bounded = Math.min(LARGEST_MARGIN_MS, Math.max(LEAST_MARGIN_MS, margin));
  const killAfterMs = leaseDurationMs - bounded;
  return { stopAfterMs: Math.min(renewDeadlineMs, killAfterMs), killAfterMs };
}

/** What is known of the lease and of the command's end, on the clocks of this machine. */
export interface Watch extends LeaseTimes {
  readonly validFrom: Instant;
  /** Monotonic time at which the command was told to end; null before. */
  readonly toldAtMs: number | null;
  /** How long a command that was told to end has for it, lease permitting. */
  readonly graceMs: number;
}

export interface Due {
  readonly action: 'none' | 'stop' | 'kill';
  /** How long nothing else will be due, unless the lease is extended or a clock is set. */
  readonly nextMs: number;
}

/**
 * What is to be done with the command now. By the larger reading of both clocks, as the election
 * itself counts: after a machine has slept, the command is killed when that is found out.
 */
export function due(watch: Watch, now: Instant): Due {
  const elapsed = elapsedForHolder(watch.validFrom, now);
  const leftByLease = watch.killAfterMs - elapsed;
  const leftByGrace =
    watch.toldAtMs === null ? Infinity : watch.toldAtMs + watch.graceMs - now.monotonicMs;
  const left = Math.min(leftByLease, leftByGrace);
  if (left <= 0) return { action: 'kill', nextMs: 0 };
  if (watch.toldAtMs !== null) return { action: 'none', nextMs: left };
  const leading = watch.stopAfterMs - elapsed;
  return leading <= 0
    ? { action: 'stop', nextMs: Math.min(left, watch.graceMs) }
    : { action: 'none', nextMs: leading };
}
