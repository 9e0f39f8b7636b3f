import type { EndReason } from '../src/config/leader-election-config.js';
import type { Age } from '../src/lock/decide.js';
import type { LockSnapshot } from '../src/lock/resource-lock.js';
import type { LockReading } from './actors.js';
import type { WorkResult } from '../src/term/term.js';
import type { Failure } from './tell.js';
import type { News } from './answer-guards.js';
import type { CallbackName, ElectionEvent } from './types.js';

/*
 * Phrases that recur in the chart: an action or a guard together with what it takes from the event,
 * the answer of an invoked actor or what the watch tells.
 */

export interface DoneWith<T> {
  readonly event: { readonly output: T };
}

export interface Failed {
  readonly event: { readonly error: unknown };
}

type Action = 'noteReading' | 'noteFoundCommitted';
type ReadingGuard =
  | 'claimWasCommitted'
  | 'ownLeaseIsTooShort'
  | 'heldByAnother'
  | 'renewalWasCommitted'
  | 'stillHeldByUs'
  | 'releaseWasCommitted';
type ErrorGuard = 'isFirstConflict' | 'isExplainedConflict' | 'objectVanished';
type NewsGuard = 'isNews' | 'takenByAnother' | 'recordGone' | 'asksToStepDown';

/** The action, with the reading that has just come in. */
export const withReading = <T extends Action>(type: T) => ({
  type,
  params: ({ event }: DoneWith<LockReading>) => event.output,
});

/** The guard, asked about the reading that has just come in. */
export const ifReading = <T extends ReadingGuard>(type: T) => ({
  type,
  params: ({ event }: DoneWith<LockReading>) => event.output,
});

/** The guard, asked about the error that has just come in. */
export const ifError = <T extends ErrorGuard>(type: T) => ({
  type,
  params: ({ event }: Failed) => event.error,
});

type LockChanged = Extract<ElectionEvent, { readonly type: 'lockChanged' }>;
type WatchOpened = Extract<ElectionEvent, { readonly type: 'watchOpened' }>;
type HolderDied = Extract<ElectionEvent, { readonly type: 'holderDied' }>;
type WatchFailed = Extract<ElectionEvent, { readonly type: 'watchFailed' }>;

const newsOf = ({ event }: { readonly event: LockChanged }): News => ({
  ...event.news,
  receivedAtMs: event.receivedAtMs,
});

/** The guard, asked about what the watch tells. */
export const ifNews = <T extends NewsGuard>(type: T) => ({ type, params: newsOf });

/** What the watch tells is what we know from now on. */
export const noteNews = { type: 'noteNews' as const, params: newsOf };

/** The next renewal is conditional on what the watch tells. */
export const rebaseOnNews = {
  type: 'rebase' as const,
  params: ({ event }: { readonly event: LockChanged }) => event.news.snapshot,
};

/** The next renewal is conditional on what was read. */
export const rebaseOnReading = {
  type: 'rebase' as const,
  params: ({ event }: DoneWith<LockReading>) => event.output.snapshot,
};

/** The watch may have missed something. */
export const ifGap = {
  type: 'hasGap' as const,
  params: ({ event }: { readonly event: WatchOpened }) => event.gap,
};

/** It is the present holder that is dead. */
export const ifHolderIsDead = {
  type: 'holderIsDead' as const,
  params: ({ event }: { readonly event: HolderDied }) => event.death,
};

/** A process that has held the lock is dead. */
export const noteDeath = {
  type: 'noteDeath' as const,
  params: ({ event }: { readonly event: HolderDied }) => event.death,
};

/** The server has told how old the lock is. */
export const noteAge = {
  type: 'noteAge' as const,
  params: ({ event }: DoneWith<Age>) => event.output,
};

/** It has not: it is not asked again. */
export const noteNoAge = { type: 'noteAge' as const, params: undefined };

/** The lock cannot be watched. */
export const noteWatchLost = {
  type: 'noteWatchLost' as const,
  params: ({ event }: { readonly event: WatchFailed }) => event.error,
};

/** The write that was under way is in the lock. */
export const noteCommitted = {
  type: 'noteCommitted' as const,
  params: ({ event }: DoneWith<LockSnapshot>) => event.output,
};

/** The guard, asked about the lock as our write has left it. */
export const ifStored = (type: 'leaseIsTooShort') => ({
  type,
  params: ({ event }: DoneWith<LockSnapshot>) => event.output,
});

/** The write that was under way is known, from now on, by how it is stored. */
export const noteStored = {
  type: 'noteStored' as const,
  params: ({ event }: DoneWith<LockSnapshot>) => event.output,
};

/** The record that was stored is no lease that can be kept. */
export const noteTooShort = (during: Failure['during']) => ({
  type: 'noteTooShort' as const,
  params: ({ event }: DoneWith<LockSnapshot>) => ({ during, record: event.output.record }),
});

/** The record that was read back is no lease that can be kept. */
export const noteTooShortAsRead = (during: Failure['during']) => ({
  type: 'noteTooShort' as const,
  params: ({ event: { output } }: DoneWith<LockReading>) => ({
    during,
    record: output.snapshot?.record ?? null,
  }),
});

/** A request was refused, or did not get through. */
export const noteFailure = (of: Failure['of'], during: Failure['during']) => ({
  type: 'noteFailure' as const,
  params: ({ event }: Failed): Failure => ({ of, during, error: event.error }),
});

/** A request was not answered in time. */
export const noteTimeout = (of: Failure['of'], during: Failure['during']) => ({
  type: 'noteFailure' as const,
  params: { of, during } satisfies Failure,
});

/** The term ends for this reason. */
export const endsBy = <T extends EndReason>(reason: T) =>
  ({ type: 'setEndReason', params: reason }) as const;

/** The renew deadline has passed without a renewal, or what is stored can be none (it is too short). */
export const deadlinePassed = endsBy('deadline');

/** The work has come to its end, in the way that the event tells. */
export const workSettled = {
  type: 'noteWorkSettled' as const,
  params: ({ event }: DoneWith<WorkResult>) => event.output,
};

/** The work threw, or rejected. */
export const workFailed = {
  type: 'noteWorkSettled' as const,
  params: ({ event }: Failed): WorkResult => ({ error: event.error }),
};

/** A callback threw, or rejected. */
export const callbackFailed = (callback: CallbackName) => ({
  type: 'reportCallback' as const,
  params: ({ event }: Failed) => ({ callback, error: event.error }),
});
