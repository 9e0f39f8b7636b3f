import { Book } from './book.js';
import {
  asked,
  forgetLateRenewal,
  news,
  overran,
  over,
  signalAborted,
  stopCalled,
  stopSettled,
  workEnded,
  workStarted,
} from './callbacks.js';
import { follow, putOff, wakeFollower, withdraw } from './following.js';
import { wakeHolder } from './holding.js';
import { drain, releaseDone } from './letting-go.js';
import { giveUpDraining, lose, noteRunOut, rejoinWhenThrough } from './losing.js';
import { announced } from './observing.js';
import { abandoned, answered, requested, toldAge } from './requests.js';
import { EPSILON } from './rules.js';
import { check, type Entry, type Settings } from './trace.js';

/**
 * One candidate as the rules of the election describe it. It is shown everything that goes into
 * the candidate under test and comes out of it, in order and dated, and throws a `Disagreement` at
 * the first thing that the rules forbid, or that they demand and that has not come.
 */
export class ReferenceCandidate {
  readonly #book: Book;

  constructor(settings: Settings) {
    this.#book = new Book(settings);
  }

  take(entry: Entry): void {
    // What was due while the process stood still is due when it goes on, not before.
    if (entry.type === 'thaw') this.#book.thawedAt = entry.now.monotonicMs;
    this.#pass(entry, false, false);
    this.#dispatch(entry);
  }

  /** @param loopRan whether every timer that is due by now has fired */
  endOfCommand(now: Entry['now'], loopRan: boolean): void {
    this.#pass({ now }, loopRan, true);
    for (const [what, surplus] of this.#book.told) {
      check(surplus === 0, `${what}: ${surplus} more callbacks than events`);
    }
  }

  /** Moments at which something is to happen, to aim at: on the monotonic clock. */
  get marks(): number[] {
    const { term, plan, flight, liveUntil, dueTimes } = this.#book;
    const times = [...dueTimes, liveUntil, plan?.from ?? Infinity, flight?.bound ?? Infinity];
    if (term !== null) times.push(this.#book.deadline, this.#book.leaseEnd);
    return times.filter((time) => Number.isFinite(time) && time >= this.#book.time).sort(ascending);
  }

  get phase(): string {
    return this.#book.phase;
  }

  get termsLed(): number {
    return this.#book.terms.length;
  }

  /** Time passes, and with it the deadline. */
  #pass({ now }: Pick<Entry, 'now'>, loopRan: boolean, commandOver: boolean): void {
    const book = this.#book;
    const { phase } = book;
    book.now = now;
    book.wallLead = Math.max(book.wallLead, now.wallMs - now.monotonicMs);
    const { term } = book;
    if (term?.undecided === true && (commandOver || now.monotonicMs > term.mayHaveLapsedAt)) {
      // No renewal was told of, so the deadline came first, which nothing else need show.
      forgetLateRenewal(book);
      if (phase === 'draining') lose(book, 'deadline', term.mayHaveLapsedAt);
    }
    const isPast = (moment: number) => {
      const end = Math.max(moment, book.thawedAt);
      return now.monotonicMs > (loopRan ? end - EPSILON : end + EPSILON);
    };
    if ((phase === 'holding' || phase === 'draining') && isPast(book.deadline)) {
      lose(book, 'deadline', Math.max(book.deadline, book.thawedAt));
    }
    const requestBy = book.dueTime('a request') ?? Infinity;
    if (phase === 'draining' && book.phase === phase && book.lapsed && isPast(requestBy)) {
      // By the wall clock alone: at the next renewal at the latest, and nothing else need show it.
      lose(book, 'deadline', Math.max(requestBy, book.thawedAt));
    }
    if (phase === 'draining' && book.phase === phase && isPast(book.drainBy)) giveUpDraining(book);
    if (phase === 'releasing' && isPast(book.releaseEnd))
      releaseDone(book, false, Math.max(book.releaseEnd, book.thawedAt));
    if (book.phase === 'lost') noteRunOut(book);
    book.checkDues(loopRan, commandOver);
  }

  #dispatch(entry: Entry): void {
    const book = this.#book;
    switch (entry.type) {
      case 'run':
        return follow(book);
      case 'stop':
        return stop(book);
      case 'wake':
        return wake(book);
      case 'request':
        return requested(book, entry);
      case 'answer':
        return answered(book, entry.id, entry.answer);
      case 'aged':
        return toldAge(book, entry.id, entry.age);
      case 'aborted':
        return abandoned(book, entry.id);
      case 'workStarted':
        return workStarted(book, entry);
      case 'workEnded':
        return workEnded(book, entry);
      case 'signalAborted':
        return signalAborted(book, entry.term);
      case 'onStoppedLeading':
        return stopCalled(book, entry);
      case 'onStoppedLeadingEnded':
        return stopSettled(book, entry.term);
      case 'onNewLeader':
        check(announced(book, entry.identity), `not a new leader: ${entry.identity}`);
        return book.tell(`newLeader ${entry.identity}`, 1);
      case 'onOverrun':
        return overran(book, entry.term);
      case 'outcome':
        return over(book, entry.outcome);
      case 'news':
        return news(book, entry.news);
      case 'asked':
        return asked(book, entry.question, entry.yes);
      case 'thaw':
        if (book.phase === 'lost') rejoinWhenThrough(book);
        if (book.phase === 'following') putOff(book);
    }
  }
}

function stop(book: Book): void {
  if (book.stopRequested || book.phase === 'over') return;
  book.stopRequested = true;
  if (book.phase === 'following') withdraw(book);
  else if (book.phase === 'holding') drain(book, 'stopped');
  else if (book.phase === 'lost') {
    // Who has not been told yet why it ends may be told this.
    if (book.isOwed('onStoppedLeading'))
      book.current.reasons = [...book.current.reasons, 'stopped', 'drainTimeout'];
    book.mayEnd = true;
    book.expect(null);
    book.owe('the outcome', Math.max(book.leaseEnd, book.time));
  }
}

function wake(book: Book): void {
  if (book.phase === 'following') wakeFollower(book);
  if (book.phase === 'holding' || book.phase === 'draining') wakeHolder(book);
}

function ascending(a: number, b: number): number {
  return a - b;
}
