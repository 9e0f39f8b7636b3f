import type { EndReason } from '../../src/config/leader-election-config.js';
import type { ReferenceState } from './reference-state.js';
import { EPSILON, heldFor, pollAfter } from './rules.js';
import { check } from './trace.js';

/** The lock is not ours any more: the stop comes first, then everything else. */
export function lose(state: ReferenceState, reason: EndReason, at = state.time): void {
  const { current } = state;
  const drained = state.phase === 'draining';
  state.phase = 'lost';
  const lapsed: EndReason[] = state.lapsed ? ['deadline'] : [];
  current.reasons = [...(drained ? current.reasons : []), reason, ...lapsed];
  current.endedAt = at;
  endTerm(state, at);
  watchOverrun(state);
  if (current.stopCalls === 0) state.oweAtOnce('onStoppedLeading', at);
  if (drained && at > state.drainBy - EPSILON)
    current.reasons = [...current.reasons, 'drainTimeout'];
  endOrRejoin(state, at, Math.max(at, state.leaseEnd));
}

/** What follows a term whose lock was not given back. */
function endOrRejoin(state: ReferenceState, at: number, outcomeBy: number): void {
  const { current, settings, stopRequested } = state;
  const returns = stopRequested || settings.onLost === 'return';
  const [reason] = current.reasons;
  // Whether a candidacy ends that had begun to end is left open where the lock was lost meanwhile.
  state.mayEnd = returns || reason === 'finished' || reason === 'failed';
  if (returns || reason === 'finished') {
    state.expect(null);
    state.owe('the outcome', outcomeBy);
    return;
  }
  state.expect({ from: at, to: state.leaseEnd, get: true, update: null, create: false });
  rejoinWhenThrough(state);
}

/** A renew deadline that has passed comes before anything else that has come in. */
export function noticeDeadline(state: ReferenceState): void {
  if (state.holds && state.lapsed) lose(state, 'deadline');
}

/** Somebody asked and heard that it is over. The others hear it by the next timer. */
export function lapse(state: ReferenceState): void {
  const latest = Math.max(state.time, state.deadline);
  lose(state, 'deadline');
  if (state.isOwed('onStoppedLeading')) state.owe('onStoppedLeading', latest);
}

/** The work or onStoppedLeading has not ended in time: the lock is kept until it runs out. */
export function giveUpDraining(state: ReferenceState): void {
  const { current, drainBy } = state;
  state.phase = 'lost';
  current.endedAt = drainBy;
  watchOverrun(state);
  endOrRejoin(state, drainBy, drainBy);
  current.reasons = [...current.reasons, 'drainTimeout'];
}

/** The signal is aborted, the work is to end, and who does not end it is told to everybody. */
export function endTerm(state: ReferenceState, at = state.time): void {
  const { current } = state;
  if (!current.signalAborted) state.oweAtOnce('the abort of term.signal', at);
}

/**
 * Back to being a candidate, after a pause that is at most one of polling. What is left of the term
 * may be waited for.
 */
export function rejoinWhenThrough(state: ReferenceState): void {
  const { current, isThrough, plan, settings, time } = state;
  if (plan === null) return;
  state.failures = 0;
  // Nothing says for how long a new term has to wait for work of the old one that does not end.
  if (current.work === 'running') return state.expect({ ...plan, to: null });
  // A write that was stored too late to be of use, or may yet be, is in force all the same.
  const lastSent = [...state.writes.values()].at(-1)?.sentAt.monotonicMs ?? 0;
  const from = isThrough ? time : Math.max(time, state.leaseEnd, lastSent + settings.lease);
  state.expect({ ...plan, to: pollAfter(from, settings).to });
}

/**
 * A renewal of which nothing is known may be in force, and for longer than the last one that is; not
 * where another was found to hold the lock. A wall clock that was set forward may have been set back
 * before anything came of it.
 */
export function noteRunOut({
  current,
  now,
  settings,
  unknownWrites,
  writes,
}: ReferenceState): void {
  const mayBeInForce = [...unknownWrites].flatMap((id) => {
    const write = writes.get(id);
    const isVoid = write?.outdated !== false || current.reasons.includes('superseded');
    return isVoid ? [] : [write.sentAt];
  });
  const since = [current.validFrom, ...mayBeInForce];
  if (since.every((sentAt) => heldFor(sentAt, now) >= settings.lease - EPSILON)) {
    current.ranOut = true;
  }
}

/**
 * Beside a new candidacy of ours our last record protects nobody: we may take it at once, and free it.
 * So onStoppedLeading has what is left of the lease, and no more, since it may hang.
 */
export function checkThrough({ current }: ReferenceState): void {
  const through = current.stopSettled || current.ranOut;
  check(through, 'competes again while onStoppedLeading runs and its lease does, too');
}

/** Work that has not come to its end when the lease has run out may run beside another leader. */
export function watchOverrun(state: ReferenceState): void {
  const { current } = state;
  if (current.work === 'running' && current.overruns === 0)
    state.owe(overrunOf(current.number), state.leaseEnd);
}

export function overrunOf(term: number): string {
  return `onOverrun of term ${term}`;
}
