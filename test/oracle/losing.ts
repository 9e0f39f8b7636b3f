import type { EndReason } from '../../src/config/leader-election-config.js';
import type { Book } from './book.js';
import { EPSILON, heldFor, pollAfter } from './rules.js';
import { check } from './trace.js';

/** The lock is not ours any more: the stop comes first, then everything else. */
export function lose(book: Book, reason: EndReason, at = book.time): void {
  const { current } = book;
  const drained = book.phase === 'draining';
  book.phase = 'lost';
  const lapsed: EndReason[] = book.lapsed ? ['deadline'] : [];
  current.reasons = [...(drained ? current.reasons : []), reason, ...lapsed];
  current.endedAt = at;
  endTerm(book, at);
  watchOverrun(book);
  if (current.stopCalls === 0) book.oweAtOnce('onStoppedLeading', at);
  if (drained && at > book.drainBy - EPSILON)
    current.reasons = [...current.reasons, 'drainTimeout'];
  endOrRejoin(book, at, Math.max(at, book.leaseEnd));
}

/** What follows a term whose lock was not given back. */
function endOrRejoin(book: Book, at: number, outcomeBy: number): void {
  const { current, settings, stopRequested } = book;
  const returns = stopRequested || settings.onLost === 'return';
  const [reason] = current.reasons;
  // Whether a candidacy ends that had begun to end is left open where the lock was lost meanwhile.
  book.mayEnd = returns || reason === 'finished' || reason === 'failed';
  if (returns || (reason === 'finished' && !current.finishedUnawares)) {
    book.expect(null);
    book.owe('the outcome', outcomeBy);
    return;
  }
  if (reason === 'finished') {
    // Whether that counts as finished or as lost, after which one rejoins, the rules leave open.
    book.expect({ from: at, to: null, get: true, update: null, create: false });
    return;
  }
  book.expect({ from: at, to: book.leaseEnd, get: true, update: null, create: false });
  rejoinWhenThrough(book);
}

/** Somebody asked and heard that it is over. The others hear it by the next timer. */
export function lapse(book: Book): void {
  const latest = Math.max(book.time, book.deadline);
  lose(book, 'deadline');
  if (book.isOwed('onStoppedLeading')) book.owe('onStoppedLeading', latest);
}

/** The work or onStoppedLeading has not ended in time: the lock is kept until it runs out. */
export function giveUpDraining(book: Book): void {
  const { current, drainBy } = book;
  book.phase = 'lost';
  current.endedAt = drainBy;
  watchOverrun(book);
  endOrRejoin(book, drainBy, drainBy);
  current.reasons = [...current.reasons, 'drainTimeout'];
}

/** The signal is aborted, the work is to end, and who does not end it is told to everybody. */
export function endTerm(book: Book, at = book.time): void {
  const { current } = book;
  if (!current.signalAborted) book.oweAtOnce('the abort of term.signal', at);
}

/**
 * Back to being a candidate, after a pause that is at most one of polling. What is left of the term
 * may be waited for.
 */
export function rejoinWhenThrough(book: Book): void {
  const { current, plan, settings, time } = book;
  if (plan === null) return;
  const through = current.work !== 'running' && current.stopSettled;
  book.failures = 0;
  // Nothing says for how long a new term has to wait for work of the old one that does not end.
  if (current.work === 'running') return book.expect({ ...plan, to: null });
  // A write that was stored too late to be of use, or may yet be, is in force all the same.
  const lastSent = [...book.writes.values()].at(-1)?.sentAt.monotonicMs ?? 0;
  const from = through ? time : Math.max(time, book.leaseEnd, lastSent + settings.lease);
  book.expect({ ...plan, to: pollAfter(from, settings).to });
}

/**
 * A renewal of which nothing is known may be in force, and for longer than the last one that is; not
 * where another was found to hold the lock. A wall clock that was set forward may have been set back
 * before anything came of it.
 */
export function noteRunOut({ current, now, settings, unknownWrites, writes }: Book): void {
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
export function checkThrough({ current }: Book): void {
  const through = current.stopSettled || current.ranOut;
  check(through, 'competes again while onStoppedLeading runs and its lease does, too');
}

/** Work that has not come to its end when the lease has run out may run beside another leader. */
export function watchOverrun(book: Book): void {
  const { current } = book;
  if (current.work === 'running' && current.overruns === 0)
    book.owe(overrunOf(current.number), book.leaseEnd);
}

export function overrunOf(term: number): string {
  return `onOverrun of term ${term}`;
}
