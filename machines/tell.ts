import { printValue } from '../src/validation/print-value.js';
import { LockError } from '../src/errors/lock-error.js';
import { alterationOf } from '../src/lock/as-stored.js';
import type { LeaderElectionRecord } from '../src/lock/record.js';
import type { LockSnapshot } from '../src/lock/resource-lock.js';
import type { NotifierEvent, WatchCommand } from './actors.js';
import * as delays from './delays.js';
import type { ElectionContext, ElectionEmitted, ElectionEvent, SentWrite } from './types.js';
import * as updates from './updates.js';

/* What the actions of the chart tell the outside, and when there is nothing to tell. */

/** Which request failed, and in the course of what. */
export interface Failure {
  readonly of: 'read' | 'write';
  readonly during: 'acquire' | 'renew' | 'release';
  /** Absent: it was not answered in time. */
  readonly error?: unknown;
}

export interface TooShort extends Pick<Failure, 'during'> {
  /** As it was stored. */
  readonly record: LeaderElectionRecord | null;
}

/** What an action may do, as XState hands it in. */
interface Enqueue {
  assign(update: Partial<ElectionContext>): void;
  emit(event: ElectionEmitted): void;
  sendTo(target: 'notifier', event: NotifierEvent): void;
  sendTo(target: 'watch', event: WatchCommand): void;
}

/**
 * What is handled anew where a state is left before it has handled it. Whoever called
 * `onStoppedLeading` is left then, too: that it has failed is told as of any callback.
 */
export function toPassOn(event: ElectionEvent): ElectionEvent {
  const { type, error }: { readonly type: string; readonly error?: unknown } = event;
  const failed = type === 'xstate.error.actor.onStoppedLeading';
  return failed ? { type: 'callbackFailed', callback: 'onStoppedLeading', error } : event;
}

/** Another identity than before holds the lock, of which the callback hears too, or nobody does. */
export function tellLeader(
  context: ElectionContext,
  { leader }: Partial<ElectionContext>,
  enqueue: Enqueue,
): void {
  if (leader === undefined || leader === context.leader) return;
  if (leader === null) {
    enqueue.emit({ type: 'vacant' });
    return;
  }
  enqueue.emit({ type: 'newLeader', identity: leader });
  enqueue.sendTo('notifier', { type: 'newLeader', identity: leader });
}

/** The candidacy is over: say so once. */
export function tellEnd(context: ElectionContext, enqueue: Enqueue): void {
  if (context.endAnnounced) return;
  enqueue.assign({ endAnnounced: true });
  const { stopRequested } = context;
  enqueue.emit({ type: 'ended', outcome: updates.outcome(context), stopRequested });
}

/** A record that cannot be read has appeared: say so once. */
export function tellUnreadable(
  { observation: before }: ElectionContext,
  { observation }: Partial<ElectionContext>,
  enqueue: Enqueue,
): void {
  const problem = observation?.snapshot?.unreadable ?? null;
  if (problem === null || problem === before?.snapshot?.unreadable) return;
  enqueue.emit({ type: 'recordUnreadable', problem });
}

/** Our record was stored otherwise than it was written: say so once for each field. */
export function tellAltered(
  { alteredFields: told }: ElectionContext,
  write: SentWrite | null,
  snapshot: LockSnapshot | null,
  enqueue: Enqueue,
): void {
  if (write === null || snapshot?.record == null) return;
  const alteration = alterationOf(write.record, snapshot.record);
  if (alteration === null || alteration.fields.every((field) => told.includes(field))) return;
  enqueue.assign({ alteredFields: [...new Set([...told, ...alteration.fields])] });
  enqueue.emit({ type: 'recordAltered', problem: alteration.problem });
}

export function tellFailure(
  context: ElectionContext,
  { of, during, error }: Failure & { readonly error: LockError },
  enqueue: Enqueue,
): void {
  enqueue.assign(updates.failure(context, { of, error }));
  const news = { error, failures: context.failures + 1 };
  if (during === 'acquire') enqueue.emit({ type: 'acquireFailed', ...news });
  else if (during === 'release') enqueue.emit({ type: 'releaseFailed', ...news });
  else {
    const remainingMs = delays.renewDeadline({ context });
    enqueue.emit({ type: 'renewFailed', ...news, remainingMs });
  }
}

/** It is tried again after a lease duration: what alters our records will do so for some time. */
export function tooShort(
  { config }: ElectionContext,
  record: LeaderElectionRecord | null,
): LockError {
  const deadline = config.renewDeadlineMs / 1000;
  const stored = record?.leaseDurationSeconds ?? 0;
  const written = config.leaseDurationMs / 1000;
  const what =
    stored > deadline
      ? `the record was stored as it had been before, with renewTime ${printValue(record?.renewTime)}`
      : `leaseDurationSeconds was written as ${written} and stored as ` +
        `${printValue(record?.leaseDurationSeconds)}, which is not above renewDeadlineSeconds (${deadline})`;
  return new LockError(
    `${config.lock.description}: ${what}: others could take the lock while this candidate leads. An ` +
      'admission policy alters it, it seems: exempt this object from it, or choose durations that ' +
      'it leaves alone',
    { kind: 'invalid', retryAfterMs: config.leaseDurationMs },
  );
}

export function notAnswered({ config }: ElectionContext): LockError {
  const time = `within ${config.renewDeadlineMs / 2000} s (half of renewDeadlineSeconds)`;
  const { description, waitsFor } = config.lock;
  const what =
    waitsFor == null
      ? `the API server did not answer ${time}`
      : `nothing was sent ${time}, for want of ${waitsFor}`;
  return new LockError(`${description}: ${what}; the request was given up and will be repeated`, {
    kind: 'timeout',
  });
}
