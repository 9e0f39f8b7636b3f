import { ReferenceState } from './reference-state.js';
import {
  asked,
  news,
  overran,
  over,
  signalAborted,
  stopCalled,
  stopSettled,
  workEnded,
  workStarted,
} from './callbacks.js';
import { follow, heardOfDeath, putOff, wakeFollower, withdraw } from './following.js';
import { wakeHolder } from './holding.js';
import { drain, releaseDone } from './letting-go.js';
import { giveUpDraining, lose, noteRunOut, noticeDeadline, rejoinWhenThrough } from './losing.js';
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
  readonly #state: ReferenceState;

  constructor(settings: Settings) {
    this.#state = new ReferenceState(settings);
  }

  take(entry: Entry): void {
    // What was due while the process stood still is due when it goes on, not before.
    if (entry.type === 'thaw') this.#state.thawedAt = entry.now.monotonicMs;
    this.#pass(entry, false, false);
    // Whoever hears of anything looks at the clock first.
    if (isHeard(entry, this.#state)) noticeDeadline(this.#state);
    this.#dispatch(entry);
  }

  /** @param loopRan whether every timer that is due by now has fired */
  endOfCommand(now: Entry['now'], loopRan: boolean): void {
    this.#pass({ now }, loopRan, true);
    for (const [what, surplus] of this.#state.told) {
      check(surplus === 0, `${what}: ${surplus} more callbacks than events`);
    }
  }

  /** Moments at which something is to happen, to aim at: on the monotonic clock. */
  get marks(): number[] {
    const { term, plan, flight, liveUntil, dueTimes } = this.#state;
    const times = [...dueTimes, liveUntil, plan?.from ?? Infinity, flight?.bound ?? Infinity];
    if (term !== null) times.push(this.#state.deadline, this.#state.leaseEnd);
    return times
      .filter((time) => Number.isFinite(time) && time >= this.#state.time)
      .sort(ascending);
  }

  /** Time passes, and with it the deadline. */
  #pass({ now }: Pick<Entry, 'now'>, loopRan: boolean, commandOver: boolean): void {
    const state = this.#state;
    const { phase } = state;
    state.now = now;
    state.wallLead = Math.max(state.wallLead, now.wallMs - now.monotonicMs);
    const isPast = (moment: number) => {
      const end = Math.max(moment, state.thawedAt);
      return now.monotonicMs > (loopRan ? end - EPSILON : end + EPSILON);
    };
    if (state.holds && isPast(state.deadline)) {
      lose(state, 'deadline', Math.max(state.deadline, state.thawedAt));
    }
    const requestBy = state.dueTime('a request') ?? Infinity;
    if (phase === 'draining' && state.phase === phase && state.lapsed && isPast(requestBy)) {
      // By the wall clock alone: at the next renewal at the latest, and nothing else need show it.
      lose(state, 'deadline', Math.max(requestBy, state.thawedAt));
    }
    if (phase === 'draining' && state.phase === phase && isPast(state.drainBy)) {
      // The wall clock alone may say so; the timer of the drain is what notices it.
      if (state.lapsed) lose(state, 'deadline', Math.max(state.drainBy, state.thawedAt));
      else giveUpDraining(state);
    }
    if (phase === 'releasing' && isPast(state.releaseEnd))
      releaseDone(state, false, Math.max(state.releaseEnd, state.thawedAt));
    if (state.phase === 'lost') noteRunOut(state);
    state.checkDues(loopRan, commandOver);
  }

  #dispatch(entry: Entry): void {
    const state = this.#state;
    switch (entry.type) {
      case 'run':
        return follow(state);
      case 'stop':
        return stop(state);
      case 'wake':
        return wake(state);
      case 'request':
        return requested(state, entry);
      case 'answer':
        return answered(state, entry.id, entry.answer);
      case 'aged':
        return toldAge(state, entry.id, entry.age);
      case 'aborted':
        return abandoned(state, entry.id);
      case 'died':
        // Who leads by a record of its own has no use for that.
        if (state.phase === 'following') heardOfDeath(state, entry.process);
        return;
      case 'workStarted':
        return workStarted(state, entry);
      case 'workEnded':
        return workEnded(state, entry);
      case 'signalAborted':
        return signalAborted(state, entry.term);
      case 'onStoppedLeading':
        return stopCalled(state, entry);
      case 'onStoppedLeadingEnded':
        return stopSettled(state, entry.term);
      case 'onNewLeader':
        check(announced(state, entry.identity), `not a new leader: ${entry.identity}`);
        return state.tell(`newLeader ${entry.identity}`, 1);
      case 'onOverrun':
        return overran(state, entry.term);
      case 'outcome':
        return over(state, entry.outcome);
      case 'news':
        return news(state, entry.news);
      case 'asked':
        return asked(state, entry.question, entry.yes);
      case 'thaw':
        if (state.phase === 'lost') rejoinWhenThrough(state);
        if (state.phase === 'following') putOff(state);
    }
  }
}

function stop(state: ReferenceState): void {
  if (state.stopRequested || state.phase === 'over') return;
  state.stopRequested = true;
  if (state.phase === 'following') withdraw(state);
  else if (state.phase === 'holding') drain(state, 'stopped');
  else if (state.phase === 'lost') {
    state.mayEnd = true;
    state.expect(null);
    state.owe('the outcome', Math.max(state.leaseEnd, state.time));
  }
}

function wake(state: ReferenceState): void {
  if (state.phase === 'following') wakeFollower(state);
  if (state.holds) wakeHolder(state);
}

/**
 * Whether the candidate hears of it, or shows by it that it has heard of something. How the work of
 * an earlier term ends is not told to the present one.
 */
function isHeard(entry: Entry, { terms, term }: ReferenceState): boolean {
  switch (entry.type) {
    case 'stop':
    case 'wake':
    case 'answer':
    case 'aborted':
    case 'died':
      return true;
    case 'workEnded':
    case 'onStoppedLeadingEnded':
      return terms[entry.term - 1] === term;
    default:
      return false;
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}
