import { observe } from '../src/lock/decide.js';
import type { LockSnapshot } from '../src/lock/resource-lock.js';
import { preferredHolder } from '../src/lock/step-down.js';
import type { LockReading } from './actors.js';
import { SMALL_FLEET_MS } from './contention.js';
import { findOwnWrite, hasChangedRecord, possibleWrites, replaced } from './own-writes.js';
import type { ElectionContext, HeldLease, SentWrite } from './types.js';

/* What becomes of our writes. Like those in `updates.ts`: each returns what changes. */

type Update = Partial<ElectionContext>;

/** The answer to the write under way tells how it is stored: it is known by that from now on. */
export function stored(context: ElectionContext, { record }: LockSnapshot): Update {
  const { attempt, ownWrites } = context;
  if (attempt === null || record === null) return {};
  const told = { ...attempt, record };
  return { attempt: told, ownWrites: replaced(ownWrites, attempt, told) };
}

/** The write under way is committed: we hold the lock, from before it was sent. */
export function committed(context: ElectionContext, snapshot: LockSnapshot): Update {
  return context.attempt === null ? {} : holding(context, context.attempt, snapshot);
}

/** A write of ours that had gone unanswered was found in the lock. */
export function foundCommitted(context: ElectionContext, { snapshot }: LockReading): Update {
  const own = findOwnWrite(context, snapshot);
  return own === null || snapshot === null ? {} : holding(context, own, snapshot);
}

function holding(context: ElectionContext, write: SentWrite, snapshot: LockSnapshot): Update {
  const { config } = context;
  const now = config.clock.now();
  const record = snapshot.record ?? write.record;
  const ownWrites = replaced(context.ownWrites, write, { ...write, record });
  const lease: HeldLease = {
    record,
    // Others cannot see a renewal that has left the record as it was: they count on from before it.
    validFrom: hasChangedRecord(write, snapshot)
      ? write.sentAt
      : (context.lease?.validFrom ?? write.sentAt),
    confirmedAt: now,
    base: snapshot,
    preferredAtFirst:
      context.lease === null ? preferredHolder(snapshot.object) : context.lease.preferredAtFirst,
  };
  return {
    lease,
    attempt: null,
    // Whoever has won had nobody before it: nothing speaks for a crowd any more.
    contentionWindowMs: SMALL_FLEET_MS,
    ownWrites: possibleWrites({ attempt: null, answerDue: false, ownWrites }, snapshot),
    observation: observe(context.observation, { snapshot, receivedAtMs: now.monotonicMs }, config),
    decision: null,
    leader: config.lock.identity,
    failures: 0,
    retryAfterMs: null,
  };
}

/** An unanswered write was not found in the lock: it is remembered, but no longer awaited. */
export function notFoundCommitted(): Update {
  return { attempt: null };
}
