import type { ReferenceState, Flight } from './reference-state.js';
import { aged, checkTaking, follow, followerAnswer, isUnknown } from './following.js';
import { checkRenewal, holderAnswer } from './holding.js';
import {
  checkRelease,
  releaseAnswer,
  releaseDone,
  releaseWhenThrough,
  withdrawn,
} from './letting-go.js';
import { checkThrough } from './losing.js';
import { EPSILON, heldFor, isTime, PACE } from './rules.js';
import { check, type Answer, type Entry, type StoredRecord } from './trace.js';

type Request = Extract<Entry, { type: 'request' }>;

/** A request was sent: was it allowed, now and like this? */
export function requested(state: ReferenceState, request: Request): void {
  const { flight, settings, time } = state;
  check(flight === null, `sends ${request.verb} beside request ${flight?.id ?? ''}`);
  // A release that is out of time may be left for the next term.
  const outOfTime =
    state.phase === 'releasing' && (state.mayGiveUp || time > state.releaseFrom - EPSILON);
  // At the very end of the lease, before timers have run, it is the release that asks.
  const given =
    state.mayGiveUp ||
    time > Math.max(state.releaseFrom, state.thawedAt) + EPSILON ||
    // So long after it, who rejoins may have paused already, while it stood still.
    time > state.releaseFrom + settings.retryPeriod / 2 - EPSILON;
  if (outOfTime && given && request.verb === 'get' && state.mayGoOn) {
    state.lastReleased = state.term;
    releaseDone(state, false);
  }
  if (state.phase === 'lost') {
    const hasStopped = !state.isOwed('onStoppedLeading');
    check(hasStopped, 'asks the network before it says that it has stopped');
    check(state.plan !== null, `sends ${request.verb} after the loss`);
    checkThrough(state);
    const { plan } = state;
    follow(state);
    state.expect(plan);
  }
  checkPlan(state, request);
  if (request.record !== null) checkRecord(state, request, request.record);
  state.claimable = null;
  state.expect(null);
  const bound = time + Math.min(settings.renewDeadline / 2, timeLeft(state));
  if (state.term !== null) state.current.mayBeSupersededAt = -Infinity;
  const { id, verb, record } = request;
  const { free, phase } = state;
  // Up to the writes that may run ahead, it waited in the very time that it has.
  const earliestBound = free < 1.01 ? bound - 3 * PACE : bound;
  state.flight = {
    ...{ id, verb, record, sentAt: request.now },
    ...{ bound, earliestBound, phase, outOfTime },
  };
  state.countRequest();
  state.owe(abortOf(id), bound);
  if (record === null) return;
  state.unknownWrites.add(id);
  const taking = phase === 'following';
  state.writes.set(id, {
    id,
    verb,
    record,
    sentAt: request.now,
    taking,
    outdated: false,
    unseen: false,
  });
}

function checkPlan(state: ReferenceState, { verb, base }: Request): void {
  const { phase, plan, time } = state;
  check(phase !== 'idle' && phase !== 'over', `sends ${verb} while ${phase}`);
  const holdsInTime = !state.holds || !state.lapsed;
  check(holdsInTime, `sends ${verb} past the renew deadline, before the stop`);
  if (phase === 'withdrawing') return check(verb !== 'create', 'creates after stop()');
  check(plan !== null, `sends ${verb} while nothing is to be sent`);
  // A wall clock that was set forward may bring a renewal forward.
  const renewal = state.failures === 0 && state.term !== null && verb === 'update';
  const dueByWall =
    renewal && heldFor(state.current.validFrom, state.now) >= state.settings.retryPeriod;
  check(dueByWall || time >= plan.from - EPSILON, `sends ${verb} ${plan.from - time} ms too early`);
  const { get, create, update, age } = plan;
  const allowed = { get, create, update: update !== null, age: age !== undefined }[verb];
  check(allowed, `sends ${verb}, which is not its turn`);
  if (verb === 'age') return check(base === age, `asks for the age of ${base ?? 'nothing'}`);
  const conditional = verb !== 'update' || base === plan.update;
  check(conditional, `updates version ${base ?? 'none'}, not ${plan.update ?? 'none'}`);
}

/** What looked like the first try for a new term may have been the last one of a release. */
function resolveTry(state: ReferenceState, record: StoredRecord): void {
  if (state.lastReleased !== null && record.holderIdentity === '') {
    state.phase = 'releasing';
    state.term = state.lastReleased;
  }
  state.lastReleased = null;
}

function checkRecord(state: ReferenceState, request: Request, record: StoredRecord): void {
  if (state.phase === 'following') resolveTry(state, record);
  const { phase, seen } = state;
  if (phase === 'following' && record.holderIdentity === '') {
    const { unseen = false } = state.writes.get(seen?.reading.author ?? -1) ?? {};
    return check(unseen, 'gives back what it has not taken, or leads by');
  }
  if (phase === 'withdrawing') return check(record.holderIdentity === '', 'takes after stop()');
  if (phase === 'releasing') return checkRelease(state, request, record);
  const { renewTime, acquireTime } = record;
  check(isTime(renewTime, request.now.wallMs), `dates the write ${renewTime}`);
  if (state.holds) return checkRenewal(state, request, record);
  check(isTime(acquireTime, request.now.wallMs), `dates the term ${acquireTime}`);
  checkTaking(state, request, record);
}

/** How long an answer is of use. */
function timeLeft(state: ReferenceState): number {
  // A wall clock that was set forward may shorten it, or may be left to the next question.
  if (state.holds) return state.deadline - state.time;
  return state.phase === 'releasing' ? state.releaseEnd - state.time : Infinity;
}

function abortOf(id: number): string {
  return `the abort of request ${id}`;
}

export function answered(state: ReferenceState, id: number, given: Answer): void {
  const { flight } = state;
  const answer = heeded(given, state);
  check(flight?.id === id, `the harness answers request ${id}, which does not wait`);
  state.settle(abortOf(id));
  state.flight = null;
  if (answer.ok) state.knownWrites.add(id);
  // A proxy may have repeated a write that was stored, which meets a conflict then.
  if (answer.ok || !(isUnknown(answer.kind) || answer.kind === 'conflict'))
    state.unknownWrites.delete(id);
  act(state, flight, answer);
  if (state.phase === 'draining') releaseWhenThrough(state);
}

/** The question for the age was answered, or refused. */
export function toldAge(state: ReferenceState, id: number, age: number | null): void {
  const { flight } = state;
  check(flight?.id === id, `the harness answers request ${id}, which does not wait`);
  state.settle(abortOf(id));
  state.flight = null;
  if (state.phase === 'following') aged(state, age);
}

/** A server that asks for more patience than a lease lasts is not heeded for longer than that. */
function heeded(answer: Answer, { settings: { lease } }: ReferenceState): Answer {
  if (answer.ok || answer.retryAfter === null) return answer;
  return { ...answer, retryAfter: Math.min(answer.retryAfter, lease) };
}

/** The candidate gave a request up: at its bound, or because it went on to something else. */
export function abandoned(state: ReferenceState, id: number): void {
  const { flight, phase, time } = state;
  if (flight?.id !== id) return;
  state.settle(abortOf(id));
  state.flight = null;
  const leaseOver = time > state.releaseFrom - EPSILON;
  const ended =
    (state.term !== null && (state.mayBeLapsed || leaseOver)) ||
    (state.lastReleased !== null && leaseOver);
  const goesOn = isAsItWas(flight, state);
  const elsewhere = !goesOn || ended || flight.outOfTime;
  const atBound = time > flight.earliestBound - EPSILON;
  const gaveUp =
    phase === 'withdrawing' || (phase === 'draining' && time > state.drainBy - EPSILON);
  // Nobody needs to know how old a lock is whose holder is dead.
  const isIdle = flight.verb === 'age' && state.holderIsDead;
  check(
    atBound || elsewhere || gaveUp || isIdle,
    `aborts request ${id} ${flight.bound - time} ms too early`,
  );
  // A read that the release has cut short has not failed: it asks as if there had been none.
  if (phase === 'releasing' && flight.phase !== 'releasing') return;
  act(state, flight, { ok: false, kind: 'aborted', retryAfter: null });
  if (phase === 'draining' && state.isThrough) return releaseWhenThrough(state);
  // What was cut short by something else has not failed: no pause is due.
  if ((atBound && goesOn && !flight.outOfTime) || state.plan === null) return;
  const update = state.term?.lastVersion ?? state.plan.update;
  state.expect({ ...state.plan, from: time, get: true, update });
}

/** Whether the request is still of use. Who is told to stop goes on renewing while it drains. */
function isAsItWas(flight: Flight, { phase }: ReferenceState): boolean {
  return phase === flight.phase || (flight.phase === 'holding' && phase === 'draining');
}

function act(state: ReferenceState, flight: Flight, answer: Answer): void {
  switch (state.phase) {
    case 'following':
      return followerAnswer(state, flight, answer);
    case 'holding':
    case 'draining':
      return holderAnswer(state, flight, answer);
    case 'releasing':
      return releaseAnswer(state, flight, answer);
    case 'withdrawing':
      if (answer.ok) withdrawn(state, answer);
      return;
    default:
  }
}
