import { whenParentIsGone } from '../parent.js';

export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE';

/** As shells number them: 128 and the signal's number. */
export const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGPIPE: 141 } as const;

export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly by: InterruptSignal) {
    super(`Interrupted by ${by}`);
  }
}

/**
 * A key press that reaches this process both from the terminal and through a parent comes twice
 * within milliseconds; somebody who presses it again takes longer.
 */
const SAME_PRESS_MS = 250;

/** How often to look whether the shell that npm runs a script in is still there. */
const PARENT_CHECK_MS = 200;

/** Turns signals into aborts, for as long as it is not disposed of. */
export class Interruption {
  readonly #first = new AbortController();
  readonly #second = new AbortController();
  readonly #stdout: NodeJS.WritableStream;
  #at = 0;
  #by: InterruptSignal | null = null;
  readonly #leaveParent: () => void = () => undefined;

  constructor(stdout: NodeJS.WritableStream, env: NodeJS.ProcessEnv) {
    this.#stdout = stdout;
    process.on('SIGINT', this.#take);
    process.on('SIGTERM', this.#take);
    process.on('SIGHUP', this.#take);
    stdout.on('error', this.#broken);
    // npm passes SIGTERM on to the shell between it and us, and that dies of it without a word.
    if (env['npm_lifecycle_event'] !== undefined) {
      const gone = (): void => {
        if (this.#by === null) this.#take('SIGTERM');
      };
      this.#leaveParent = whenParentIsGone(gone, { env, everyMs: PARENT_CHECK_MS });
    }
  }

  /** Aborted, with an `Interrupted`, at the first signal. */
  get signal(): AbortSignal {
    return this.#first.signal;
  }

  /** Aborted when somebody insists. */
  get hurry(): AbortSignal {
    return this.#second.signal;
  }

  get by(): InterruptSignal | null {
    return this.#by;
  }

  dispose(): void {
    this.#leaveParent();
    process.off('SIGINT', this.#take);
    process.off('SIGTERM', this.#take);
    process.off('SIGHUP', this.#take);
    this.#stdout.off('error', this.#broken);
    // What is still to be written to a pipe that nobody reads may fail any time after.
    this.#stdout.on('error', () => undefined);
  }

  readonly #take = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (this.#by !== null) {
      if (now - this.#at > SAME_PRESS_MS) this.#second.abort();
      return;
    }
    this.#at = now;
    this.#by = signal as InterruptSignal;
    this.#first.abort(new Interrupted(this.#by));
  };

  /** Whoever read the output has gone. */
  readonly #broken = (): void => {
    this.#take('SIGPIPE');
  };
}
