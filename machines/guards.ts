import { LockError } from '../src/errors/lock-error.js';
import type { LockReading } from './actors.js';
import * as delays from './delays.js';
import { findOwnWrite, isFresh } from './own-writes.js';
import type { ElectionContext } from './types.js';

/* Statements about the context, and about the answer that has just come in (`params`). */

interface Args {
  readonly context: ElectionContext;
}

/**
 * Our renew deadline has passed: by the clock now, or when somebody asked before. What the work was
 * told stands, even if a wall clock that was set forward has been set back since.
 */
export function leaseLapsed(args: Args): boolean {
  return delays.renewDeadline(args) === 0 || args.context.term?.hasEnded === true;
}

/** By the clock, the lease that is awaited has run out: the observed one, or our own lost one. */
export function leaseExpired(args: Args): boolean {
  return delays.leaseDuration(args) === 0;
}

/** Nobody can be leading: the lock may be created or written over. */
export function lockIsFree({ context }: Args): boolean {
  return context.decision !== null && context.decision.kind !== 'wait';
}

/** A write was sent and nothing is known of its fate. */
export function writeUnanswered({ context }: Args): boolean {
  return context.attempt !== null;
}

/** The write that has just succeeded was sent less than a renew deadline ago. */
export function claimIsFresh({ context }: Args): boolean {
  return context.attempt !== null && isFresh(context, context.attempt);
}

/**
 * What was read is the claim in question, sent less than a renew deadline ago. A record that is left
 * from an earlier term of ours does not count: each term has a write, and a fencing token, of its own.
 */
export function claimWasCommitted({ context }: Args, { snapshot }: LockReading): boolean {
  const { attempt } = context;
  if (attempt === null || snapshot?.record == null) return false;
  return snapshot.record.equals(attempt.record) && isFresh(context, attempt);
}

/** What was read is a renewal of ours that was sent after the last one known to be committed. */
export function renewalWasCommitted({ context }: Args, reading: LockReading): boolean {
  const own = findOwnWrite(context, reading.snapshot);
  return own !== null && own.record !== context.lease?.record;
}

/** What was read is a record that we did not write. No record at all is nobody's. */
export function heldByAnother({ context }: Args, { snapshot }: LockReading): boolean {
  if (snapshot === null) return false;
  if (snapshot.record === null && snapshot.unreadable === null) return false;
  return findOwnWrite(context, snapshot) === null;
}

/** What was read is a record of ours that holds the lock. */
export function stillHeldByUs({ context }: Args, { snapshot }: LockReading): boolean {
  const own = findOwnWrite(context, snapshot);
  return own !== null && !own.record.isReleased;
}

/** What was read is our own release. */
export function releaseWasCommitted({ context }: Args, { snapshot }: LockReading): boolean {
  return findOwnWrite(context, snapshot)?.record.isReleased === true;
}

/** Somebody wrote before us, for the first time in a row: look again at once. */
export function isFirstConflict({ context }: Args, error: unknown): boolean {
  return isConflict(undefined, error) && context.failures === 0;
}

export function isConflict(_: unknown, error: unknown): boolean {
  return error instanceof LockError && error.kind === 'conflict';
}

/** The object that we were to update is gone: create it. */
export function objectVanished({ context }: Args, error: unknown): boolean {
  const updating = context.lease !== null && context.lease.base !== null;
  return updating && error instanceof LockError && error.kind === 'notFound';
}

/** Draining has not begun. */
export function termIsOn({ context }: Args): boolean {
  return context.endReason === null;
}

/** The end of the work ends the candidacy. */
export function releaseWhenDone(args: Args): boolean {
  return termIsOn(args) && args.context.config.releaseWhenDone;
}

/** `onStoppedLeading` was called for this term already. */
export function stopAnnounced({ context }: Args): boolean {
  return context.stopAnnounced;
}

/** `stop` has come in. */
export function stopRequested({ context }: Args): boolean {
  return context.stopRequested;
}

/** Become a candidate again. */
export function shallRejoin({ context }: Args): boolean {
  return context.config.onLost === 'rejoin' && !context.stopRequested;
}

/** The candidacy is over once the present term is dealt with. */
export function shallEnd(args: Args): boolean {
  return !shallRejoin(args);
}
