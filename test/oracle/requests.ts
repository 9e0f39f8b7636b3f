import type { Book, Flight } from './book.js';
import { isTolerated } from './deviations.js';
import { aged, checkTaking, follow, followerAnswer, isUnknown } from './following.js';
import { checkRenewal, dueAnew, holderAnswer } from './holding.js';
import { checkRelease, releaseAnswer, releaseDone, withdrawn } from './letting-go.js';
import { checkThrough } from './losing.js';
import { EPSILON, heldFor, isTime } from './rules.js';
import { check, type Answer, type Entry, type StoredRecord } from './trace.js';

type Request = Extract<Entry, { type: 'request' }>;

/** A request was sent: was it allowed, now and like this? */
export function requested(book: Book, request: Request): void {
  const { flight, settings, time } = book;
  check(flight === null, `sends ${request.verb} beside request ${flight?.id ?? ''}`);
  // A release that is out of time may be left for the next term.
  const outOfTime =
    book.phase === 'releasing' && (book.mayGiveUp || time > book.releaseFrom - EPSILON);
  // At the very end of the lease, before timers have run, it is the release that asks.
  const given =
    book.mayGiveUp ||
    time > Math.max(book.releaseFrom, book.thawedAt) + EPSILON ||
    // So long after it, who rejoins may have paused already, while it stood still.
    time > book.releaseFrom + settings.retryPeriod / 2 - EPSILON;
  if (outOfTime && given && request.verb === 'get' && book.mayGoOn) {
    book.lastReleased = book.term;
    releaseDone(book, false);
  }
  const hasToStop = book.phase === 'lost' && book.isOwed('onStoppedLeading');
  if (hasToStop) {
    const tolerated = request.verb === 'get' && isTolerated('retryBeforeStop');
    check(tolerated, 'asks the network before it says that it has stopped');
  } else if (book.phase === 'lost') {
    check(book.plan !== null, `sends ${request.verb} after the loss`);
    checkThrough(book);
    const { plan } = book;
    follow(book);
    book.expect(plan);
  }
  if (!hasToStop) checkPlan(book, request);
  if (request.record !== null) checkRecord(book, request, request.record);
  book.claimable = null;
  if (!hasToStop) book.expect(null);
  const bound = time + Math.min(settings.renewDeadline / 2, timeLeft(book));
  if (book.term !== null) book.current.mayBeSupersededAt = -Infinity;
  const { id, verb, record } = request;
  book.flight = { id, verb, record, sentAt: request.now, bound, phase: book.phase, outOfTime };
  book.owe(abortOf(id), bound);
  if (record === null) return;
  book.unknownWrites.add(id);
  const taking = book.phase === 'following';
  book.writes.set(id, { id, verb, record, sentAt: request.now, taking, outdated: false });
}

function checkPlan(book: Book, { verb, base }: Request): void {
  const { phase, plan, time } = book;
  check(phase !== 'idle' && phase !== 'over', `sends ${verb} while ${phase}`);
  if (phase === 'holding' || phase === 'draining') {
    const tolerated = verb === 'get' && isTolerated('retryBeforeStop');
    const beforeStop = `sends ${verb} past the renew deadline, before the stop`;
    check(!book.surelyLapsed || tolerated, beforeStop);
  }
  if (phase === 'withdrawing') return check(verb !== 'create', 'creates after stop()');
  check(plan !== null, `sends ${verb} while nothing is to be sent`);
  // A wall clock that was set forward may bring a renewal forward.
  const renewal = book.failures === 0 && book.term !== null && verb === 'update';
  const dueByWall =
    renewal && heldFor(book.current.validFrom, book.now) >= book.settings.retryPeriod;
  check(dueByWall || time >= plan.from - EPSILON, `sends ${verb} ${plan.from - time} ms too early`);
  const { get, create, update, age } = plan;
  const allowed = { get, create, update: update !== null, age: age !== undefined }[verb];
  check(allowed, `sends ${verb}, which is not its turn`);
  if (verb === 'age') return check(base === age, `asks for the age of ${base ?? 'nothing'}`);
  const conditional = verb !== 'update' || base === plan.update;
  check(conditional, `updates version ${base ?? 'none'}, not ${plan.update ?? 'none'}`);
}

/** What looked like the first try for a new term may have been the last one of a release. */
function resolveTry(book: Book, record: StoredRecord): void {
  if (book.lastReleased !== null && record.holderIdentity === '') {
    book.phase = 'releasing';
    book.term = book.lastReleased;
  }
  book.lastReleased = null;
}

function checkRecord(book: Book, request: Request, record: StoredRecord): void {
  if (book.phase === 'following') resolveTry(book, record);
  const { phase } = book;
  if (phase === 'withdrawing') return check(record.holderIdentity === '', 'takes after stop()');
  if (phase === 'releasing') {
    checkRelease(book, request, record);
    book.releaseSent = true;
    return;
  }
  const { renewTime, acquireTime } = record;
  check(isTime(renewTime, request.now.wallMs), `dates the write ${renewTime}`);
  if (phase === 'holding' || phase === 'draining') return checkRenewal(book, request, record);
  check(isTime(acquireTime, request.now.wallMs), `dates the term ${acquireTime}`);
  checkTaking(book, request, record);
}

/** How long an answer is of use. */
function timeLeft(book: Book): number {
  const { phase } = book;
  // A wall clock that was set forward may shorten it, or may be left to the next question.
  if (phase === 'holding' || phase === 'draining') return book.deadline - book.time;
  return phase === 'releasing' ? book.releaseEnd - book.time : Infinity;
}

function abortOf(id: number): string {
  return `the abort of request ${id}`;
}

export function answered(book: Book, id: number, given: Answer): void {
  const { flight } = book;
  const answer = heeded(given, book);
  check(flight?.id === id, `the harness answers request ${id}, which does not wait`);
  book.settle(abortOf(id));
  book.flight = null;
  if (!answer.ok) {
    book.patience = answer.retryAfter ?? 0;
    if (book.patience > 0) book.patientUntil = book.time + book.patience;
  }
  if (answer.ok) book.knownWrites.add(id);
  // A proxy may have repeated a write that was stored, which meets a conflict then.
  if (answer.ok || !(isUnknown(answer.kind) || answer.kind === 'conflict'))
    book.unknownWrites.delete(id);
  act(book, flight, answer);
}

/** The question for the age was answered, or refused. */
export function toldAge(book: Book, id: number, age: number | null): void {
  const { flight } = book;
  check(flight?.id === id, `the harness answers request ${id}, which does not wait`);
  book.settle(abortOf(id));
  book.flight = null;
  if (book.phase === 'following') aged(book, age);
}

/** A server that asks for more patience than a lease lasts is not heeded for longer than that. */
function heeded(answer: Answer, { settings: { lease } }: Book): Answer {
  if (answer.ok || answer.retryAfter === null) return answer;
  return { ...answer, retryAfter: Math.min(answer.retryAfter, lease) };
}

/** The candidate gave a request up: at its bound, or because it went on to something else. */
export function abandoned(book: Book, id: number): void {
  const { flight, phase, time } = book;
  if (flight?.id !== id) return;
  book.settle(abortOf(id));
  book.flight = null;
  const leaseOver = time > book.releaseFrom - EPSILON;
  const ended =
    (book.term !== null && (book.mayBeLapsed || leaseOver)) ||
    (book.lastReleased !== null && leaseOver);
  const elsewhere = phase !== flight.phase || ended || flight.outOfTime;
  const atBound = time > flight.bound - EPSILON;
  const gaveUp = phase === 'withdrawing' || (phase === 'draining' && time > book.drainBy - EPSILON);
  check(atBound || elsewhere || gaveUp, `aborts request ${id} ${flight.bound - time} ms too early`);
  act(book, flight, { ok: false, kind: 'aborted', retryAfter: null });
  // What was cut short by something else has not failed: no pause is due.
  if ((atBound && phase === flight.phase && !flight.outOfTime) || book.plan === null) return;
  const update = book.term?.lastVersion ?? book.plan.update;
  const to = phase === 'draining' ? dueAnew(book, book.plan) : book.plan.to;
  book.expect({ ...book.plan, from: time, to, get: true, update });
}

function act(book: Book, flight: Flight, answer: Answer): void {
  switch (book.phase) {
    case 'following':
      return followerAnswer(book, flight, answer);
    case 'holding':
    case 'draining':
      return holderAnswer(book, flight, answer);
    case 'releasing':
      return releaseAnswer(book, flight, answer);
    case 'withdrawing':
      if (answer.ok) withdrawn(book, answer);
      return;
    default:
  }
}
