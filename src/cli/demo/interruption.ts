import { whenParentIsGone } from '../parent.js';
import { catchThese, TO_END } from '../signals.js';

/**
 * A key press that reaches this process both from the terminal and through a parent comes twice
 * within milliseconds; somebody who presses it again takes longer.
 */
const SAME_PRESS_MS = 250;

/** How often to look whether whoever started this, such as npm's shell, is still there. */
const PARENT_CHECK_MS = 200;

/** Turns signals into aborts, for as long as it is not disposed of. */
export class Interruption {
  readonly #first = new AbortController();
  readonly #second = new AbortController();
  readonly #leaveParent: () => void;
  readonly #leaveSignals: () => void;
  /** Aborted at the first signal. */
  readonly signal: AbortSignal = this.#first.signal;
  /** Aborted when somebody insists. */
  readonly hurry: AbortSignal = this.#second.signal;
  by: NodeJS.Signals | null = null;
  #at = 0;

  constructor() {
    this.#leaveSignals = catchThese(TO_END, this.#take);
    // Also what is still to be written after the end to a pipe that nobody reads.
    process.stdout.on('error', () => this.#take('SIGPIPE'));
    // npm passes SIGTERM on to the shell between it and us, and that dies of it without a word.
    const gone = (): void => {
      if (this.by === null) this.#take('SIGTERM');
    };
    this.#leaveParent = whenParentIsGone(gone, { env: process.env, everyMs: PARENT_CHECK_MS });
  }

  dispose(): void {
    this.#leaveParent();
    this.#leaveSignals();
  }

  readonly #take = (signal: NodeJS.Signals): void => {
    if (this.by !== null) {
      if (performance.now() - this.#at > SAME_PRESS_MS) this.#second.abort();
      return;
    }
    this.by = signal;
    this.#at = performance.now();
    this.#first.abort();
  };
}
