import { LockError } from '../src/errors/lock-error.js';
import { isNewer } from '../src/kubernetes/resource-version.js';
import { isSameWrite } from '../src/lock/as-stored.js';
import { isAgeWorthAsking, isBare } from '../src/lock/decide.js';
import type { LockNews, LockSnapshot } from '../src/lock/resource-lock.js';
import { stepDownRequested } from '../src/lock/step-down.js';
import type { LockReading } from './actors.js';
import * as delays from './delays.js';
import {
  answerWillTell,
  findOwnWrite,
  isFresh,
  isOwnRecord,
  isTooShort,
  isUnseenClaim,
} from './own-writes.js';
import type { ElectionContext, SentWrite } from './types.js';
import * as updates from './updates.js';

/* Statements about the context, and about the answer that has just come in (`params`). */

interface Args {
  readonly context: ElectionContext;
}

/** What the watch tells, and when it was received (monotonic, in ms). */
export interface News extends LockNews {
  readonly receivedAtMs: number;
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

/**
 * What was read is the claim in question, sent less than a renew deadline ago and not void. A record
 * that is left from an earlier term of ours does not count: each term has a write, and a fencing
 * token, of its own.
 */
export function claimWasCommitted({ context }: Args, { snapshot }: LockReading): boolean {
  const { attempt } = context;
  if (attempt === null || snapshot?.record == null) return false;
  return isSameWrite(attempt.record, snapshot.record) && mayFoundTerm(context, attempt);
}

/**
 * Our record was stored with a duration that is not above our renew deadline, or our claim has left
 * the record as it was before: others may take the lock while we would lead by it.
 */
export function leaseIsTooShort({ context }: Args, snapshot: LockSnapshot): boolean {
  const { record } = snapshot;
  return record !== null && (isTooShort(context, record) || isUnseenClaim(context, snapshot));
}

/** What was read is a record of ours, with a duration that is too short. */
export function ownLeaseIsTooShort({ context }: Args, { snapshot }: LockReading): boolean {
  const record = snapshot?.record ?? null;
  if (record === null || record.isReleased || !isOwnRecord(context, record)) return false;
  return isTooShort(context, record);
}

/** What was read is a renewal of ours that was sent after the last one known to be committed. */
export function renewalWasCommitted({ context }: Args, reading: LockReading): boolean {
  const own = findOwnWrite(context, reading.snapshot);
  return own !== null && own.record !== context.lease?.record;
}

/** What was read is a record that we did not write. No record at all is nobody's. */
export function heldByAnother({ context }: Args, { snapshot }: LockReading): boolean {
  return isOfAnother(context, snapshot);
}

/** The watch tells what we did not know: it may repeat itself, and come late. */
export function isNews({ context }: Args, news: News): boolean {
  return isNewer(news.version, context.observation?.version ?? null);
}

/** The watch tells that nobody can be leading any more. */
export function freesTheLock(args: Args, news: News): boolean {
  if (!isNews(args, news)) return false;
  const { decision } = updates.news(args.context, news);
  return decision != null && decision.kind !== 'wait';
}

/**
 * The watch tells that another's record has taken the place of ours, or that somebody has shortened
 * ours. Of what may be the write under way its answer tells.
 */
export function takenByAnother(args: Args, news: News): boolean {
  const { context } = args;
  const { snapshot } = news;
  if (!isNews(args, news) || answerWillTell(context, snapshot?.record)) return false;
  return isOfAnother(context, snapshot) || (snapshot !== null && leaseIsTooShort(args, snapshot));
}

/** The watch tells that our record is gone, without another's being there, and our lease is live. */
export function wipedOut(args: Args, news: News): boolean {
  const { snapshot } = news;
  const gone = snapshot === null || isBare(snapshot);
  return gone && isNews(args, news) && !leaseLapsed(args);
}

/** The watch tells that somebody asks us to hand over. */
export function asksToStepDown(args: Args, news: News): boolean {
  const { lease } = args.context;
  if (lease === null || !isNews(args, news) || !termIsOn(args)) return false;
  return stepDownRequested(news.snapshot?.object, lease.record);
}

/** When we wrote last, somebody had asked us to hand over. */
export function askedToStepDown({ context: { lease } }: Args): boolean {
  return lease !== null && stepDownRequested(lease.base?.object, lease.record);
}

/** Changes of the lock are heard of as they happen. */
export function isWatching({ context }: Args): boolean {
  return context.watching;
}

/**
 * A read that was made because a renewal was overdue has brought what the watch should have told: it
 * may be dead. A change that comes with any other read may only be late.
 */
export function watchMissedIt({ context }: Args, { snapshot, sentAtMs }: LockReading): boolean {
  const { watching, observation } = context;
  if (!watching || observation === null) return false;
  const overdueMs = delays.pollInterval({ context: { ...context, jitter: 0 } });
  const changed = observation.snapshot?.fingerprint !== snapshot?.fingerprint;
  return changed && sentAtMs - observation.heardAtMs >= overdueMs;
}

/** Changes may have gone unheard before the watch was set up again. */
export function hasGap(_: Args, gap: boolean): boolean {
  return gap;
}

/** Somebody else wrote before us, and the watch has told what. */
export function isExplainedConflict({ context }: Args, error: unknown): boolean {
  const { attempt, observation } = context;
  if (!isConflict(undefined, error) || attempt === null || observation?.version == null) {
    return false;
  }
  // Our own write may have been stored, and be refused when a proxy repeats it.
  if (answerWillTell(context, observation.snapshot?.record)) return false;
  // A creation rests on there being no object, and on no version: that there is one explains it.
  if (attempt.baseVersion === null) return observation.snapshot !== null;
  return isNewer(observation.version, attempt.baseVersion);
}

/** What was read is a record of ours that holds the lock. */
export function stillHeldByUs({ context }: Args, { snapshot }: LockReading): boolean {
  const record = snapshot?.record ?? null;
  return record !== null && !record.isReleased && isOwnRecord(context, record);
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

/** What was read is our own release. */
export function releaseWasCommitted({ context }: Args, { snapshot }: LockReading): boolean {
  const record = snapshot?.record ?? null;
  return record !== null && record.isReleased && isOwnRecord(context, record);
}

/** Somebody wrote before us, it seems, for the first time in a row: look at once. */
export function isFirstConflict({ context }: Args, error: unknown): boolean {
  return isConflict(undefined, error) && context.failures === 0;
}

export function isConflict(_: unknown, error: unknown): boolean {
  return error instanceof LockError && error.kind === 'conflict';
}

/** The object that we were to update is gone, we hear for the first time in a row: create it. */
export function objectVanished({ context }: Args, error: unknown): boolean {
  const updating = context.lease !== null && context.lease.base !== null;
  return (
    updating && context.failures === 0 && error instanceof LockError && error.kind === 'notFound'
  );
}

/**
 * A claim that is young enough, and that nothing heard since has made void: a creation can be stored
 * after another held the lock and lost it by deletion, and that other may be leading still.
 */
function mayFoundTerm(context: ElectionContext, claim: SentWrite): boolean {
  return context.ownWrites.includes(claim) && isFresh(context, claim);
}

/** A record that we did not write. No record at all is nobody's. */
function isOfAnother(context: ElectionContext, snapshot: LockSnapshot | null): boolean {
  if (snapshot === null || isBare(snapshot)) return false;
  return snapshot.record === null || !isOwnRecord(context, snapshot.record);
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
