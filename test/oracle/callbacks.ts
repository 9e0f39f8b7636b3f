import type { Outcome } from '../../src/config/leader-election-config.js';
import type { Book } from './book.js';
import { beginTerm } from './holding.js';
import { checkOutcome, drain, releaseWhenThrough } from './letting-go.js';
import { lapse, lose, overrunOf, rejoinWhenThrough } from './losing.js';
import { EPSILON, heldFor } from './rules.js';
import { check, type Entry, type News, type Question } from './trace.js';

type Of<T extends Entry['type']> = Extract<Entry, { type: T }>;

/** onStartedLeading is called: once a term, after the write that won it. */
export function workStarted(book: Book, entry: Of<'workStarted'>): void {
  const { claimable, settings } = book;
  if (book.phase === 'following' && claimable !== null) {
    beginTerm(book, claimable.write, claimable.reading);
  }
  check(book.isOwed('the work to start'), `starts the work while ${book.phase}`);
  check(book.phase === 'holding', `starts the work while ${book.phase}`);
  book.settle('the work to start');
  book.tell('startedLeading', 1);
  const { current } = book;
  current.work = 'running';
  const { wallMs } = current.wonAt;
  check(current.tokens.includes(String(entry.token)), `the fencing token is ${entry.token}`);
  check(entry.acquiredAt === wallMs, `acquiredAt is ${entry.acquiredAt}, not ${wallMs}`);
  checkLeadingUntil(book, entry.leadingUntil);
  const before = book.terms.at(-2)?.tokens[0];
  check(before === undefined || entry.token > BigInt(before), 'the fencing token does not grow');
  check(heldFor(current.wonAt, book.now) < settings.renewDeadline, 'the term is over already');
}

function checkLeadingUntil(book: Book, leadingUntil: number): void {
  // A Date has whole milliseconds only.
  const due = Math.trunc(book.current.validFrom.wallMs + book.settings.renewDeadline);
  check(leadingUntil === due, `leadingUntil is ${leadingUntil}, not ${due}`);
}

export function workEnded(book: Book, { term: number, error }: Of<'workEnded'>): void {
  const term = book.terms[number - 1];
  check(term !== undefined, 'the work of no term has ended');
  book.settle(overrunOf(number));
  term.work = error === undefined ? 'finished' : 'failed';
  term.workError = error;
  if (term !== book.term) return;
  if (book.phase === 'holding') {
    term.finishedUnawares = book.lapsed;
    if (error !== undefined) drain(book, 'failed');
    else if (book.settings.releaseWhenDone) drain(book, 'finished');
  } else if (book.phase === 'draining') {
    if (error !== undefined) term.reasons = [...term.reasons, 'failed'];
    releaseWhenThrough(book);
  } else if (book.phase === 'lost') {
    rejoinWhenThrough(book);
  }
}

export function signalAborted(book: Book, number: number): void {
  const term = book.terms[number - 1];
  check(term !== undefined && !term.signalAborted, 'a signal is aborted twice');
  if (book.phase === 'holding' && term === book.term) {
    const superseded = term.mayBeSupersededAt === book.time;
    const lapsed = book.lapsed || isTimeOfChoice(book);
    check(lapsed || superseded, 'aborts term.signal before the deadline');
    forgetLateRenewal(book);
    if (lapsed) lapse(book);
    else lose(book, 'superseded');
  }
  term.signalAborted = true;
  book.settle('the abort of term.signal');
}

/** The answer to a renewal may be heard before or after the deadline that passed meanwhile. */
function isTimeOfChoice(book: Book): boolean {
  return book.current.mayHaveLapsedAt === book.time;
}

/** It has heard of the deadline before it heard of the renewal. */
export function forgetLateRenewal(book: Book): void {
  if (isTimeOfChoice(book)) book.current.validFrom = book.current.validBefore;
  book.current.undecided = false;
}

export function stopCalled(book: Book, { reason, isLeader }: Of<'onStoppedLeading'>): void {
  const { current } = book;
  if (book.lapsed || !isLeader) perhapsLost(book);
  check(book.isOwed('onStoppedLeading'), 'calls onStoppedLeading though nothing ended');
  check(current.stopCalls === 0, 'calls onStoppedLeading twice');
  current.stopCalls += 1;
  book.settle('onStoppedLeading');
  book.tell('stoppedLeading', 1);
  const { reasons } = current;
  const told = reasons.includes(reason) && reason !== 'drainTimeout';
  check(told, `onStoppedLeading(${reason}), not ${reasons.join()}`);
  check(current.signalAborted, 'calls onStoppedLeading before it aborts term.signal');
  const leads = book.phase === 'draining' && !book.lapsed;
  check(isLeader === leads, `isLeader() is ${isLeader} inside onStoppedLeading`);
}

/** What ends a term that drains shows in what follows from it alone. */
function perhapsLost(book: Book): void {
  if (book.phase !== 'draining') return;
  forgetLateRenewal(book);
  if (book.lapsed) lose(book, 'deadline');
  else if (book.current.mayBeSupersededAt === book.time) lose(book, 'superseded');
}

export function stopSettled(book: Book, number: number): void {
  const term = book.terms[number - 1];
  if (term !== undefined) term.stopSettled = true;
  if (term !== book.term) return;
  if (book.phase === 'draining') releaseWhenThrough(book);
  if (book.phase === 'lost') rejoinWhenThrough(book);
}

export function overran(book: Book, number: number): void {
  perhapsLost(book);
  check(
    book.isOwed(overrunOf(number)),
    `calls onOverrun of term ${number}, whose work does not overrun`,
  );
  const term = book.terms[number - 1];
  check(term !== undefined, 'calls onOverrun of no term');
  const early = heldFor(term.validFrom, book.now) < book.settings.lease - EPSILON;
  check(!early, 'calls onOverrun before the lease has run out');
  book.settle(overrunOf(number));
  term.overruns += 1;
  book.tell('overrun', 1);
}

export function over(book: Book, outcome: Outcome): void {
  check(book.outcome === null, 'there are two outcomes');
  perhapsLost(book);
  check(!book.isOwed('onStoppedLeading'), 'the outcome comes before onStoppedLeading');
  checkOutcome(book, outcome);
  book.outcome = outcome;
  book.phase = 'over';
  book.expect(null);
  book.settle('the outcome');
  book.tell('ended', 1);
}

/** The events tell what the callbacks tell, and as often. */
export function news(book: Book, item: News): void {
  switch (item.type) {
    case 'renewed':
      check(
        book.isOwed('the event renewed') || isTimeOfChoice(book),
        'tells of a renewal that was none',
      );
      book.settle('the event renewed');
      book.current.undecided = false;
      return checkLeadingUntil(book, item.leadingUntil);
    case 'renewFailed': {
      const left = book.settings.renewDeadline - heldFor(book.current.validFrom, book.now);
      const told = Math.abs(item.remaining - Math.max(0, left)) < EPSILON;
      return check(told, `renewFailed tells of ${item.remaining} ms left, not ${left}`);
    }
    case 'startedLeading':
      book.settle('the event startedLeading');
      return book.tell(item.type, -1);
    case 'recordUnreadable':
      return book.settle('the event recordUnreadable');
    case 'newLeader':
      return book.tell(`newLeader ${item.identity}`, -1);
    default:
      return book.tell(item.type, -1);
  }
}

/** Every question asks the clock. Who hears that it is over has ended it. */
export function asked(book: Book, question: Question, yes: boolean): void {
  const { phase, term } = book;
  if (phase === 'draining' && question !== 'isLeader') {
    return check(yes === (question === 'aborted'), `${question} says ${yes} while draining`);
  }
  const holds = phase === 'holding' || phase === 'draining';
  if (holds && term !== null) {
    const certain = book.lapsed === book.surelyLapsed;
    const leads = certain ? !book.lapsed : yes === (question !== 'aborted');
    check((question === 'aborted') !== (yes === leads), `${question} says ${yes} while ${phase}`);
    if (!leads) lapse(book);
    return;
  }
  const mayHold = phase === 'releasing' && question === 'isLeader' && !book.releaseSent;
  if (mayHold && !book.surelyLapsed) return;
  check(yes === (question === 'aborted'), `${question} says ${yes} while ${phase}`);
}
