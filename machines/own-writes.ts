import { isCutFrom, isSameWrite } from '../src/lock/as-stored.js';
import type { LeaderElectionRecord } from '../src/lock/record.js';
import type { LockSnapshot } from '../src/lock/resource-lock.js';
import { elapsedForHolder } from '../src/time/clock.js';
import type { ElectionContext, SentWrite } from './types.js';

/**
 * Among our writes, the one that a snapshot shows to the last digit. A holder identity alone proves
 * nothing: another process may bear the same name.
 */
export function findOwnWrite(
  context: ElectionContext,
  snapshot: LockSnapshot | null,
): SentWrite | null {
  const record = snapshot?.record;
  if (record == null) return null;
  return context.ownWrites.find((write) => isSameWrite(write.record, record)) ?? null;
}

/**
 * A record of ours. As long as we hold a lease it may also be a renewal that went unanswered and was
 * stored with digits cut off its times: too little to found a term on, or to make one last longer,
 * and enough not to give one up.
 */
export function isOwnRecord(context: ElectionContext, record: LeaderElectionRecord): boolean {
  return context.ownWrites.some(
    (write) =>
      isSameWrite(write.record, record) ||
      (context.lease !== null && isCutFrom(write.record, record)),
  );
}

/**
 * What is stored names us, by a write that is under way: its answer will tell whether it is that. Once
 * the request has failed, or was given up, nothing will, and what is not ours to see is another's.
 */
export function answerWillTell(
  { attempt, answerDue }: Pick<ElectionContext, 'attempt' | 'answerDue'>,
  record: LeaderElectionRecord | null | undefined,
): boolean {
  const mayBeIt = attempt !== null && record?.holderIdentity === attempt.record.holderIdentity;
  return answerDue && mayBeIt;
}

/**
 * Whether others can see that the write was stored. What stores it may have altered it into the very
 * record that was there before, as by times that it drops or cuts to minutes.
 */
export function hasChangedRecord(write: SentWrite, stored: LockSnapshot): boolean {
  return stored.fingerprint !== write.baseFingerprint;
}

/** A duration that is none counts as too short, too. */
export function isTooShort({ config }: ElectionContext, record: LeaderElectionRecord): boolean {
  return !(record.leaseDurationSeconds * 1000 > config.renewDeadlineMs);
}

/** A claim of which others cannot see that it was made: for them a lease runs on that began before. */
export function isUnseenClaim({ lease, attempt }: ElectionContext, stored: LockSnapshot): boolean {
  return lease === null && attempt !== null && !hasChangedRecord(attempt, stored);
}

/** A write that was sent so recently that it may found a leadership. */
function isFresh({ config }: ElectionContext, { sentAt }: SentWrite): boolean {
  return elapsedForHolder(sentAt, config.clock.now()) < config.renewDeadlineMs;
}

/**
 * A claim that is young enough, and that nothing heard since has made void: a creation can be stored
 * after another held the lock and lost it by deletion, and that other may be leading still.
 */
export function mayFoundTerm(context: ElectionContext, claim: SentWrite): boolean {
  return context.ownWrites.includes(claim) && isFresh(context, claim);
}

/**
 * Of our writes, those that still matter once the lock was found like this: the one that it shows,
 * and those that are conditional on just this and may be stored later. All others are void for
 * ever. To forget them is a matter of safety: a creation that was given up can be stored after the
 * lock was deleted under another leader, and must not pass for a lock of ours then.
 */
export function possibleWrites(
  { ownWrites, ...under }: Pick<ElectionContext, 'ownWrites' | 'attempt' | 'answerDue'>,
  snapshot: LockSnapshot | null,
): readonly SentWrite[] {
  const record = snapshot?.record ?? null;
  return ownWrites.filter(
    (write) =>
      write.baseVersion === (snapshot?.version ?? null) ||
      (record !== null && isCutFrom(write.record, record)) ||
      // What stores it may have altered it, of which its answer tells.
      (write === under.attempt && answerWillTell(under, record)),
  );
}

/**
 * Of our writes, those to remember when another is sent over this: what stands in the lock, as far
 * as we know, and whatever was sent within a lease. Older ones are of no use to a candidate, and in
 * a term there are none: it ends a renew deadline after the write that stands was sent.
 */
export function rememberedWrites(
  { ownWrites, lease, config }: ElectionContext,
  base: LockSnapshot | null,
): readonly SentWrite[] {
  const standing = [lease?.record, base?.record].filter((record) => record != null);
  const youngest = config.clock.now().monotonicMs - config.leaseDurationMs;
  return ownWrites.filter(
    ({ record, sentAt }) =>
      sentAt.monotonicMs > youngest || standing.some((stands) => isCutFrom(record, stands)),
  );
}

/** The same writes, with another in the place of one. */
export function replaced(
  writes: readonly SentWrite[],
  write: SentWrite,
  by: SentWrite,
): readonly SentWrite[] {
  return writes.map((other) => (other === write ? by : other));
}
