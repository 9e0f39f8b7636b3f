import { isAgeWorthAsking } from '../src/lock/decide.js';
import { endRequested } from '../src/lock/step-down.js';
import * as delays from './delays.js';
import { mayFoundTerm } from './own-writes.js';
import type { ElectionContext } from './types.js';

/* Statements about the context. Those about what has just come in are in `answer-guards.ts`. */

export interface Args {
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

/** By the clock, no write of ours is in force any more, whatever has become of it. */
export function lastWriteExpired(args: Args): boolean {
  return delays.lastWrite(args) === 0;
}

/** Nobody can be leading: the lock may be created or written over. */
export function lockIsFree({ context }: Args): boolean {
  return context.decision !== null && context.decision.kind !== 'wait';
}

/** Another has taken it since it came free. What has only run out is read before it is taken. */
export function lockWasTaken(args: Args): boolean {
  return !lockIsFree(args) && !leaseExpired(args);
}

/** At the first sight of a lease that is held: everybody may have been down for long. */
export function mayBeLongDead({ context: { config, observation } }: Args): boolean {
  if (!config.useServerClock || config.lock.writtenAgo === undefined) return false;
  return observation !== null && isAgeWorthAsking(observation);
}

/** A write was sent and nothing is known of its fate. */
export function writeUnanswered({ context }: Args): boolean {
  return context.attempt !== null;
}

/** The write that has just succeeded was sent less than a renew deadline ago, and is not void. */
export function claimIsFresh({ context }: Args): boolean {
  return context.attempt !== null && mayFoundTerm(context, context.attempt);
}

/** When we wrote last, somebody had asked us to hand over. */
export function askedToStepDown({ context: { lease } }: Args): boolean {
  return lease !== null && endRequested(lease.base?.object, lease.record, lease.preferredAtFirst);
}

/** Changes of the lock are heard of as they happen. */
export function isWatching({ context }: Args): boolean {
  return context.watching;
}

/** No write is under way. */
export function noAnswerDue({ context }: Args): boolean {
  return !context.answerDue;
}

/** The last that is known of the lock is our own write, and no other of ours is under way. */
export function ownWriteIsLast({ context }: Args): boolean {
  const { lease, attempt, observation } = context;
  if (lease?.base == null || attempt !== null) return false;
  const last = observation?.version === lease.base.version ? observation.snapshot : null;
  return last?.record?.equals(lease.record) === true;
}

/** The work has ended already, has left no error to be told, and nobody asked to hear of the end. */
export function nothingToWaitFor({ context: { term, config } }: Args): boolean {
  const isOver = term !== null && term.workFinished && !term.workFailed;
  return isOver && config.onStoppedLeading === null;
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

/** It has won no term that it would have to lose: it goes on as a candidate. */
export function hasNotLed({ context: { term, stopRequested } }: Args): boolean {
  return term === null && !stopRequested;
}

/** Become a candidate again. */
export function shallRejoin({ context }: Args): boolean {
  return context.config.onLost === 'rejoin' && !context.stopRequested;
}

/** The candidacy is over once the present term is dealt with. */
export function shallEnd(args: Args): boolean {
  return !shallRejoin(args);
}
