import type { Book } from './book.js';
import { judge, sameRecord, type Seen } from './rules.js';
import type { Reading } from './trace.js';

/** What every received object says: since when its record is unchanged, and who holds it. */
export function observe(book: Book, reading: Reading): void {
  const { seen, time } = book;
  const changed = seen === null || !book.unchanged || !sameRecord(seen.reading, reading);
  // By a record that it goes on from, and cannot tell for its own, a holder does not date the lease.
  const holds = book.phase === 'holding' || book.phase === 'draining';
  book.unchanged = !holds || reading.author === null || book.knows(reading);
  book.seen = {
    reading,
    changedAt: changed ? time : seen.changedAt,
    isFirst: changed ? !book.hasLooked : seen.isFirst,
    deadAt: changed ? null : seen.deadAt,
  };
  book.hasLooked = true;
  if (changed && reading.unreadable !== null) book.oweAtOnce('the event recordUnreadable');
  if (reading.record === null && reading.unreadable === null) vanish(book);
  else knowHolder(book, book.seen);
  if (reading.author !== null) book.unknownWrites.delete(reading.author);
  const holder = reading.record?.holderIdentity ?? '';
  if (holder === '') book.leaderGone = true;
  else announce(book, holder);
}

/** Own leases are dated by their last reading: that is the latest that may be waited for. */
function knowHolder(book: Book, seen: Seen): void {
  for (const write of book.writes.values()) {
    // A creation that may arrive yet says nothing once others have had the lock since.
    if (write.verb === 'create' && write.id !== seen.reading.author) write.outdated = true;
  }
  const author = book.writes.get(seen.reading.author ?? -1);
  const outdated = author?.outdated === true || !book.knows(seen.reading);
  const judgement = judge(seen, book.settings, outdated);
  book.liveFor = judgement.kind === 'held' ? judgement.until - seen.changedAt : null;
  book.liveUntil = judgement.kind === 'held' ? judgement.until : -Infinity;
  const isMine = seen.reading.record?.holderIdentity === book.settings.identity;
  const own = isMine && judgement.kind !== 'held';
  book.vanishedOwnUntil = null;
  const { leaseDurationSeconds = 0 } = seen.reading.record ?? {};
  book.ownFor = Math.max(book.settings.lease, leaseDurationSeconds * 1000);
  // Who held the lease until its record was emptied may go on counting it.
  const emptied = ['holding', 'draining', 'releasing'].includes(book.phase);
  book.ownUntil = own || emptied ? book.time + book.ownFor : -Infinity;
}

/** A holder that comes back after the lock was free may be announced again or not. */
export function announce(book: Book, identity: string): void {
  book.mayAnnounce = book.leader !== identity || book.leaderGone ? identity : null;
  // Who is on the way out need not tell of anybody.
  if (book.phase === 'withdrawing') return;
  if (book.leader !== identity) book.oweAtOnce(`onNewLeader(${identity})`);
  book.leader = identity;
  book.leaderGone = false;
}

export function announced(book: Book, identity: string): boolean {
  const allowed = book.isOwed(`onNewLeader(${identity})`) || book.mayAnnounce === identity;
  book.settle(`onNewLeader(${identity})`);
  book.mayAnnounce = null;
  book.leader = identity;
  return allowed;
}

export function observeAbsence(book: Book, read: boolean): void {
  book.leaderGone = true;
  book.hasLooked = true;
  if (read) book.unchanged = false;
  const { liveFor } = book;
  vanish(book);
  // A write that finds nothing is no reading: the next one may count from its own time.
  if (read) return;
  book.liveFor = liveFor;
  book.vanishedOwnUntil = null;
}

/**
 * The record, or the whole object, is gone. Its last holder may have renewed unseen just before, so
 * a whole lease of it counts from now. Once it has, a second look changes nothing.
 */
function vanish(book: Book): void {
  if (book.liveFor !== null) book.liveUntil = book.time + book.liveFor;
  // A write of ours that went unanswered may have been the last one, too.
  const wrote = book.ownUntil > -Infinity || book.writes.size > 0;
  if (wrote && book.liveFor === null) {
    book.ownUntil = Math.max(book.ownUntil, book.vanishedOwnUntil ?? book.time + book.ownFor);
    book.vanishedOwnUntil = book.ownUntil;
  }
  book.liveFor = null;
}
