import { LockError } from '../src/errors/lock-error.js';
import { isNewer } from '../src/kubernetes/resource-version.js';
import { isSameWrite } from '../src/lock/as-stored.js';
import { isBare } from '../src/lock/decide.js';
import type { HolderDeath, LockNews, LockSnapshot } from '../src/lock/resource-lock.js';
import { stepDownRequested } from '../src/lock/step-down.js';
import type { LockReading } from './actors.js';
import * as delays from './delays.js';
import type { Args } from './guards.js';
import {
  answerWillTell,
  findOwnWrite,
  isOwnRecord,
  isTooShort,
  isUnseenClaim,
  mayFoundTerm,
} from './own-writes.js';
import type { ElectionContext } from './types.js';

/* Statements about what has just come in (the second argument), in the light of the context. */

/** What the watch tells, and when it was received (monotonic, in ms). */
export interface News extends LockNews {
  readonly receivedAtMs: number;
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
export function ownLeaseIsTooShort(args: Args, reading: LockReading): boolean {
  const record = reading.snapshot?.record ?? null;
  return record !== null && stillHeldByUs(args, reading) && isTooShort(args.context, record);
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

/** What was read is a record of ours that holds the lock. */
export function stillHeldByUs({ context }: Args, { snapshot }: LockReading): boolean {
  const record = snapshot?.record ?? null;
  return record !== null && !record.isReleased && isOwnRecord(context, record);
}

/** What was read is our own release. */
export function releaseWasCommitted({ context }: Args, { snapshot }: LockReading): boolean {
  const record = snapshot?.record ?? null;
  return record !== null && record.isReleased && isOwnRecord(context, record);
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

/** The watch tells what we did not know: it may repeat itself, and come late. */
export function isNews({ context }: Args, news: News): boolean {
  return isNewer(news.version, context.observation?.version ?? null);
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

/** The watch tells that our record is gone, without another's being there. */
export function recordGone(args: Args, news: News): boolean {
  const { snapshot } = news;
  const gone = snapshot === null || isBare(snapshot);
  return gone && isNews(args, news);
}

/** The watch tells that somebody asks us to hand over. */
export function asksToStepDown(args: Args, news: News): boolean {
  const { lease } = args.context;
  if (lease === null || !isNews(args, news) || takenByAnother(args, news)) return false;
  return stepDownRequested(news.snapshot?.object, lease.record);
}

/** It is the process that holds the lock, by the record that is known, of which this death tells. */
export function holderIsDead({ context: { observation } }: Args, { holder }: HolderDeath): boolean {
  return observation?.snapshot?.holder === holder;
}

/** Changes may have gone unheard before the watch was set up again. */
export function hasGap(_: Args, gap: boolean): boolean {
  return gap;
}

/** Somebody wrote before us, it seems, for the first time in a row: look at once. */
export function isFirstConflict({ context }: Args, error: unknown): boolean {
  return isConflict(undefined, error) && context.failures === 0;
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

/** The object that we were to update is gone, we hear for the first time in a row: create it. */
export function objectVanished({ context }: Args, error: unknown): boolean {
  const updating = context.lease !== null && context.lease.base !== null;
  return (
    updating && context.failures === 0 && error instanceof LockError && error.kind === 'notFound'
  );
}

export function isConflict(_: unknown, error: unknown): boolean {
  return error instanceof LockError && error.kind === 'conflict';
}

/** A record that we did not write. No record at all is nobody's. */
function isOfAnother(context: ElectionContext, snapshot: LockSnapshot | null): boolean {
  if (snapshot === null || isBare(snapshot)) return false;
  return snapshot.record === null || !isOwnRecord(context, snapshot.record);
}
