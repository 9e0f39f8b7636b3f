import type { ReferenceState, Flight } from './reference-state.js';
import { isTolerated } from './deviations.js';
import {
  EPSILON,
  CONTENTION_DELAY,
  heldFor,
  isLongDead,
  judge,
  mayBeLongDead,
  pollAfter,
  retryAfterFailure,
  sameRecord,
} from './rules.js';
import { check, type Answer, type Entry, type Reading, type StoredRecord } from './trace.js';
import { beginTerm } from './holding.js';
import { observe, observeAbsence } from './observing.js';

type Request = Extract<Entry, { type: 'request' }>;

/** An attempt: read, decide, write on the condition of what was read. */
export function follow(state: ReferenceState): void {
  state.phase = 'following';
  state.term = null;
  state.vanishedOwnUntil = null;
  state.expect({
    from: state.time,
    to: state.time + CONTENTION_DELAY,
    get: true,
    update: null,
    create: false,
  });
}

/** What a record must say that takes the lock. */
export function checkTaking(state: ReferenceState, request: Request, record: StoredRecord): void {
  const { settings, seen } = state;
  check(record.holderIdentity === settings.identity, 'takes the lock for another identity');
  check(record.leaseDurationSeconds * 1000 === settings.lease, 'writes another lease duration');
  const before = request.verb === 'create' ? null : (seen?.reading.record ?? null);
  const known = seen?.reading.record?.leaderTransitions ?? 0;
  if (before === null) {
    // Nobody can tell what went before an object that is gone or cannot be read.
    const allowed = [0, 1, known, known + 1].includes(record.leaderTransitions);
    check(allowed, `counts ${record.leaderTransitions} transitions, from nothing`);
    return;
  }
  const changes = before.holderIdentity === settings.identity ? 0 : 1;
  const due = before.leaderTransitions + changes;
  check(record.leaderTransitions === due, `counts ${record.leaderTransitions}, not ${due}`);
}

export function followerAnswer(state: ReferenceState, flight: Flight, answer: Answer): void {
  // Given up: it is waited for as ever.
  if (flight.verb === 'age') return aged(state, null);
  if (answer.ok) {
    state.failures = 0;
    if (flight.verb === 'get') readByFollower(state, answer);
    else taken(state, flight, answer);
    return;
  }
  const { time, settings } = state;
  const soon = pollAfter(time, settings).to;
  if (answer.kind === 'notFound') {
    observeAbsence(state, flight.verb === 'get');
    if (flight.verb !== 'get') state.failures += 1;
    expectCreation(state, flight.verb === 'get');
    return;
  }
  state.failures += 1;
  const retry = retryAfterFailure(time, state.failures, settings);
  const asked = answer.retryAfter ?? 0;
  // Whoever wrote instead may have held the lock since, and count as a holder if nothing is left.
  if (answer.kind === 'conflict') state.ownUntil = time + state.ownFor;
  // A lost race, or a write without an answer, may be looked into at once.
  const atOnce = flight.verb !== 'get' && (answer.kind === 'conflict' || isUnknown(answer.kind));
  const from = atOnce ? time : retry.from;
  state.expect({
    from: asked > 0 ? time + asked : from,
    to: Math.max(soon, retry.to) + asked,
    get: true,
    update: null,
    create: false,
  });
}

/** Whether the write may be stored all the same: nothing says that it was refused. */
export function isUnknown(kind: Extract<Answer, { ok: false }>['kind']): boolean {
  return ['serverError', 'network', 'timeout', 'aborted', 'unknown'].includes(kind);
}

function readByFollower(state: ReferenceState, reading: Reading): void {
  observe(state, reading);
  decide(state, reading);
  // If it was the release that has read this, the first try for a new term is yet to come.
  if (state.lastReleased !== null && state.plan !== null) {
    state.expect({ ...state.plan, from: state.time });
  }
}

function decide(state: ReferenceState, reading: Reading): void {
  const { seen, settings, time } = state;
  check(seen !== null, 'nothing was read');
  const outdated =
    state.writes.get(reading.author ?? -1)?.outdated === true || !state.knows(reading);
  const judgement = judge(seen, settings, outdated);
  const attempt = { from: time, get: true, update: reading.version, create: false };
  if (judgement.kind === 'free') {
    // An object without its record may be treated like one that is gone: with patience.
    const known = reading.record === null ? Math.max(state.liveUntil, state.ownUntil) : 0;
    const { to } = pollAfter(Math.max(time, known), settings);
    return state.expect({ ...attempt, to: known > time ? to : time + CONTENTION_DELAY });
  }
  if (judgement.kind === 'own') return ownFound(state, reading);
  const until = state.holderIsDead ? time : Math.min(judgement.until, seen.deadAt ?? Infinity);
  if (until <= time + EPSILON) return state.expect({ ...attempt, to: time + CONTENTION_DELAY });
  if (!state.askedAge && mayBeLongDead(seen, settings)) {
    return state.expect({ ...attempt, to: time, get: false, update: null, age: reading.version });
  }
  const poll = pollAfter(time, settings);
  state.expect({
    from: Math.min(poll.from, until),
    to: lookBy(poll.to, until),
    get: true,
    update: null,
    create: false,
  });
}

/**
 * The record is a write of ours whose answer never came. While it is valid, it has won the term.
 * After that, or when it was the renewal of a term that is over, it is nobody's: we may take it at
 * once or when it would have run out for others.
 */
function ownFound(state: ReferenceState, reading: Reading): void {
  const { settings, time } = state;
  const write = state.writes.get(reading.author ?? -1);
  check(write !== undefined, 'the harness names a write that was never sent');
  const valid = heldFor(write.sentAt, state.now) < settings.renewDeadline - EPSILON;
  const isNew =
    write.taking && !write.unseen && state.terms.every((term) => term.wonBy !== write.id);
  // An earlier try that arrived late may count, or be written over like any record of ours.
  const isLatest = Math.max(...state.writes.keys()) === write.id;
  if (valid && isNew && isLatest) return beginTerm(state, write, reading);
  if (valid && !write.unseen) state.claimable = { write, reading };
  state.expect({
    from: time,
    // It may be given back for as long as its lease lasts, which others do not count from it.
    to: write.unseen ? null : time + settings.lease + pollAfter(0, settings).to,
    get: true,
    update: reading.version,
    create: false,
  });
}

/** The server has told how old the record is that was seen first; null: it has not. */
export function aged(state: ReferenceState, age: number | null): void {
  const { seen, settings, time } = state;
  check(seen !== null, 'asks for the age of what it has not seen');
  state.askedAge = true;
  if (age !== null && isLongDead(age, seen, settings)) state.seen = { ...seen, deadAt: time };
  decide(state, seen.reading);
}

function taken(state: ReferenceState, flight: Flight, reading: Reading): void {
  const write = state.writes.get(flight.id);
  check(write !== undefined, 'the answer belongs to no write');
  const late = heldFor(flight.sentAt, state.now) >= state.settings.renewDeadline - EPSILON;
  const { leader, liveFor, seen } = state;
  observe(state, reading);
  if (write.record.holderIdentity === '') return givenBack(state);
  write.unseen = seen !== null && sameRecord(seen.reading, reading);
  if (late && isTolerated('lateClaimForgotten'))
    state.ownFor = Math.max(state.ownFor, liveFor ?? 0);
  // An answer that came too late makes no leader, so there is none to tell of.
  if (late) state.settle(`onNewLeader(${state.settings.identity})`);
  if (late) state.leader = leader;
  if (late) state.leaderGone = true;
  ownFound(state, reading);
}

/** A claim that others cannot see was given back. Another try may end no better, so it may wait. */
function givenBack(state: ReferenceState): void {
  state.tell('released', 1);
  state.releasedOnce = true;
  follow(state);
  const { time, settings } = state;
  const { to } = pollAfter(time + settings.lease, settings);
  if (state.plan !== null) state.expect({ ...state.plan, to });
}

/** There is no object. It may be created unless a live holder is known, who may be leading still. */
function expectCreation(state: ReferenceState, justRead: boolean): void {
  const { time, settings } = state;
  const poll = pollAfter(time, settings);
  if (!justRead && state.liveHolder) {
    // It had been judged free a moment ago: the rules do not say whether this is news of a holder.
    const { to } = pollAfter(state.liveUntil, settings);
    return state.expect({ from: time, to, get: true, update: null, create: true });
  }
  if (!state.liveHolder) {
    // After a term of our own we may, but need not, wait for our own lease to run out.
    const ownEnd = state.ownUntil > time ? state.ownUntil + poll.to - time : 0;
    const to = Math.max(ownEnd, justRead ? time + CONTENTION_DELAY : poll.to);
    state.expect({ from: time, to, get: true, update: null, create: true });
    return;
  }
  state.expect({
    from: Math.min(poll.from, state.liveUntil),
    to: lookBy(poll.to, state.liveUntil),
    get: true,
    update: null,
    create: false,
  });
}

/** A process is dead: what it holds may be taken now, on the condition of what was read. */
export function heardOfDeath(state: ReferenceState, process: string): void {
  state.dead = process;
  const { time, plan, seen } = state;
  if (!state.holderIsDead || state.flight !== null || plan === null || seen === null) return;
  const to = state.failures > 0 ? plan.to : Math.min(plan.to ?? Infinity, time + CONTENTION_DELAY);
  const update = seen.reading.version;
  state.expect({ ...plan, from: state.failures > 0 ? plan.from : time, to, get: true, update });
}

/** Somebody says that the lock may have changed: the follower looks now. */
export function wakeFollower(state: ReferenceState): void {
  if (state.flight !== null || state.plan === null) return;
  const { time, plan } = state;
  const to = plan.to === null ? null : Math.min(plan.to, time + CONTENTION_DELAY);
  // A candidate whose server has asked for patience may go on being patient.
  state.expect({ ...plan, from: time, to: state.failures > 0 ? plan.to : to, get: true });
}

/** What was due while the process stood still may yet be put off for the sake of the others. */
export function putOff(state: ReferenceState): void {
  const { plan, time } = state;
  if (plan?.to == null) return;
  state.expect({ ...plan, to: Math.max(plan.to, time + CONTENTION_DELAY) });
}

/** stop() before it led. A write under way, or of unknown fate, may be looked after. */
export function withdraw(state: ReferenceState): void {
  const { flight, settings, time } = state;
  const pending =
    flight?.record != null || state.unknownWrites.size > 0 || state.ownUntil > -Infinity;
  state.phase = 'withdrawing';
  state.released = false;
  state.expect(null);
  if (pending) state.owe('the outcome', time + settings.renewDeadline / 2 + state.ownFor);
  else state.oweAtOnce('the outcome');
}

/** A poll before the lease runs out looks by itself; one after that may be put off with the try. */
function lookBy(poll: number, until: number): number {
  return poll < until - EPSILON ? poll : until + CONTENTION_DELAY;
}
