import type { Term } from './term.js';

interface TermSignal extends AbortSignal {
  [TERM]: Term;
}

const TERM = Symbol('term');

/**
 * Work that has kept the signal and looks at `signal.aborted` asks the same question as one that
 * calls `isLeading()`, and after the process was stopped it too may ask before the timer fires.
 */
const askingTheClock = Object.create(AbortSignal.prototype, {
  aborted: {
    get(this: TermSignal) {
      return !this[TERM].isLeading();
    },
  },
  throwIfAborted: {
    value(this: TermSignal) {
      if (this.aborted) throw this.reason;
    },
  },
}) as object;

/** All signals have one prototype: properties of their own cost a thousand of them much memory. */
export function letAskTheClock(signal: AbortSignal, term: Term): void {
  Object.setPrototypeOf(signal, askingTheClock);
  (signal as TermSignal)[TERM] = term;
}

/**
 * Once it is aborted, a signal's own answer is right for good. It has to answer for itself from just
 * before: Deno asks it first, and would not tell the listeners of one that seems to be aborted.
 */
export function letAnswerItself(signal: AbortSignal): void {
  Object.setPrototypeOf(signal, AbortSignal.prototype);
}
