import { type EventObject, fromCallback, fromPromise } from 'xstate';
import type { EndReason, ResolvedConfig } from '../src/config/leader-election-config.js';
import type { Term, TermHandle, WorkResult } from '../src/term/term.js';
import { LockError } from '../src/errors/lock-error.js';
import type { Age } from '../src/lock/decide.js';
import type { LeaderElectionRecord } from '../src/lock/record.js';
import type { LockSnapshot, ResourceLock } from '../src/lock/resource-lock.js';
import type { Clock } from '../src/time/clock.js';
import type { CallbackFailed, CallbackName, ElectionEvent } from './types.js';

/*
 * The actors that the chart invokes. Each is a thin wrapper around one call on what the caller
 * handed in: the lock, or a callback. They hold no timers: the chart bounds every request with a
 * delayed transition, and leaving the state aborts its signal. Callbacks go on. A lock answers with
 * `ok: false`; one that throws instead has failed in an unknown way.
 */

export interface LockReading {
  /** Null when the object does not exist. */
  readonly snapshot: LockSnapshot | null;
  /** Monotonic time in ms at which the read was sent, and at which the answer was here. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

/** Reads the lock. Rejects with a {@link LockError}; an object that is not there is an answer. */
export const readLock = fromPromise<LockReading, { lock: ResourceLock; clock: Clock }>(
  async ({ input: { lock, clock }, signal }) => {
    const sentAtMs = clock.now().monotonicMs;
    try {
      const answer = await lock.get({ signal });
      const receivedAtMs = clock.now().monotonicMs;
      if (answer.ok) return { snapshot: answer, sentAtMs, receivedAtMs };
      if (answer.error.kind === 'notFound') return { snapshot: null, sentAtMs, receivedAtMs };
      throw answer.error;
    } catch (error) {
      throw LockError.from(error);
    }
  },
);

/**
 * Asks the server that stores the lock how long ago it was written, by a request that writes
 * nothing. Rejects when it refuses to tell.
 */
export const askAge = fromPromise<
  Age,
  { lock: ResourceLock; clock: Clock; base: LockSnapshot | null }
>(async ({ input: { lock, clock, base }, signal }) => {
  if (base === null) throw new Error('There is no lock: the chart entered a wrong state');
  const told: unknown = await lock.writtenAgo?.(base, { signal });
  const writtenAgoMs = typeof told === 'number' && Number.isFinite(told) ? told : undefined;
  return { version: base.version, writtenAgoMs, receivedAtMs: clock.now().monotonicMs };
});

export interface WriteLockInput {
  readonly lock: ResourceLock;
  readonly record: LeaderElectionRecord;
  /** The write succeeds only while the object is as it was here; null: while there is none. */
  readonly base: LockSnapshot | null;
}

/** Writes the lock, conditionally. Rejects with a {@link LockError}. */
export const writeLock = fromPromise<LockSnapshot, WriteLockInput>(
  async ({ input: { lock, record, base }, signal }) => {
    try {
      const answer =
        base === null
          ? await lock.create(record, { signal })
          : await lock.update(record, { base, signal });
      if (answer.ok) return answer;
      throw answer.error;
    } catch (error) {
      throw LockError.from(error);
    }
  },
);

/** The chart has seen something that the watch should have told it. */
export interface WatchCommand {
  readonly type: 'doubt';
}

export type WatchInput = Pick<ResolvedConfig, 'lock' | 'clock' | 'random'>;

/**
 * Watches the lock, where it can be watched, and tells the chart what changes. What a watch says is
 * news and no proof: it never makes a leader.
 */
export const watchLock = fromCallback<WatchCommand, WatchInput, ElectionEvent>(
  ({ input: { lock, clock, random }, sendBack, receive }) => {
    const watch = lock.watch?.({
      clock,
      random,
      changed: (news) => {
        sendBack({ type: 'lockChanged', news, receivedAtMs: clock.now().monotonicMs });
      },
      opened: (gap) => {
        sendBack({ type: 'watchOpened', gap });
      },
      failed: (error) => {
        sendBack({ type: 'watchFailed', error });
      },
      holderDied: (death) => {
        sendBack({ type: 'holderDied', death });
      },
      evidenceFailed: (error) => {
        sendBack({ type: 'evidenceFailed', error });
      },
    });
    receive(() => {
      watch?.doubt();
    });
    return () => {
      watch?.close();
    };
  },
);

/**
 * Ends the term when the state that it belongs to is left, before anything else is done there: from
 * then on we do not hold the lock, whoever asks, and the signal is aborted. It is an actor so that
 * the same happens to a chart that is halted, by its own `stop()` or by a parent that moves on: that
 * one goes nowhere, but its actors are stopped.
 */
export const tenure = fromCallback<EventObject, { term: TermHandle }>(
  ({ input: { term } }) =>
    () => {
      term.end();
    },
);

export interface WorkInput {
  readonly term: TermHandle;
  readonly callback: ((term: Term) => unknown) | null;
}

/** Runs `onStartedLeading`. Rejects with what that throws. */
export const work = fromPromise<void, WorkInput>(async ({ input: { term, callback } }) => {
  if (callback === null) return;
  const { error } = await term.run(callback);
  if (error !== undefined) throw error as unknown;
});

/** Waits for the work of a term, which goes on after the state that started it was left. */
export const workSettled = fromPromise<WorkResult, { term: TermHandle }>(
  ({ input: { term } }) => term.workSettled,
);

export interface StoppedInput extends Pick<ResolvedConfig, 'lock' | 'logger'> {
  readonly term: TermHandle;
  readonly callback: ((reason: EndReason) => unknown) | null;
  readonly reason: EndReason;
}

/**
 * Runs `onStoppedLeading`. Rejects with what that throws; once the state that called it was left,
 * nobody hears of that any more, and it goes to the log.
 */
export const stoppedCallback = fromPromise<void, StoppedInput>(async ({ input, signal }) => {
  const { term, callback, reason } = input;
  try {
    await term.tellStopped(() => callback?.(reason));
  } catch (error) {
    if (signal.aborted) reportLate(input, 'onStoppedLeading', error);
    throw error;
  }
});

/** Waits for `onStoppedLeading`, which goes on after the state that called it was left. */
export const stopSettled = fromPromise<void, { term: TermHandle }>(
  ({ input: { term } }) => term.stopSettled,
);

export type NotifierEvent =
  | { readonly type: 'newLeader'; readonly identity: string }
  | { readonly type: 'overrun'; readonly term: Term };

export type NotifierInput = Pick<ResolvedConfig, 'lock' | 'logger' | 'onNewLeader' | 'onOverrun'>;

/**
 * Runs the callbacks that nothing waits for, in the order of their news. One that hangs delays no
 * other; one that fails is reported to the chart, or to the log when the candidacy is over by then.
 */
export const notifier = fromCallback<NotifierEvent, NotifierInput>(
  ({ input, receive, sendBack }) => {
    let over = false;
    const run = (callback: CallbackName, fn: () => unknown): void => {
      void (async () => {
        try {
          await fn();
        } catch (error) {
          // The step that called it may be the one that ends the candidacy.
          await Promise.resolve();
          if (!over) sendBack({ type: 'callbackFailed', callback, error } satisfies CallbackFailed);
          else reportLate(input, callback, error);
        }
      })();
    };
    receive((news) => {
      if (news.type === 'newLeader') run('onNewLeader', () => input.onNewLeader?.(news.identity));
      else run('onOverrun', () => input.onOverrun?.(news.term));
    });
    return () => {
      over = true;
    };
  },
);

function reportLate(
  { lock, logger }: Pick<ResolvedConfig, 'lock' | 'logger'>,
  callback: CallbackName,
  err: unknown,
): void {
  logger.error({ lock: lock.description, identity: lock.identity, err }, `${callback} failed`);
}
