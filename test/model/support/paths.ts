import type { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import { type PendingCall, record } from '../../support/controllable-lock.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import type { Candidate } from './candidate.js';

/** What becomes of a record of ours where a policy limits how long leases are. */
export function storedFor(
  leaseDurationSeconds: number,
  sent: LeaderElectionRecord | null,
): LeaderElectionRecord {
  return record({ ...sent, leaseDurationSeconds });
}

/** What becomes of a record of ours where a policy cuts times to seconds. */
export function cutTimes(sent: LeaderElectionRecord | null): LeaderElectionRecord {
  const { acquireTime, renewTime } = record({ ...sent });
  return record({ ...sent, acquireTime: toSeconds(acquireTime), renewTime: toSeconds(renewTime) });
}

function toSeconds(time: string): string {
  return time.replace(/\.\d+Z$/, '.000000Z');
}

/* The paths to the states of the chart, each checked at its end. */

export async function toReading(c: Candidate): Promise<void> {
  await c.send({ type: 'start' });
  c.at('participating.acquiring.reading');
}

export async function toWaiting(c: Candidate, leaseDurationSeconds = 15): Promise<void> {
  await toReading(c);
  await c.answer('get', c.lock.heldBy('other', { leaseDurationSeconds }));
  c.at('participating.acquiring.waiting');
}

/** Of a lock that nobody has handed over yet: all who wait for it are new to it. */
const NEW = { leaderTransitions: 0 } as const;

/** A new lock, watched, that another holds: it is looked at when a renewal is overdue, at 4.4 s. */
export async function toWatching(c: Candidate, leaseDurationSeconds = 15): Promise<void> {
  await toReading(c);
  await c.lock.watching.opened();
  await c.answer('get', c.lock.heldBy('other', { ...NEW, leaseDurationSeconds }));
  c.at('participating.acquiring.waiting');
}

/** The watch tells that the new lock has been released. */
export async function toHoldingBack(c: Candidate): Promise<LockSnapshot> {
  await toWatching(c);
  const released = c.lock.snapshot(record({ ...NEW, holderIdentity: '' }));
  await c.lock.watching.changed(released);
  c.at('participating.acquiring.holdingBack');
  return released;
}

export async function toClaiming(c: Candidate): Promise<PendingCall> {
  await toReading(c);
  await c.answer('get', c.lock.free());
  c.at('participating.acquiring.claiming');
  return c.lock.expectCall('update');
}

/** A claim was sent, and half the renew deadline (5 s) has passed without an answer. */
export async function toUnansweredClaim(c: Candidate): Promise<PendingCall> {
  const claim = await toClaiming(c);
  await c.clock.advance(5_000);
  c.at('participating.acquiring.backingOff');
  return claim;
}

/** Reads back, 5.125 s after the claim was sent. */
export async function toConfirming(c: Candidate): Promise<PendingCall> {
  const claim = await toUnansweredClaim(c);
  await c.clock.advance(125);
  c.at('participating.acquiring.confirming');
  return claim;
}

export async function toLeading(c: Candidate): Promise<PendingCall> {
  await toClaiming(c);
  const claim = await c.lock.commit();
  c.at('participating.elected.lease.leading');
  return claim;
}

/** A renewal has just been sent, a retry period (2 s) after the claim. */
export async function toRenewing(c: Candidate): Promise<PendingCall> {
  await toLeading(c);
  await c.clock.advance(2_000);
  c.at('participating.elected.lease.renewing.writing');
  return c.lock.expectCall('update');
}

/** Stopped while leading; `onStoppedLeading` runs, and so does the work. */
export async function toDraining(c: Candidate): Promise<PendingCall> {
  const claim = await toLeading(c);
  await c.send({ type: 'stop' });
  c.at('participating.elected.lease.leading');
  c.at('participating.elected.work.draining.stopping');
  return claim;
}

/** Likewise, and `onStoppedLeading` has finished. */
export async function toFinishing(c: Candidate): Promise<PendingCall> {
  const claim = await toDraining(c);
  c.stopping.resolve();
  await settle();
  c.at('participating.elected.work.draining.finishing');
  return claim;
}

/** Stopped, or ended otherwise, 2 s after the claim: all is done but for the renewal under way. */
export async function toEnded(c: Candidate, end = stop): Promise<PendingCall> {
  const claim = await toLeading(c);
  await c.clock.advance(2_000);
  await c.lock.expectCall('update');
  await end(c);
  c.work.resolve();
  c.stopping.resolve();
  await settle();
  c.at('participating.elected.work.ended');
  return claim;
}

const stop = (c: Candidate): Promise<void> => c.send({ type: 'stop' });

/** Likewise, and the renewal has failed: it is uncertain what stands in the lock, which is being read. */
export async function toChecking(c: Candidate, end = stop): Promise<PendingCall> {
  const claim = await toEnded(c, end);
  await c.answer('update', c.lock.failure('network'));
  c.at('releasing.checking');
  return claim;
}

/** Stopped while leading, and the release has been sent. */
export async function toReleaseWriting(c: Candidate): Promise<PendingCall> {
  await toFinishing(c);
  c.work.resolve();
  await settle();
  c.at('releasing.writing');
  return c.lock.expectCall('update');
}

/** The work failed, nobody called stop, and the release has been sent. */
export async function toReleaseAfterFailure(c: Candidate): Promise<PendingCall> {
  await toLeading(c);
  c.work.reject(new Error('the work failed'));
  c.stopping.resolve();
  await settle();
  c.at('releasing.writing');
  return c.lock.expectCall('update');
}

/** Likewise, but 2 s after the claim, when a renewal has failed: the lock is being read. */
export function toCheckingAfterFailure(c: Candidate): Promise<PendingCall> {
  return toChecking(c, async () => {
    c.work.reject(new Error('the work failed'));
    await settle();
  });
}

/** Another holds the lock, 2 s after our claim; `onStoppedLeading` runs and so does the work. */
export async function toNotifying(c: Candidate): Promise<void> {
  await toRenewing(c);
  await c.answer('update', c.lock.failure('conflict'));
  await c.answer('get', c.lock.heldBy('other'));
  c.at('lost.notifying');
}

/** Likewise, and `onStoppedLeading` has finished. */
export async function toSettling(c: Candidate): Promise<void> {
  await toNotifying(c);
  c.stopping.resolve();
  await settle();
  c.at('lost.settling');
}

/** The lease has run out, 15 s after our claim, and the work has not. Needs `onLost: 'rejoin'`. */
export async function toOverrun(c: Candidate): Promise<void> {
  await toSettling(c);
  await c.clock.advance(13_000);
  c.at('lost.overrun');
}

/**
 * The deadline passed, 10 s after our claim, while `onStoppedLeading` ran: it was called when the work
 * had failed, and what is left of the lease is left to it. Needs `onLost: 'rejoin'`.
 */
export async function toConcluding(c: Candidate): Promise<void> {
  await toLeading(c);
  c.work.reject(new Error('the work failed'));
  await settle();
  c.at('participating.elected.work.draining.stopping');
  c.clock.freeze(10_000);
  await c.send({ type: 'lapse' });
  c.at('lost.concluding');
}

/** Lost, the work has finished, and the pause has just begun. Needs `onLost: 'rejoin'`. */
export async function toRejoining(c: Candidate): Promise<void> {
  await toSettling(c);
  c.work.resolve();
  await settle();
  c.at('rejoining');
}
