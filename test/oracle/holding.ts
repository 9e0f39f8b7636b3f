import type { ReferenceState, Flight, OwnWrite, Plan, Term } from './reference-state.js';
import { EPSILON, retryAfterFailure, sameRecord } from './rules.js';
import { check, type Answer, type Entry, type Reading, type StoredRecord } from './trace.js';
import { isUnknown } from './following.js';
import { lose } from './losing.js';
import { observe, observeAbsence } from './observing.js';

type Request = Extract<Entry, { type: 'request' }>;

/** A committed write makes a leader, from the moment at which it was sent. */
export function beginTerm(state: ReferenceState, write: OwnWrite, reading: Reading): void {
  const term: Term = {
    number: state.terms.length + 1,
    wonBy: write.id,
    acquireTimes: [write.record.acquireTime, cut(write.record.acquireTime)],
    transitions: write.record.leaderTransitions,
    tokens: reading.versions,
    wonAt: write.sentAt,
    validFrom: write.sentAt,
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
    overruns: 0,
    mayBeSupersededAt: -Infinity,
  };
  state.phase = 'holding';
  state.claimable = null;
  state.failures = 0;
  state.released = false;
  state.term = term;
  state.terms.push(term);
  state.oweAtOnce('the work to start');
  state.oweAtOnce('the event startedLeading');
  expectRenewal(state);
}

/** What an admission plugin may leave of a time. */
function cut(time: string): string {
  return time.replace(/\.\d+Z$/, '.000000Z');
}

/** A retry period after the success: counted from its sending or from its answer. */
function expectRenewal(state: ReferenceState): void {
  const { current, settings, time } = state;
  next(state, {
    from: current.validFrom.monotonicMs + settings.retryPeriod,
    to: time + settings.retryPeriod,
    get: false,
    update: current.version,
    create: false,
  });
}

/** Nothing needs to be sent that could not be sent before the deadline. */
function next(state: ReferenceState, plan: Plan & { readonly to: number }): void {
  state.expect({ ...plan, to: plan.to < state.deadline - EPSILON ? plan.to : null });
}

/** What a record must say that renews: the same term, with a new time of renewal. */
export function checkRenewal(state: ReferenceState, request: Request, record: StoredRecord): void {
  const { settings, current } = state;
  check(!state.lapsed, `${request.verb} is sent to renew a lease past its deadline`);
  check(record.holderIdentity === settings.identity, 'renews for another identity');
  check(record.leaseDurationSeconds * 1000 === settings.lease, 'writes another lease duration');
  check(current.acquireTimes.includes(record.acquireTime), 'renews with another acquireTime');
  const kept = record.leaderTransitions === current.transitions;
  check(kept, `renews with ${record.leaderTransitions} transitions, not ${current.transitions}`);
}

export function holderAnswer(state: ReferenceState, flight: Flight, answer: Answer): void {
  if (answer.ok && flight.verb === 'get') return readByHolder(state, answer);
  if (answer.ok) {
    observe(state, answer);
    return renewed(state, flight.id, answer);
  }
  state.failures += 1;
  if (answer.kind === 'notFound') {
    observeAbsence(state, flight.verb === 'get');
    state.current.version = null;
    return retrySoon(state, { get: true, update: null, create: true, from: state.time });
  }
  const anew = { get: true, update: state.current.version, create: state.current.version === null };
  if (flight.verb !== 'get' && answer.kind === 'conflict') {
    return retrySoon(state, { get: true, update: null, create: false, from: state.time });
  }
  const mayReadBack = flight.verb !== 'get' && isUnknown(answer.kind);
  const { from, to } = retryAfterFailure(state.time, state.failures, state.settings);
  const asked = state.time + (answer.retryAfter ?? 0);
  // Patience that the server asks for counts inside the deadline, never past it.
  if (answer.retryAfter !== null && asked < state.deadline) {
    return next(state, {
      ...anew,
      from: Math.max(asked, mayReadBack ? 0 : from),
      to: asked + to - state.time,
    });
  }
  if (answer.retryAfter !== null) state.expect({ ...anew, from: state.time, to: null });
  else retrySoon(state, { ...anew, from: mayReadBack ? state.time : from });
}

function retrySoon(state: ReferenceState, plan: Omit<Plan, 'to'>): void {
  const { to } = retryAfterFailure(state.time, state.failures, state.settings);
  next(state, { ...plan, to });
}

/** A read of the leader's tells whose the lock is. It never makes the lease last longer. */
function readByHolder(state: ReferenceState, reading: Reading): void {
  observe(state, reading);
  const { current } = state;
  const { author, record } = reading;
  const write = author === null ? undefined : state.writes.get(author);
  if (write === undefined) {
    // No record at all is nobody's: the rules name neither a holder that goes on nor one that ends.
    const nobodys = record === null && reading.unreadable === null;
    if (!nobodys) return lose(state, 'superseded');
    current.mayBeSupersededAt = state.time;
    return putAgain(state, reading);
  }
  // Cut, and never answered: it is ours, and too little to prolong the term.
  if (!state.knows(reading)) return putAgain(state, reading);
  if (write.sentAt.monotonicMs > current.validFrom.monotonicMs) {
    return renewed(state, write.id, reading);
  }
  // An old creation of ours may be stored late, after the object was deleted.
  if (write.id !== current.lastWrite) current.mayBeSupersededAt = state.time;
  putAgain(state, reading);
}

/** It is still our own record, under another version. */
function putAgain(state: ReferenceState, reading: Reading): void {
  state.current.version = reading.version;
  state.current.lastVersion = reading.version;
  state.current.reading = reading;
  retrySoon(state, { get: true, update: reading.version, create: false, from: state.time });
}

/** A write of this term is known to be stored: it counts from when that write was sent. */
function renewed(state: ReferenceState, id: number, reading: Reading): void {
  const write = state.writes.get(id);
  check(write !== undefined, 'the renewal belongs to no write');
  const { current } = state;
  current.lastWrite = id;
  current.version = reading.version;
  current.lastVersion = reading.version;
  // Who waits for the lease cannot see a write that has left the record as it was.
  if (!sameRecord(current.reading, reading)) current.validFrom = write.sentAt;
  current.reading = reading;
  state.failures = 0;
  state.oweAtOnce('the event renewed');
  expectRenewal(state);
}

/** Somebody says that the lock may have changed: the leader may look, or renew early. */
export function wakeHolder(state: ReferenceState): void {
  if (state.flight !== null || state.plan === null) return;
  state.expect({ ...state.plan, from: state.time, get: true });
}
