import type { EndReason, Outcome } from '../../src/config/leader-election-config.js';
import type { ReferenceState, Flight } from './reference-state.js';
import { EPSILON, heldFor, pollAfter, retryAfterFailure } from './rules.js';
import { check, type Answer, type Entry, type Reading, type StoredRecord } from './trace.js';
import { isTolerated } from './deviations.js';
import { isUnknown } from './following.js';
import { endTerm, giveUpDraining, watchOverrun } from './losing.js';
import { observe, observeAbsence } from './observing.js';

type Request = Extract<Entry, { type: 'request' }>;

/**
 * The signal is aborted at once, and then the application is told; the lease is kept until the work
 * and onStoppedLeading have come to their ends.
 */
export function drain(state: ReferenceState, reason: EndReason): void {
  const { current } = state;
  state.phase = 'draining';
  current.reasons = [reason];
  endTerm(state);
  state.drainBy = state.time + state.settings.drainTimeout;
  state.oweAtOnce('onStoppedLeading');
}

/**
 * The lock is given back once both the work and onStoppedLeading are through. What becomes of a
 * renewal that is under way is waited for before that.
 */
export function releaseWhenThrough(state: ReferenceState): void {
  if (!state.isThrough) return;
  if (state.flight?.record == null) release(state);
  else state.drainBy = Infinity;
}

function release(state: ReferenceState): void {
  const { retryPeriod } = state.settings;
  state.phase = 'releasing';
  state.mayGiveUp = false;
  const { current, now, settings } = state;
  const lastSent = [...state.writes.values()].at(-1)?.sentAt.monotonicMs ?? -Infinity;
  state.releaseUntil = lastSent + settings.lease;
  state.releaseFrom = now.monotonicMs + settings.lease - heldFor(current.validFrom, now);
  askBeforeRelease(state, state.time, state.time + retryPeriod);
  // A write on the condition of our own last one checks as well as a read does, and is all that is
  // needed where that one stands; but not where it is not known which one it is.
  const lastSentId = Math.max(...state.writes.keys());
  const update = state.unknownWrites.has(lastSentId) ? null : current.lastVersion;
  const get = current.lastWrite !== lastSentId;
  if (state.plan !== null) state.expect({ ...state.plan, get, update });
}

function askBeforeRelease(state: ReferenceState, from: number, to: number): void {
  // By the clock that is further on the lease may run out earlier.
  const end = Math.min(state.leaseEnd, state.releaseFrom);
  const inTime = to < end - EPSILON ? to : null;
  state.expect({ from, to: inTime, get: true, update: null, create: false });
}

export function checkRelease(state: ReferenceState, request: Request, record: StoredRecord): void {
  check(request.verb === 'update', 'a release creates an object');
  const inTime = state.time < state.releaseEnd + EPSILON;
  check(inTime || isTolerated('releaseAfterLease'), 'releases a lease that has run out');
  check(record.holderIdentity === '', `releases by holder ${record.holderIdentity}`);
  check(record.leaseDurationSeconds === 1, 'a released record has a lease of one second');
  const before = state.seen?.reading.record?.leaderTransitions;
  check(record.leaderTransitions === before, 'a release changes the transitions');
}

export function releaseAnswer(state: ReferenceState, flight: Flight, answer: Answer): void {
  if (!answer.ok) return releaseFailed(state, flight, answer);
  observe(state, answer);
  if (flight.verb === 'get') return readBeforeRelease(state, answer);
  releaseDone(state, true);
}

function readBeforeRelease(state: ReferenceState, reading: Reading): void {
  const write = state.writes.get(reading.author ?? -1);
  const { current, time } = state;
  if (write?.record.holderIdentity === '') return releaseDone(state, true);
  if (write === undefined) return releaseDone(state, false);
  // An old creation of ours that was stored late may pass for somebody else's.
  state.mayGiveUp = write.id < current.lastWrite;
  // It may be a renewal that went unanswered.
  current.version = reading.version;
  if (write.sentAt.monotonicMs > current.validFrom.monotonicMs) current.validFrom = write.sentAt;
  const to = state.mayGiveUp ? null : time + state.settings.retryPeriod;
  state.expect({ from: time, to, get: true, update: reading.version, create: false });
}

/** A candidate that was stopped before it led may find its write stored, and take it back. */
export function withdrawn(state: ReferenceState, reading: Reading): void {
  observe(state, reading);
  const isOurs = reading.author !== null && reading.record?.holderIdentity === '';
  if (!isOurs || state.released) return;
  state.released = true;
  state.releasedOnce = true;
  state.tell('released', 1);
}

/** It is over, or goes on with a new term. */
export function releaseDone(state: ReferenceState, released: boolean, at = state.time): void {
  if (released) state.tell('released', 1);
  state.released = released;
  state.releasedOnce ||= released;
  state.expect(null);
  if (!state.mayGoOn) return state.oweAtOnce('the outcome', at);
  // Whether failed work counts as a loss, after which one rejoins, the rules leave open.
  state.phase = 'lost';
  state.mayEnd = true;
  state.settle('the outcome');
  const { to } = pollAfter(at, state.settings);
  state.expect({ from: at, to, get: true, update: null, create: false });
}

function releaseFailed(
  state: ReferenceState,
  flight: Flight,
  { kind, retryAfter }: Extract<Answer, { ok: false }>,
): void {
  if (kind === 'notFound') {
    observeAbsence(state, flight.verb === 'get');
    if (flight.verb === 'get') return releaseDone(state, false);
    // Whether to look once more, or to leave it at that, the rules leave open.
    state.mayGiveUp = true;
    return state.expect({ from: state.time, to: null, get: true, update: null, create: false });
  }
  state.failures += 1;
  const retry = retryAfterFailure(state.time, state.failures, state.settings);
  const atOnce = kind === 'conflict' || (flight.verb !== 'get' && isUnknown(kind));
  const asked = retryAfter ?? 0;
  const from = atOnce ? state.time : retry.from;
  const patient = Math.min(state.time + asked, state.releaseFrom);
  askBeforeRelease(state, Math.max(from, patient), retry.to + asked);
}

/** What run() and stop() resolve with. */
export function checkOutcome(state: ReferenceState, outcome: Outcome): void {
  const { term, phase, settings } = state;
  check(outcome.led === state.terms.length > 0, `the outcome says led: ${outcome.led}`);
  const reasons = reasonsOf(state);
  check(reasons.includes(outcome.reason), `the reason is ${outcome.reason}, not ${reasons.join()}`);
  const running = term?.work === 'running';
  check(
    outcome.workFinished === !running,
    `the outcome says workFinished: ${outcome.workFinished}`,
  );
  // After terms of which one was released, the rules do not say which one the outcome means.
  const told = outcome.released === state.released || (outcome.released && state.releasedOnce);
  check(told, `the outcome says released: ${outcome.released}`);
  const { workError } = term ?? state.lastReleased ?? {};
  if (outcome.reason === 'failed') check(outcome.error === workError, 'the error is another');
  const tooEarly = phase === 'releasing' && !state.mayGiveUp && !state.isOwedAtOnce('the outcome');
  const ranOut =
    state.time > state.releaseFrom - EPSILON ||
    (term !== null && heldFor(term.validFrom, state.now) > settings.lease - EPSILON);
  check(!tooEarly || ranOut, 'the release is given up too early');
  if (term !== null && phase !== 'releasing') watchOverrun(state);
}

function reasonsOf(state: ReferenceState): readonly EndReason[] {
  const { phase, term } = state;
  if (phase === 'withdrawing' || term === null) {
    return ['stopped', ...(state.lastReleased?.reasons ?? [])];
  }
  if (phase === 'draining') {
    if (state.isOwed('onStoppedLeading')) return [];
    check(state.time > state.drainBy - EPSILON, 'draining is given up too early');
    giveUpDraining(state);
    return term.reasons;
  }
  check(phase !== 'lost' || state.mayEnd, 'ends though it is to rejoin');
  check(phase === 'lost' || phase === 'releasing', `an outcome while ${phase}`);
  return state.stopRequested ? [...term.reasons, 'stopped'] : term.reasons;
}
