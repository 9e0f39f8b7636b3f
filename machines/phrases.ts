import type { LockSnapshot } from '../src/lock/resource-lock.js';
import type { LockReading } from './actors.js';
import type { WorkResult } from '../src/election/term.js';
import type { Failure } from './setup.js';
import type { CallbackName } from './types.js';

/*
 * Phrases that recur in the chart: an action or a guard together with what it takes from the event
 * that an invoked actor ends with.
 */

export interface DoneWith<T> {
  readonly event: { readonly output: T };
}

export interface Failed {
  readonly event: { readonly error: unknown };
}

type Action = 'noteReading' | 'noteFoundCommitted' | 'rebase';
type ReadingGuard =
  | 'claimWasCommitted'
  | 'heldByAnother'
  | 'renewalWasCommitted'
  | 'stillHeldByUs'
  | 'releaseWasCommitted';
type ErrorGuard = 'isFirstConflict' | 'isConflict' | 'objectVanished';

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

/** The write that was under way is in the lock. */
export const noteCommitted = {
  type: 'noteCommitted' as const,
  params: ({ event }: DoneWith<LockSnapshot>) => event.output,
};

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

/** The renew deadline has passed without a renewal. */
export const deadlinePassed = { type: 'setEndReason', params: 'deadline' } as const;

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
