import type { Book, Flight, OwnWrite, Plan, Term } from './book.js';
import { isTolerated } from './deviations.js';
import { EPSILON, retryAfterFailure, sameRecord } from './rules.js';
import { check, type Answer, type Entry, type Reading, type StoredRecord } from './trace.js';
import { isUnknown } from './following.js';
import { lose } from './losing.js';
import { observe, observeAbsence } from './observing.js';

type Request = Extract<Entry, { type: 'request' }>;

/** A committed write makes a leader, from the moment at which it was sent. */
export function beginTerm(book: Book, write: OwnWrite, reading: Reading): void {
  const term: Term = {
    number: book.terms.length + 1,
    wonBy: write.id,
    acquireTimes: [write.record.acquireTime, cut(write.record.acquireTime)],
    transitions: write.record.leaderTransitions,
    tokens: reading.versions,
    wonAt: write.sentAt,
    validFrom: write.sentAt,
    validBefore: write.sentAt,
    lastVersion: reading.version,
    reading,
    lastWrite: write.id,
    version: reading.version,
    reasons: [],
    endedAt: Infinity,
    signalAborted: false,
    stopCalls: 0,
    stopSettled: false,
    ranOut: false,
    work: 'unstarted',
    workError: undefined,
    finishedUnawares: false,
    overruns: 0,
    mayHaveLapsedAt: -Infinity,
    undecided: false,
    mayBeSupersededAt: -Infinity,
  };
  book.phase = 'holding';
  book.claimable = null;
  book.failures = 0;
  book.released = false;
  book.term = term;
  book.terms.push(term);
  book.oweAtOnce('the work to start');
  book.oweAtOnce('the event startedLeading');
  expectRenewal(book);
}

/** What an admission plugin may leave of a time. */
function cut(time: string): string {
  return time.replace(/\.\d+Z$/, '.000000Z');
}

/** A retry period after the success: counted from its sending or from its answer. */
function expectRenewal(book: Book): void {
  const { current, settings, time } = book;
  next(book, {
    from: current.validFrom.monotonicMs + settings.retryPeriod,
    to: time + settings.retryPeriod,
    get: false,
    update: current.version,
    create: false,
  });
}

/** Nothing needs to be sent that could not be sent before the deadline. */
function next(book: Book, plan: Plan & { readonly to: number }): void {
  book.expect({ ...plan, to: plan.to < book.deadline - EPSILON ? plan.to : null });
}

/** What a record must say that renews: the same term, with a new time of renewal. */
export function checkRenewal(book: Book, request: Request, record: StoredRecord): void {
  const { settings, current } = book;
  check(!book.surelyLapsed, `${request.verb} is sent to renew a lease past its deadline`);
  check(record.holderIdentity === settings.identity, 'renews for another identity');
  check(record.leaseDurationSeconds * 1000 === settings.lease, 'writes another lease duration');
  check(current.acquireTimes.includes(record.acquireTime), 'renews with another acquireTime');
  const kept = record.leaderTransitions === current.transitions;
  check(kept, `renews with ${record.leaderTransitions} transitions, not ${current.transitions}`);
}

export function holderAnswer(book: Book, flight: Flight, answer: Answer): void {
  if (answer.ok && flight.verb === 'get') return readByHolder(book, answer);
  if (answer.ok) {
    observe(book, answer);
    return renewed(book, flight.id, answer);
  }
  book.failures += 1;
  if (answer.kind === 'notFound') {
    observeAbsence(book, flight.verb === 'get');
    book.current.version = null;
    return retrySoon(book, { get: true, update: null, create: true, from: book.time });
  }
  const anew = { get: true, update: book.current.version, create: book.current.version === null };
  if (flight.verb !== 'get' && answer.kind === 'conflict') {
    return retrySoon(book, { get: true, update: null, create: false, from: book.time });
  }
  const mayReadBack = flight.verb !== 'get' && isUnknown(answer.kind);
  const { from, to } = retryAfterFailure(book.time, book.failures, book.settings);
  const asked = book.time + (answer.retryAfter ?? 0);
  // Patience that the server asks for counts inside the deadline, never past it.
  if (answer.retryAfter !== null && asked < book.deadline) {
    return next(book, {
      ...anew,
      from: Math.max(asked, mayReadBack ? 0 : from),
      to: asked + to - book.time,
    });
  }
  if (answer.retryAfter !== null) book.expect({ ...anew, from: book.time, to: null });
  else retrySoon(book, { ...anew, from: mayReadBack ? book.time : from });
}

function retrySoon(book: Book, plan: Omit<Plan, 'to'>): void {
  const { to } = retryAfterFailure(book.time, book.failures, book.settings);
  next(book, { ...plan, to });
}

/** When the next try is due at the latest, once the term has begun to drain. */
export function dueAnew(book: Book, { to }: Plan): number | null {
  if (to === null || !isTolerated('pauseAnew')) return to;
  const { time, failures, patience, settings, deadline } = book;
  const later = Math.max(to, retryAfterFailure(time, failures, settings).to + patience);
  return later < deadline - EPSILON ? later : null;
}

/** A read of the leader's tells whose the lock is. It never makes the lease last longer. */
function readByHolder(book: Book, reading: Reading): void {
  const { leader, seen } = book;
  observe(book, reading);
  const { current } = book;
  const { author, record } = reading;
  // What is read after the deadline need not be acted on.
  if (book.lapsed) {
    book.settle(`onNewLeader(${record?.holderIdentity ?? ''})`);
    book.settle('the event recordUnreadable');
    book.leader = leader;
    book.seen = seen;
    book.leaderGone = true;
  }
  const write = author === null ? undefined : book.writes.get(author);
  if (write === undefined) {
    // No record at all is nobody's: the rules name neither a holder that goes on nor one that ends.
    const nobodys = record === null && reading.unreadable === null;
    if (!nobodys) return lose(book, 'superseded');
    current.mayBeSupersededAt = book.time;
    return putAgain(book, reading);
  }
  // Cut, and never answered: it is ours, and too little to prolong the term.
  if (!book.knows(reading)) return putAgain(book, reading);
  if (write.sentAt.monotonicMs > current.validFrom.monotonicMs) {
    return renewed(book, write.id, reading);
  }
  // An old creation of ours may be stored late, after the object was deleted.
  if (write.id !== current.lastWrite) current.mayBeSupersededAt = book.time;
  putAgain(book, reading);
}

/** It is still our own record, under another version. */
function putAgain(book: Book, reading: Reading): void {
  book.current.version = reading.version;
  book.current.lastVersion = reading.version;
  book.current.reading = reading;
  retrySoon(book, { get: true, update: reading.version, create: false, from: book.time });
}

/** A write of this term is known to be stored: it counts from when that write was sent. */
function renewed(book: Book, id: number, reading: Reading): void {
  const write = book.writes.get(id);
  check(write !== undefined, 'the renewal belongs to no write');
  const { current } = book;
  current.undecided = book.lapsed;
  if (book.lapsed) current.mayHaveLapsedAt = book.time;
  current.lastWrite = id;
  current.version = reading.version;
  current.lastVersion = reading.version;
  current.validBefore = current.validFrom;
  // Who waits for the lease cannot see a write that has left the record as it was.
  if (!sameRecord(current.reading, reading)) current.validFrom = write.sentAt;
  current.reading = reading;
  book.failures = 0;
  if (current.mayHaveLapsedAt < book.time) book.oweAtOnce('the event renewed');
  else book.settle('the event renewed');
  expectRenewal(book);
}

/** Somebody says that the lock may have changed: the leader may look, or renew early. */
export function wakeHolder(book: Book): void {
  if (book.flight !== null || book.plan === null) return;
  book.expect({ ...book.plan, from: book.time, get: true });
}
