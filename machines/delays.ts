import { elapsedForHolder, type Instant } from '../src/time/clock.js';
import { CROWD_STEEPNESS, LATE_FROM_MS, SMALL_FLEET_MS, TRY_AT_ONCE } from './contention.js';
import type { ElectionContext } from './types.js';

/*
 * The named delays of the chart, in milliseconds. A deadline that spans several states is computed
 * afresh at each entry, from the moment it counts from: entering a state never extends it.
 */

interface Args {
  readonly context: ElectionContext;
}

/** The first retry after a failure, which doubles with each further one up to the retry period. */
const FIRST_RETRY_MS = 250;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Until a lease runs out: our own, counted from its sending, or the one we observe. */
export function leaseDuration({ context }: Args): number {
  const { config, lease, attempt, observation } = context;
  // Others wait for what stands in the lock, which need not be what we wrote.
  if (lease !== null) {
    return remaining(context, lease.validFrom, lease.record.leaseDurationSeconds * 1000);
  }
  if (attempt !== null) return remaining(context, attempt.sentAt, config.leaseDurationMs);
  if (observation?.expiresAtMs == null) return 0;
  return atLeastZero(observation.expiresAtMs - config.clock.now().monotonicMs);
}

/** Until our lease runs out even if the last write that may yet be stored is stored. */
export function lastWrite(args: Args): number {
  const { config, ownWrites } = args.context;
  const last = ownWrites.at(-1)?.sentAt;
  const left = last === undefined ? 0 : remaining(args.context, last, config.leaseDurationMs);
  return Math.max(left, leaseDuration(args));
}

/** Until our leadership ends, counted from just before the last committed write was sent. */
export function renewDeadline({ context }: Args): number {
  const { lease, config } = context;
  return lease === null ? 0 : remaining(context, lease.validFrom, config.renewDeadlineMs);
}

/**
 * Until the next renewal: a retry period after the last one was confirmed, but early enough for a
 * second try where answers are slow, and after a failure not before the server wants it.
 */
export function retryPeriod({ context }: Args): number {
  const { lease, config, failures } = context;
  if (lease === null) return 0;
  const { retryPeriodMs, renewDeadlineMs } = config;
  const halfDeadlineMs = Math.max(retryPeriodMs, renewDeadlineMs / 2);
  const due = Math.max(
    Math.min(
      remaining(context, lease.confirmedAt, retryPeriodMs),
      remaining(context, lease.validFrom, halfDeadlineMs),
    ),
    // A renewal that left the record as it was extends nothing, and the next one may do no more.
    Math.min(remaining(context, lease.confirmedAt, FIRST_RETRY_MS), renewDeadline({ context })),
  );
  return failures === 0 ? due : Math.max(due, retryDelay({ context }));
}

/**
 * Before a candidate tries for a lock that has come free, so that not all write at once. Nobody knows
 * how many there are: a few shall not wait for long, and of many only a few shall write.
 *
 * So the first time most try at once, and the others a little later, which leaves the first the time
 * to be heard of. Whoever then finds another faster has reason to think that there is a crowd, and
 * draws from a longer window in which most hold back until late and few try early: the more there
 * are, the sooner the first tries, and nearly always alone. That is the timer by which multicast
 * protocols keep receivers from answering all at once (RFC 5401). Whoever has come since then tries at
 * once: the others leave the first try to newcomers, of whom there are few.
 */
export function contentionDelay({
  context: { contentionWindowMs, jitter, observation },
}: Args): number {
  if (contentionWindowMs <= SMALL_FLEET_MS) {
    const handovers = observation?.snapshot?.record?.leaderTransitions ?? 0;
    if (handovers > 0 || jitter < TRY_AT_ONCE) return 0;
    const late = (jitter - TRY_AT_ONCE) / (1 - TRY_AT_ONCE);
    return Math.ceil(LATE_FROM_MS + (contentionWindowMs - LATE_FROM_MS) * late);
  }
  const spread = Math.log1p(jitter * Math.expm1(CROWD_STEEPNESS)) / CROWD_STEEPNESS;
  return Math.ceil(contentionWindowMs * spread);
}

/**
 * Between two looks at a lock that another holds: jittered, so that candidates spread out. Whoever
 * watches the lock looks only if a renewal is overdue: the leader may be gone, or the watch dead.
 */
export function pollInterval({ context }: Args): number {
  const { config, watching, jitter } = context;
  return Math.ceil(config.retryPeriodMs * ((watching ? OVERDUE : 1) + 1.2 * jitter));
}

/** A renewal is overdue after so many retry periods without news. */
const OVERDUE = 2.2;

/**
 * Before the next try after a failure: soon at first, and not sooner than the server asked, up to a
 * lease duration. One that asks for an hour shall not leave the lock without a candidate for so long.
 */
export function retryDelay({ context }: Args): number {
  const { config, failures, jitter, retryAfterMs } = context;
  const doubled = FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 16);
  const backoff = Math.min(doubled, config.retryPeriodMs) * (0.5 + jitter / 2);
  return atLeastZero(Math.max(backoff, Math.min(retryAfterMs ?? 0, config.leaseDurationMs)));
}

/** How long a request may take: half the renew deadline, so that a second one fits in. */
export function requestTimeout({ context }: Args): number {
  return Math.ceil(context.config.renewDeadlineMs / 2);
}

export function drainTimeout({ context }: Args): number {
  return context.config.drainTimeoutMs;
}

/** The pause between a lost leadership and the next candidacy. */
export function rejoinDelay({ context }: Args): number {
  return Math.ceil(context.config.retryPeriodMs * (0.5 + context.jitter));
}

function remaining({ config }: ElectionContext, since: Instant, durationMs: number): number {
  return atLeastZero(durationMs - elapsedForHolder(since, config.clock.now()));
}

/**
 * Rounded up: a timer takes whole milliseconds, and one that fires early is of no use. And no longer
 * than timers can be (a record may name any duration): whoever waits asks the clock anyway.
 */
function atLeastZero(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMER_MS);
}
