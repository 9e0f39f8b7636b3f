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
  return context.ownWrites.find((write) => write.record.equals(record)) ?? null;
}

/** A write that was sent so recently that it may found a leadership. */
export function isFresh({ config }: ElectionContext, { sentAt }: SentWrite): boolean {
  return elapsedForHolder(sentAt, config.clock.now()) < config.renewDeadlineMs;
}

/**
 * Of our writes, those that still matter once the lock was found like this: the one that it shows,
 * and those that are conditional on just this and may be stored later. All others are void for
 * ever. To forget them is a matter of safety: a creation that was given up can be stored after the
 * lock was deleted under another leader, and must not pass for a lock of ours then.
 */
export function possibleWrites(
  ownWrites: readonly SentWrite[],
  snapshot: LockSnapshot | null,
): readonly SentWrite[] {
  const record = snapshot?.record ?? null;
  return ownWrites.filter(
    (write) =>
      write.baseVersion === (snapshot?.version ?? null) ||
      (record !== null && write.record.equals(record)),
  );
}
