import type { EndReason, Outcome } from '../../src/config/leader-election-config.js';
import type { Book, Flight } from './book.js';
import { EPSILON, heldFor, pollAfter, retryAfterFailure } from './rules.js';
import { check, type Answer, type Entry, type Reading, type StoredRecord } from './trace.js';
import { isTolerated } from './deviations.js';
import { isUnknown } from './following.js';
import { dueAnew } from './holding.js';
import { endTerm, giveUpDraining, watchOverrun } from './losing.js';
import { observe, observeAbsence } from './observing.js';

type Request = Extract<Entry, { type: 'request' }>;

/**
 * The signal is aborted at once, and then the application is told; the lease is kept until the work
 * and onStoppedLeading have come to their ends.
 */
export function drain(book: Book, reason: EndReason): void {
  const { current } = book;
  book.phase = 'draining';
  current.reasons = [reason];
  endTerm(book);
  // Another state, another try: a pause for jitter's sake may end, one that was asked for goes on.
  const { plan, time } = book;
  if (plan !== null && book.failures > 0) {
    book.expect({
      ...plan,
      update: plan.update ?? current.lastVersion,
      create: plan.create || current.version === null,
      from: Math.max(time, book.patientUntil),
      to: dueAnew(book, plan),
    });
  }
  book.drainBy = book.time + book.settings.drainTimeout;
  book.oweAtOnce('onStoppedLeading');
}

/** The lock is given back once both the work and onStoppedLeading are through. */
export function releaseWhenThrough(book: Book): void {
  const { stopSettled, work } = book.current;
  if (stopSettled && work !== 'running') release(book);
}

function release(book: Book): void {
  const { retryPeriod } = book.settings;
  book.phase = 'releasing';
  book.mayGiveUp = false;
  const { current, now, settings } = book;
  const lastSent = [...book.writes.values()].at(-1)?.sentAt.monotonicMs ?? -Infinity;
  book.releaseUntil = lastSent + settings.lease;
  book.releaseFrom = now.monotonicMs + settings.lease - heldFor(current.validFrom, now);
  if (book.flight === null) askBeforeRelease(book, book.time, book.time + retryPeriod);
  else book.expect({ from: book.time, to: null, get: true, update: null, create: false });
  // A write on the condition of our own last one checks as well as a read does.
  if (book.plan !== null) book.expect({ ...book.plan, update: current.lastVersion });
}

function askBeforeRelease(book: Book, from: number, to: number): void {
  // By the clock that is further on the lease may run out earlier.
  const end = Math.min(book.leaseEnd, book.releaseFrom);
  const inTime = to < end - EPSILON ? to : null;
  book.expect({ from, to: inTime, get: true, update: null, create: false });
}

export function checkRelease(book: Book, request: Request, record: StoredRecord): void {
  check(request.verb === 'update', 'a release creates an object');
  const inTime = book.time < book.releaseEnd + EPSILON;
  check(inTime || isTolerated('releaseAfterLease'), 'releases a lease that has run out');
  check(record.holderIdentity === '', `releases by holder ${record.holderIdentity}`);
  check(record.leaseDurationSeconds === 1, 'a released record has a lease of one second');
  const before = book.seen?.reading.record?.leaderTransitions;
  check(record.leaderTransitions === before, 'a release changes the transitions');
}

export function releaseAnswer(book: Book, flight: Flight, answer: Answer): void {
  if (!answer.ok) return releaseFailed(book, flight, answer);
  observe(book, answer);
  if (flight.verb === 'get') return readBeforeRelease(book, answer);
  if (answer.record?.holderIdentity === '') return releaseDone(book, true);
  // A renewal that was under way when the work ended.
  renewedWhileReleasing(book, flight.id, answer.version);
  askBeforeRelease(book, book.time, book.time + book.settings.retryPeriod);
}

function renewedWhileReleasing(book: Book, id: number, version: string): void {
  const { current } = book;
  const write = book.writes.get(id);
  if (write === undefined) return;
  current.version = version;
  if (write.sentAt.monotonicMs > current.validFrom.monotonicMs) current.validFrom = write.sentAt;
}

function readBeforeRelease(book: Book, reading: Reading): void {
  const write = book.writes.get(reading.author ?? -1);
  const { time } = book;
  if (write?.record.holderIdentity === '') return releaseDone(book, true);
  if (write === undefined) return releaseDone(book, false);
  // An old creation of ours that was stored late may pass for somebody else's.
  book.mayGiveUp = write.id < book.current.lastWrite;
  renewedWhileReleasing(book, write.id, reading.version);
  const to = book.mayGiveUp ? null : time + book.settings.retryPeriod;
  book.expect({ from: time, to, get: true, update: reading.version, create: false });
}

/** A candidate that was stopped before it led may find its write stored, and take it back. */
export function withdrawn(book: Book, reading: Reading): void {
  observe(book, reading);
  const isOurs = reading.author !== null && reading.record?.holderIdentity === '';
  if (!isOurs || book.released) return;
  book.released = true;
  book.releasedOnce = true;
  book.tell('released', 1);
}

/** It is over, or goes on with a new term. */
export function releaseDone(book: Book, released: boolean, at = book.time): void {
  if (released) book.tell('released', 1);
  book.released = released;
  book.releasedOnce ||= released;
  book.expect(null);
  if (!book.mayGoOn) return book.oweAtOnce('the outcome', at);
  // Whether failed work counts as a loss, after which one rejoins, the rules leave open.
  book.phase = 'lost';
  book.mayEnd = true;
  book.settle('the outcome');
  const { to } = pollAfter(at, book.settings);
  book.expect({ from: at, to, get: true, update: null, create: false });
}

function releaseFailed(
  book: Book,
  flight: Flight,
  { kind, retryAfter }: Extract<Answer, { ok: false }>,
): void {
  const releasing = flight.phase === 'releasing';
  if (kind === 'notFound') {
    observeAbsence(book, flight.verb === 'get');
    if (releasing && flight.verb === 'get') return releaseDone(book, false);
    // Whether to look once more, or to leave it at that, the rules leave open.
    if (releasing) {
      book.mayGiveUp = true;
      return book.expect({ from: book.time, to: null, get: true, update: null, create: false });
    }
  }
  book.failures += 1;
  const retry = retryAfterFailure(book.time, book.failures, book.settings);
  const atOnce = !releasing || kind === 'conflict' || (flight.verb !== 'get' && isUnknown(kind));
  const asked = retryAfter ?? 0;
  const from = atOnce ? book.time : retry.from;
  const patient = Math.min(book.time + asked, book.releaseFrom);
  askBeforeRelease(book, Math.max(from, patient), retry.to + asked);
}

/** What run() and stop() resolve with. */
export function checkOutcome(book: Book, outcome: Outcome): void {
  const { term, phase, settings } = book;
  check(outcome.led === book.terms.length > 0, `the outcome says led: ${outcome.led}`);
  const reasons = reasonsOf(book);
  check(reasons.includes(outcome.reason), `the reason is ${outcome.reason}, not ${reasons.join()}`);
  const running = term?.work === 'running';
  check(
    outcome.workFinished === !running,
    `the outcome says workFinished: ${outcome.workFinished}`,
  );
  // After terms of which one was released, the rules do not say which one the outcome means.
  const told = outcome.released === book.released || (outcome.released && book.releasedOnce);
  check(told, `the outcome says released: ${outcome.released}`);
  const { workError } = term ?? book.lastReleased ?? {};
  if (outcome.reason === 'failed') check(outcome.error === workError, 'the error is another');
  const tooEarly = phase === 'releasing' && !book.mayGiveUp && !book.isOwedAtOnce('the outcome');
  const ranOut =
    book.time > book.releaseFrom - EPSILON ||
    (term !== null && heldFor(term.validFrom, book.now) > settings.lease - EPSILON);
  check(!tooEarly || ranOut, 'the release is given up too early');
  if (term !== null && phase !== 'releasing') watchOverrun(book);
}

function reasonsOf(book: Book): readonly EndReason[] {
  const { phase, term } = book;
  if (phase === 'withdrawing' || term === null) {
    return ['stopped', ...(book.lastReleased?.reasons ?? [])];
  }
  if (phase === 'draining') {
    if (book.isOwed('onStoppedLeading')) return [];
    check(book.time > book.drainBy - EPSILON, 'draining is given up too early');
    giveUpDraining(book);
    return term.reasons;
  }
  check(phase !== 'lost' || book.mayEnd, 'ends though it is to rejoin');
  check(phase === 'lost' || phase === 'releasing', `an outcome while ${phase}`);
  return book.stopRequested ? [...term.reasons, 'stopped'] : term.reasons;
}
