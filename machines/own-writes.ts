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
