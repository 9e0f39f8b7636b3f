import type { ResourceLock } from '../lock/resource-lock.js';
import type { Logger } from '../logging/logger.js';
import type { Term } from '../term/term.js';
import type { Clock } from '../time/clock.js';

/** A renew deadline must exceed the retry period by this factor, so that a retry fits into it. */
export const JITTER_FACTOR = 1.2;

/**
 * Why a term, or a candidacy, ended.
 *
 * - `stopped`: `stop()` was called, or the signal given to `run()` aborted
 * - `finished`: the work came to its end and `releaseWhenDone` is set, or `lead()` was used
 * - `failed`: `onStartedLeading` threw or rejected
 * - `deadline`: no renewal succeeded within the renew deadline, or one was stored for a shorter time
 * - `superseded`: the lock was found in other hands
 * - `steppedDown`: somebody asked the leader to hand over, by an annotation on the lock
 * - `drainTimeout`: `stop()` was called, and the work or `onStoppedLeading` did not end in time
 */
export type EndReason =
  'stopped' | 'finished' | 'failed' | 'deadline' | 'superseded' | 'steppedDown' | 'drainTimeout';

/** What `run()` and `stop()` resolve with. */
export interface Outcome {
  readonly reason: EndReason;
  /** Whether this candidate led at all. */
  readonly led: boolean;
  /** Whether the lock was given back, so that another can take it at once. */
  readonly released: boolean;
  /** False when the work was still running when the outcome was made. */
  readonly workFinished: boolean;
  /** What `onStartedLeading` threw, for the reason `failed`. */
  readonly error?: unknown;
}

export interface LeaderElectionConfig {
  /** The object in the cluster that the candidates compete for. All must name the same one. */
  readonly lock: ResourceLock;

  /**
   * How long the other candidates wait before they take the lock of a leader that has gone silent,
   * in whole seconds, counted by each from the last change it saw. Default 15. The shorter, the
   * sooner a crashed leader is replaced; it must stay above `renewDeadlineSeconds` by as much as
   * clocks may run apart and work may need to wind down.
   */
  readonly leaseDurationSeconds?: number;

  /**
   * How long a leader goes on without a successful renewal, in seconds, counted from just before
   * the last successful one was *sent*. Default 10. At that moment `isLeader()` turns false and
   * `term.signal` is aborted, whatever requests are under way.
   */
  readonly renewDeadlineSeconds?: number;

  /**
   * How long after a successful renewal the next one starts, in seconds. Default 2. Waiting
   * candidates that cannot watch the lock look at it every 1 to 2.2 times as long. The shorter, the
   * more requests.
   */
  readonly retryPeriodSeconds?: number;

  /**
   * The work. Called once a term, after the write that won it. When it returns or resolves, the
   * leadership goes on (see `releaseWhenDone`); when it throws or rejects, the lock is given back
   * and the term ends with that error. It must end when `term.signal` is aborted. `null` says that
   * there is none: for `lead()`, or for programs that only ask `isLeader()`.
   */
  readonly onStartedLeading: ((term: Term) => unknown) | null;

  /**
   * Called exactly once for each term that started, as soon as it ends: right after `term.signal` was
   * aborted, by `stop()` as on a loss, beside work that may still be winding down. Where the lock is
   * still held, its release waits for both. After a loss with `onLost: 'rejoin'` the next candidacy
   * begins when it has finished, or the lease has run out.
   */
  readonly onStoppedLeading?: (reason: EndReason) => unknown;

  /** Called whenever another identity is seen to hold the lock, the first one and ours included. */
  readonly onNewLeader?: (identity: string) => unknown;

  /**
   * Called when the lease has run out, for everybody, and the work of the lost term is still not
   * finished: it may now run beside another leader.
   */
  readonly onOverrun?: (term: Term) => unknown;

  /** What an overrun does besides: `log` (default) an error, or `exit` the process with code 1. */
  readonly overrun?: 'log' | 'exit';

  /**
   * What follows a term that has ended without `stop()`: `return` (default) ends the candidacy, for
   * programs that end then; `rejoin` goes back to being a candidate after a short pause, until
   * `stop()`, for programs that live on.
   */
  readonly onLost?: 'return' | 'rejoin';

  /** Give the lock back and end when `onStartedLeading` has finished. Default false. */
  readonly releaseWhenDone?: boolean;

  /**
   * How long `stop()` waits for the work and `onStoppedLeading` while it goes on renewing, in
   * seconds. Default 20, which leaves time for the release within the 30 s that Kubernetes gives a
   * pod to end. After that the lock is *not* released: it runs out by itself.
   */
  readonly drainTimeoutSeconds?: number;

  /**
   * Take a lock that is held under our own identity at once, though this process did not write it.
   * Only for identities that cannot run twice, such as the pods of a StatefulSet. Default false.
   */
  readonly reclaimOwnIdentity?: boolean;

  /**
   * Take a lease at once that by the API server's own clock was last renewed more than two lease
   * durations ago, as after everybody was down. For that, a candidate that finds a lease held when it
   * first looks sends one dry-run update, which is not stored. Default true; false waits a whole lease
   * duration from when it was first seen.
   */
  readonly useServerClock?: boolean;

  /**
   * Where to log, pino or alike; for winston, `messageFirst(logger)`. Default: warnings and errors, to stderr. `false`: nothing; the
   * events tell the same.
   */
  readonly logger?: Logger | false;

  /** The clock and the timers. Replace them in tests only. Default: the system's. */
  readonly clock?: Clock;

  /** Numbers from 0 up to 1, for jitter. Replace it in tests only. Default: `Math.random`. */
  readonly random?: () => number;
}

/** The configuration after validation: nothing is missing, and durations are milliseconds. */
export interface ResolvedConfig {
  readonly lock: ResourceLock;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly drainTimeoutMs: number;
  readonly onStartedLeading: ((term: Term) => unknown) | null;
  readonly onStoppedLeading: ((reason: EndReason) => unknown) | null;
  readonly onNewLeader: ((identity: string) => unknown) | null;
  readonly onOverrun: ((term: Term) => unknown) | null;
  readonly onLost: 'return' | 'rejoin';
  readonly releaseWhenDone: boolean;
  readonly reclaimOwnIdentity: boolean;
  readonly useServerClock: boolean;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}
