import type { ResourceLock } from '../lock/resource-lock.js';
import type { Logger } from '../logging/logger.js';
import type { Term } from '../term/term.js';
import type { Clock } from '../time/clock.js';

/** A renew deadline must exceed the retry period by this factor, so that a retry fits into it. */
export const JITTER_FACTOR = 1.2;

/**
 * Why a term, or a candidacy, ended.
 *
 * - `stopped`: `stop()` was called, or the signal given to `run()` was aborted
 * - `finished`: the work came to its end and `releaseWhenDone` is set, or `lead()` was used
 * - `failed`: `onStartedLeading` threw or rejected
 * - `deadline`: no renewal succeeded within the renew deadline, or one was stored for a shorter time
 * - `superseded`: another holds the lock
 * - `steppedDown`: somebody asked the leader to hand over, by an annotation on the lock
 * - `drainTimeout`: `stop()` was called, and the work or `onStoppedLeading` did not end in time
 */
export type EndReason =
  'stopped' | 'finished' | 'failed' | 'deadline' | 'superseded' | 'steppedDown' | 'drainTimeout';

/** What `run()` and `stop()` resolve with. */
export interface Outcome {
  /** Why the candidacy ended. */
  readonly reason: EndReason;
  /** Whether this candidate led at all. */
  readonly led: boolean;
  /**
   * Whether the lock was given back, so that another can take it at once. Not if the API server
   * could not be reached meanwhile, the lock was lost, or the work outlasted `drainTimeoutSeconds`.
   */
  readonly released: boolean;
  /** False when the work was still running when the outcome was made. */
  readonly workFinished: boolean;
  /** What `onStartedLeading` threw, for the reason `failed`. */
  readonly error?: unknown;
}

/**
 * The options of an election. What each must be, and its default in code, stand in `OPTIONS`, in
 * resolve-config.ts. The page of the API has these texts, word for word.
 */
export interface LeaderElectionConfig {
  /**
   * The object in the cluster that the candidates compete for.
   *
   * @remarks Candidates that do not name the same object do not see each other: each leads.
   */
  readonly lock: ResourceLock;

  /**
   * How long the other candidates wait before they take the lock of a leader that has gone silent.
   * Each counts from when it received the last change of the record, and waits for the duration that
   * the _record_ names.
   *
   * @defaultValue `15`
   * @remarks Long: a crashed leader is replaced late. Close to the renew deadline: little room for
   * clocks that run apart and for work that winds down.
   */
  readonly leaseDurationSeconds?: number | undefined;

  /**
   * How long a leader goes on without a successful renewal, from just before the last successful one
   * was _sent_. At that moment `isLeader()` turns false and `term.signal` is aborted, whatever requests
   * are under way.
   *
   * @defaultValue `10`
   * @remarks Short: a slow API server costs leaderships. Long: the same as a lease that is close to it.
   */
  readonly renewDeadlineSeconds?: number | undefined;

  /**
   * How long after the answer to a successful renewal the next one starts. A waiting candidate that
   * cannot watch the lock looks at it every 1 to 2.2 times as long.
   *
   * @defaultValue `2`
   * @remarks Short: more requests. Long: fewer tries before the deadline.
   */
  readonly retryPeriodSeconds?: number | undefined;

  /**
   * The work. Called once a term, after the write that won it was answered. When it returns or
   * resolves, the leadership goes on (see `releaseWhenDone`); when it throws or rejects, the lock is
   * given back and the term ends with that error. It must end when `term.signal` is aborted. `null`
   * says that there is none: for `lead()`, or for programs that only ask `isLeader()`.
   *
   * @remarks Work that ignores its signal may run beside the next leader.
   */
  readonly onStartedLeading: ((term: Term) => unknown) | null;

  /**
   * Called exactly once for each term that started, as soon as it ends: right after `term.signal` was
   * aborted, by `stop()` as on a loss, beside work that may still be winding down. Where the lock is
   * still held, its release waits for both. After a loss with `onLost: 'rejoin'` the next candidacy
   * begins when it has finished, or the lease has run out.
   *
   * @defaultValue none
   * @remarks One that is slow holds up the hand-over.
   */
  readonly onStoppedLeading?: ((reason: EndReason) => unknown) | undefined;

  /**
   * Called when a holder is first seen and whenever another one is, this candidate included.
   *
   * @defaultValue none
   */
  readonly onNewLeader?: ((identity: string) => unknown) | undefined;

  /**
   * Called when the lease of a lost term has run out, for everybody, and its work has not finished: it
   * may now run beside another leader.
   *
   * @defaultValue none
   */
  readonly onOverrun?: ((term: Term) => unknown) | undefined;

  /**
   * What an overrun does besides: `'log'` an error, or `'exit'` the process with code 1. In a worker
   * thread, from which no process can exit, `'exit'` kills it by SIGKILL.
   *
   * @defaultValue `'log'`
   * @remarks `'log'` where the work must never run twice: two copies may work at once.
   */
  readonly overrun?: 'log' | 'exit' | undefined;

  /**
   * What follows a term that has ended without `stop()`: `'return'` resolves `run()` and ends the
   * candidacy, for programs that end then; `'rejoin'` competes again after 0.5 to 1.5 retry periods,
   * until `stop()`, for programs that live on.
   *
   * @defaultValue `'return'`
   * @remarks `'return'` in a program that does not exit then: a copy that takes no part any more.
   */
  readonly onLost?: 'return' | 'rejoin' | undefined;

  /**
   * When `onStartedLeading` has finished: `true` releases the lock and ends, `false` goes on leading.
   *
   * @defaultValue `false`
   * @remarks `false` where the work runs once: the lock stays held by a copy that does nothing.
   */
  readonly releaseWhenDone?: boolean | undefined;

  /**
   * How long a term that drains, usually after `stop()`, waits for the work and `onStoppedLeading`
   * while it goes on renewing. 20 s leave time for the release within the 30 s that Kubernetes gives a
   * pod to end. After that the lock is _not_ released: it runs out by itself.
   *
   * @defaultValue `20`
   * @remarks Longer than the pod's grace period: it is killed before it can release. Short: the lock is
   * not released, and the next leader waits for the lease.
   */
  readonly drainTimeoutSeconds?: number | undefined;

  /**
   * Whether a lock that is held under our own identity, but was not written by this process, is taken
   * at once. Only for identities that cannot run twice, such as the pods of a StatefulSet.
   *
   * @defaultValue `false`
   * @remarks `true` where two processes can have the same name at the same time: two leaders.
   */
  readonly reclaimOwnIdentity?: boolean | undefined;

  /**
   * Whether a lease that by the API server's own clock was last written more than two lease durations
   * ago is taken at once, as after everybody was down. That clock is asked by one dry-run update, which
   * is not stored, when a candidate first sees a lease held. Otherwise it waits a whole lease duration
   * from when it was first seen.
   *
   * @defaultValue `true`
   * @remarks `true` with API servers whose clocks differ by more than a lease duration: a live lease
   * might be taken.
   */
  readonly useServerClock?: boolean | undefined;

  /**
   * Whether the lock is released when the process ends while this candidate leads: by an uncaught
   * exception, an unhandled rejection or `process.exit()`. It is done in the `exit` handler, by a process
   * that lives for that alone, and takes a second at most. Not for `SIGKILL` or any other signal without a
   * handler. Only with `LeaseLock` and `ConfigMapLock`.
   *
   * @defaultValue `false`
   * @remarks `true` where something of the work outlives the process, such as a child process, or runs in
   * another thread: it may run beside the next leader, who does not wait for the lease.
   */
  readonly releaseOnExit?: boolean | undefined;

  /**
   * Where to log: pino or anything with `debug`, `info`, `warn`, `error` of `(fields, message)`; winston
   * as `messageFirst(logger)`; `false` for silence, the events tell the same.
   *
   * @defaultValue warnings and errors, to stderr
   */
  readonly logger?: Logger | false | undefined;

  /**
   * The clock and the timers. Replace them in tests only.
   *
   * @defaultValue the system's
   */
  readonly clock?: Clock | undefined;

  /**
   * Numbers from 0 up to 1, for jitter. Replace it in tests only.
   *
   * @defaultValue `Math.random`
   */
  readonly random?: (() => number) | undefined;
}

/** With a value for each of its names. */
export type Complete<Options> = {
  readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined>;
};

/** Options that become something else when they are resolved. */
type Translated =
  | 'leaseDurationSeconds'
  | 'renewDeadlineSeconds'
  | 'retryPeriodSeconds'
  | 'drainTimeoutSeconds'
  | 'onStoppedLeading'
  | 'onNewLeader'
  | 'onOverrun'
  | 'overrun'
  | 'logger';

/** The configuration after validation: nothing is missing, and durations are milliseconds. */
export interface ResolvedConfig extends Complete<Omit<LeaderElectionConfig, Translated>> {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly drainTimeoutMs: number;
  readonly onStoppedLeading: ((reason: EndReason) => unknown) | null;
  readonly onNewLeader: ((identity: string) => unknown) | null;
  readonly onOverrun: ((term: Term) => unknown) | null;
  readonly logger: Logger;
}
