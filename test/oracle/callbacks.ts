import type { Outcome } from '../../src/config/leader-election-config.js';
import type { ReferenceState } from './reference-state.js';
import { beginTerm } from './holding.js';
import { checkOutcome, drain, releaseWhenThrough } from './letting-go.js';
import { lapse, lose, overrunOf, rejoinWhenThrough } from './losing.js';
import { EPSILON, heldFor } from './rules.js';
import { check, type Entry, type News, type Question } from './trace.js';

type Of<T extends Entry['type']> = Extract<Entry, { type: T }>;

/** onStartedLeading is called: once a term, after the write that won it. */
export function workStarted(state: ReferenceState, entry: Of<'workStarted'>): void {
  const { claimable, settings } = state;
  if (state.phase === 'following' && claimable !== null) {
    beginTerm(state, claimable.write, claimable.reading);
  }
  check(state.isOwed('the work to start'), `starts the work while ${state.phase}`);
  check(state.phase === 'holding', `starts the work while ${state.phase}`);
  state.settle('the work to start');
  state.tell('startedLeading', 1);
  const { current } = state;
  current.work = 'running';
  const { wallMs } = current.wonAt;
  check(current.tokens.includes(String(entry.token)), `the fencing token is ${entry.token}`);
  check(entry.acquiredAt === wallMs, `acquiredAt is ${entry.acquiredAt}, not ${wallMs}`);
  checkLeadingUntil(state, entry.leadingUntil);
  const before = state.terms.at(-2)?.tokens[0];
  check(before === undefined || entry.token > BigInt(before), 'the fencing token does not grow');
  check(heldFor(current.wonAt, state.now) < settings.renewDeadline, 'the term is over already');
}

function checkLeadingUntil(state: ReferenceState, leadingUntil: number): void {
  // A Date has whole milliseconds only.
  const due = Math.trunc(state.current.validFrom.wallMs + state.settings.renewDeadline);
  check(leadingUntil === due, `leadingUntil is ${leadingUntil}, not ${due}`);
}

export function workEnded(state: ReferenceState, { term: number, error }: Of<'workEnded'>): void {
  const term = state.terms[number - 1];
  check(term !== undefined, 'the work of no term has ended');
  state.settle(overrunOf(number));
  term.work = error === undefined ? 'finished' : 'failed';
  term.workError = error;
  if (term !== state.term) return;
  if (state.phase === 'holding') {
    if (error !== undefined) drain(state, 'failed');
    else if (state.settings.releaseWhenDone) drain(state, 'finished');
  } else if (state.phase === 'draining') {
    if (error !== undefined) term.reasons = [...term.reasons, 'failed'];
    releaseWhenThrough(state);
  } else if (state.phase === 'lost') {
    rejoinWhenThrough(state);
  }
}

export function signalAborted(state: ReferenceState, number: number): void {
  const term = state.terms[number - 1];
  check(term !== undefined && !term.signalAborted, 'a signal is aborted twice');
  if (state.phase === 'holding' && term === state.term) {
    const superseded = term.mayBeSupersededAt === state.time;
    check(state.lapsed || superseded, 'aborts term.signal before the deadline');
    if (state.lapsed) lapse(state);
    else lose(state, 'superseded');
  }
  term.signalAborted = true;
  state.settle('the abort of term.signal');
}

export function stopCalled(
  state: ReferenceState,
  { reason, isLeader }: Of<'onStoppedLeading'>,
): void {
  const { current } = state;
  if (state.lapsed || isLeader === false) perhapsLost(state);
  check(state.isOwed('onStoppedLeading'), 'calls onStoppedLeading though nothing ended');
  check(current.stopCalls === 0, 'calls onStoppedLeading twice');
  current.stopCalls += 1;
  state.settle('onStoppedLeading');
  state.tell('stoppedLeading', 1);
  const { reasons } = current;
  const told = reasons.includes(reason) && reason !== 'drainTimeout';
  check(told, `onStoppedLeading(${reason}), not ${reasons.join()}`);
  check(current.signalAborted, 'calls onStoppedLeading before it aborts term.signal');
  const leads = state.phase === 'draining' && !state.lapsed;
  check(
    isLeader === null || isLeader === leads,
    `isLeader() is ${isLeader} inside onStoppedLeading`,
  );
}

/** What ends a term that drains shows in what follows from it alone. */
function perhapsLost(state: ReferenceState): void {
  if (state.phase !== 'draining') return;
  if (state.lapsed) lose(state, 'deadline');
  else if (state.current.mayBeSupersededAt === state.time) lose(state, 'superseded');
}

export function stopSettled(state: ReferenceState, number: number): void {
  const term = state.terms[number - 1];
  if (term !== undefined) term.stopSettled = true;
  if (term !== state.term) return;
  if (state.phase === 'draining') releaseWhenThrough(state);
  if (state.phase === 'lost') rejoinWhenThrough(state);
}

export function overran(state: ReferenceState, number: number): void {
  perhapsLost(state);
  check(
    state.isOwed(overrunOf(number)),
    `calls onOverrun of term ${number}, whose work does not overrun`,
  );
  const term = state.terms[number - 1];
  check(term !== undefined, 'calls onOverrun of no term');
  const early = heldFor(term.validFrom, state.now) < state.settings.lease - EPSILON;
  check(!early, 'calls onOverrun before the lease has run out');
  state.settle(overrunOf(number));
  term.overruns += 1;
  state.tell('overrun', 1);
}

export function over(state: ReferenceState, outcome: Outcome): void {
  check(state.outcome === null, 'there are two outcomes');
  perhapsLost(state);
  check(!state.isOwed('onStoppedLeading'), 'the outcome comes before onStoppedLeading');
  checkOutcome(state, outcome);
  state.outcome = outcome;
  state.phase = 'over';
  state.expect(null);
  state.settle('the outcome');
  state.tell('ended', 1);
}

/** The events tell what the callbacks tell, and as often. */
export function news(state: ReferenceState, item: News): void {
  switch (item.type) {
    case 'renewed':
      check(state.isOwed('the event renewed'), 'tells of a renewal that was none');
      state.settle('the event renewed');
      return checkLeadingUntil(state, item.leadingUntil);
    case 'renewFailed': {
      const left = state.settings.renewDeadline - heldFor(state.current.validFrom, state.now);
      const told = Math.abs(item.remaining - Math.max(0, left)) < EPSILON;
      return check(told, `renewFailed tells of ${item.remaining} ms left, not ${left}`);
    }
    case 'startedLeading':
      state.settle('the event startedLeading');
      return state.tell(item.type, -1);
    case 'recordUnreadable':
      return state.settle('the event recordUnreadable');
    case 'newLeader':
      return state.tell(`newLeader ${item.identity}`, -1);
    default:
      return state.tell(item.type, -1);
  }
}

/** Every question asks the clock. Who hears that it is over has ended it. */
export function asked(state: ReferenceState, question: Question, yes: boolean): void {
  const { phase, term } = state;
  if (phase === 'draining' && question !== 'isLeader') {
    return check(yes === (question === 'aborted'), `${question} says ${yes} while draining`);
  }
  if (state.holds && term !== null) {
    const leads = !state.lapsed;
    check((question === 'aborted') !== (yes === leads), `${question} says ${yes} while ${phase}`);
    if (!leads) lapse(state);
    return;
  }
  check(yes === (question === 'aborted'), `${question} says ${yes} while ${phase}`);
}
