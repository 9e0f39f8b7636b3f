import type { ReferenceState } from './reference-state.js';
import { judge, sameRecord, type Seen } from './rules.js';
import type { Reading } from './trace.js';

/** What every received object says: since when its record is unchanged, and who holds it. */
export function observe(state: ReferenceState, reading: Reading): void {
  const { seen, time } = state;
  const changed = seen === null || !state.unchanged || !sameRecord(seen.reading, reading);
  // By a record that it goes on from, and cannot tell for its own, a holder does not date the lease.
  state.unchanged = !state.holds || reading.author === null || state.knows(reading);
  state.seen = {
    reading,
    changedAt: changed ? time : seen.changedAt,
    isFirst: changed ? !state.hasLooked : seen.isFirst,
    deadAt: changed ? null : seen.deadAt,
  };
  state.hasLooked = true;
  if (changed && reading.unreadable !== null) state.oweAtOnce('the event recordUnreadable');
  if (reading.record === null && reading.unreadable === null) vanish(state);
  else knowHolder(state, state.seen);
  if (reading.author !== null) state.unknownWrites.delete(reading.author);
  const holder = reading.record?.holderIdentity ?? '';
  if (holder === '') state.leaderGone = true;
  else announce(state, holder);
}

/** Own leases are dated by their last reading: that is the latest that may be waited for. */
function knowHolder(state: ReferenceState, seen: Seen): void {
  for (const write of state.writes.values()) {
    // A creation that may arrive yet says nothing once others have had the lock since.
    if (write.verb === 'create' && write.id !== seen.reading.author) write.outdated = true;
  }
  const author = state.writes.get(seen.reading.author ?? -1);
  const outdated = author?.outdated === true || !state.knows(seen.reading);
  const judgement = judge(seen, state.settings, outdated);
  state.liveFor = judgement.kind === 'held' ? judgement.until - seen.changedAt : null;
  state.liveUntil = judgement.kind === 'held' ? judgement.until : -Infinity;
  const isMine = seen.reading.record?.holderIdentity === state.settings.identity;
  const own = isMine && judgement.kind !== 'held';
  state.vanishedOwnUntil = null;
  const { leaseDurationSeconds = 0 } = seen.reading.record ?? {};
  state.ownFor = Math.max(state.settings.lease, leaseDurationSeconds * 1000);
  // Who held the lease until its record was emptied may go on counting it.
  const emptied = ['holding', 'draining', 'releasing'].includes(state.phase);
  state.ownUntil = own || emptied ? state.time + state.ownFor : -Infinity;
}

/** A holder that comes back after the lock was free may be announced again or not. */
export function announce(state: ReferenceState, identity: string): void {
  state.mayAnnounce = state.leader !== identity || state.leaderGone ? identity : null;
  // Who is on the way out need not tell of anybody.
  if (state.phase === 'withdrawing') return;
  if (state.leader !== identity) state.oweAtOnce(`onNewLeader(${identity})`);
  state.leader = identity;
  state.leaderGone = false;
}

export function announced(state: ReferenceState, identity: string): boolean {
  const allowed = state.isOwed(`onNewLeader(${identity})`) || state.mayAnnounce === identity;
  state.settle(`onNewLeader(${identity})`);
  state.mayAnnounce = null;
  state.leader = identity;
  return allowed;
}

export function observeAbsence(state: ReferenceState, read: boolean): void {
  state.leaderGone = true;
  state.hasLooked = true;
  if (read) state.unchanged = false;
  const { liveFor } = state;
  vanish(state);
  // A write that finds nothing is no reading: the next one may count from its own time.
  if (read) return;
  state.liveFor = liveFor;
  state.vanishedOwnUntil = null;
}

/**
 * The record, or the whole object, is gone. Its last holder may have renewed unseen just before, so
 * a whole lease of it counts from now. Once it has, a second look changes nothing.
 */
function vanish(state: ReferenceState): void {
  if (state.liveFor !== null) state.liveUntil = state.time + state.liveFor;
  // A write of ours that went unanswered may have been the last one, too.
  const wrote = state.ownUntil > -Infinity || state.writes.size > 0;
  if (wrote && state.liveFor === null) {
    state.ownUntil = Math.max(state.ownUntil, state.vanishedOwnUntil ?? state.time + state.ownFor);
    state.vanishedOwnUntil = state.ownUntil;
  }
  state.liveFor = null;
}
