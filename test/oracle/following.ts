import type { Book, Flight } from './book.js';
import { isTolerated } from './deviations.js';
import {
  EPSILON,
  HERD_DELAY,
  heldFor,
  isLongDead,
  judge,
  mayBeLongDead,
  pollAfter,
  retryAfterFailure,
} from './rules.js';
import { check, type Answer, type Entry, type Reading, type StoredRecord } from './trace.js';
import { beginTerm } from './holding.js';
import { observe, observeAbsence } from './observing.js';

type Request = Extract<Entry, { type: 'request' }>;

/** An attempt: read, decide, write on the condition of what was read. */
export function follow(book: Book): void {
  book.phase = 'following';
  book.term = null;
  book.vanishedOwnUntil = null;
  book.expect({
    from: book.time,
    to: book.time + HERD_DELAY,
    get: true,
    update: null,
    create: false,
  });
}

/** What a record must say that takes the lock. */
export function checkTaking(book: Book, request: Request, record: StoredRecord): void {
  const { settings, seen } = book;
  check(record.holderIdentity === settings.identity, 'takes the lock for another identity');
  check(record.leaseDurationSeconds * 1000 === settings.lease, 'writes another lease duration');
  const before = request.verb === 'create' ? null : (seen?.reading.record ?? null);
  const known = seen?.reading.record?.leaderTransitions ?? 0;
  if (before === null) {
    // Nobody can tell what went before an object that is gone or cannot be read.
    const allowed = [0, 1, known, known + 1].includes(record.leaderTransitions);
    check(allowed, `counts ${record.leaderTransitions} transitions, from nothing`);
    return;
  }
  const changes = before.holderIdentity === settings.identity ? 0 : 1;
  const due = before.leaderTransitions + changes;
  check(record.leaderTransitions === due, `counts ${record.leaderTransitions}, not ${due}`);
}

export function followerAnswer(book: Book, flight: Flight, answer: Answer): void {
  // Given up: it is waited for as ever.
  if (flight.verb === 'age') return aged(book, null);
  if (answer.ok) {
    book.failures = 0;
    if (flight.verb === 'get') readByFollower(book, answer);
    else taken(book, flight, answer);
    return;
  }
  const { time, settings } = book;
  const soon = pollAfter(time, settings).to;
  if (answer.kind === 'notFound') {
    observeAbsence(book, flight.verb === 'get');
    if (flight.verb !== 'get') book.failures += 1;
    expectCreation(book, flight.verb === 'get');
    return;
  }
  book.failures += 1;
  const retry = retryAfterFailure(time, book.failures, settings);
  const asked = answer.retryAfter ?? 0;
  // Whoever wrote instead may have held the lock since, and count as a holder if nothing is left.
  if (answer.kind === 'conflict') book.ownUntil = time + book.ownFor;
  // A lost race, or a write without an answer, may be looked into at once.
  const atOnce = flight.verb !== 'get' && (answer.kind === 'conflict' || isUnknown(answer.kind));
  const from = atOnce ? time : retry.from;
  book.expect({
    from: asked > 0 ? time + asked : from,
    to: Math.max(soon, retry.to) + asked,
    get: true,
    update: null,
    create: false,
  });
}

/** Whether the write may be stored all the same: nothing says that it was refused. */
export function isUnknown(kind: Extract<Answer, { ok: false }>['kind']): boolean {
  return ['serverError', 'network', 'timeout', 'aborted', 'unknown'].includes(kind);
}

function readByFollower(book: Book, reading: Reading): void {
  observe(book, reading);
  decide(book, reading);
  // If it was the release that has read this, the first try for a new term is yet to come.
  if (book.lastReleased !== null && book.plan !== null) {
    book.expect({ ...book.plan, from: book.time });
  }
}

function decide(book: Book, reading: Reading): void {
  const { seen, settings, time } = book;
  check(seen !== null, 'nothing was read');
  const outdated = book.writes.get(reading.author ?? -1)?.outdated === true || !book.knows(reading);
  const judgement = judge(seen, settings, outdated);
  const attempt = { from: time, get: true, update: reading.version, create: false };
  if (judgement.kind === 'free') {
    // An object without its record may be treated like one that is gone: with patience.
    const known = reading.record === null ? Math.max(book.liveUntil, book.ownUntil) : 0;
    const { to } = pollAfter(Math.max(time, known), settings);
    return book.expect({ ...attempt, to: known > time ? to : time + HERD_DELAY });
  }
  if (judgement.kind === 'own') return ownFound(book, reading);
  const until = Math.min(judgement.until, seen.deadAt ?? Infinity);
  if (until <= time + EPSILON) return book.expect({ ...attempt, to: time + HERD_DELAY });
  if (!book.askedAge && mayBeLongDead(seen, settings)) {
    return book.expect({ ...attempt, to: time, get: false, update: null, age: reading.version });
  }
  const poll = pollAfter(time, settings);
  book.expect({
    from: Math.min(poll.from, until),
    to: lookBy(poll.to, until),
    get: true,
    update: null,
    create: false,
  });
}

/**
 * The record is a write of ours whose answer never came. While it is valid, it has won the term.
 * After that, or when it was the renewal of a term that is over, it is nobody's: we may take it at
 * once or when it would have run out for others.
 */
function ownFound(book: Book, reading: Reading): void {
  const { settings, time } = book;
  const write = book.writes.get(reading.author ?? -1);
  check(write !== undefined, 'the harness names a write that was never sent');
  const valid = heldFor(write.sentAt, book.now) < settings.renewDeadline - EPSILON;
  const isNew = write.taking && book.terms.every((term) => term.wonBy !== write.id);
  // An earlier try that arrived late may count, or be written over like any record of ours.
  const isLatest = Math.max(...book.writes.keys()) === write.id;
  if (valid && isNew && isLatest) return beginTerm(book, write, reading);
  if (valid) book.claimable = { write, reading };
  book.expect({
    from: time,
    to: time + settings.lease + pollAfter(0, settings).to,
    get: true,
    update: reading.version,
    create: false,
  });
}

/** The server has told how old the record is that was seen first; null: it has not. */
export function aged(book: Book, age: number | null): void {
  const { seen, settings, time } = book;
  check(seen !== null, 'asks for the age of what it has not seen');
  book.askedAge = true;
  if (age !== null && isLongDead(age, seen, settings)) book.seen = { ...seen, deadAt: time };
  decide(book, seen.reading);
}

function taken(book: Book, flight: Flight, reading: Reading): void {
  const write = book.writes.get(flight.id);
  check(write !== undefined, 'the answer belongs to no write');
  const late = heldFor(flight.sentAt, book.now) >= book.settings.renewDeadline - EPSILON;
  const { leader, liveFor } = book;
  observe(book, reading);
  if (late && isTolerated('lateClaimForgotten')) book.ownFor = Math.max(book.ownFor, liveFor ?? 0);
  // An answer that came too late makes no leader, so there is none to tell of.
  if (late) book.settle(`onNewLeader(${book.settings.identity})`);
  if (late) book.leader = leader;
  if (late) book.leaderGone = true;
  ownFound(book, reading);
}

/** There is no object. It may be created unless a live holder is known, who may be leading still. */
function expectCreation(book: Book, justRead: boolean): void {
  const { time, settings } = book;
  const poll = pollAfter(time, settings);
  if (!justRead && book.liveHolder) {
    // It had been judged free a moment ago: the rules do not say whether this is news of a holder.
    const { to } = pollAfter(book.liveUntil, settings);
    return book.expect({ from: time, to, get: true, update: null, create: true });
  }
  if (!book.liveHolder) {
    // After a term of our own we may, but need not, wait for our own lease to run out.
    const ownEnd = book.ownUntil > time ? book.ownUntil + poll.to - time : 0;
    const to = Math.max(ownEnd, justRead ? time + HERD_DELAY : poll.to);
    book.expect({ from: time, to, get: true, update: null, create: true });
    return;
  }
  book.expect({
    from: Math.min(poll.from, book.liveUntil),
    to: lookBy(poll.to, book.liveUntil),
    get: true,
    update: null,
    create: false,
  });
}

/** Somebody says that the lock may have changed: the follower looks now. */
export function wakeFollower(book: Book): void {
  if (book.flight !== null || book.plan === null) return;
  const { time, plan } = book;
  const to = plan.to === null ? null : Math.min(plan.to, time + HERD_DELAY);
  // A candidate whose server has asked for patience may go on being patient.
  book.expect({ ...plan, from: time, to: book.failures > 0 ? plan.to : to, get: true });
}

/** What was due while the process stood still may yet be put off for the herd's sake. */
export function putOff(book: Book): void {
  const { plan, time } = book;
  if (plan?.to == null) return;
  book.expect({ ...plan, to: Math.max(plan.to, time + HERD_DELAY) });
}

/** stop() before it led. A write under way, or of unknown fate, may be looked after. */
export function withdraw(book: Book): void {
  const { flight, settings, time } = book;
  const pending =
    flight?.record != null || book.unknownWrites.size > 0 || book.ownUntil > -Infinity;
  book.phase = 'withdrawing';
  book.released = false;
  book.expect(null);
  if (pending) book.owe('the outcome', time + settings.renewDeadline / 2 + book.ownFor);
  else book.oweAtOnce('the outcome');
}

/** A poll before the lease runs out looks by itself; one after that may be put off with the try. */
function lookBy(poll: number, until: number): number {
  return poll < until - EPSILON ? poll : until + HERD_DELAY;
}
