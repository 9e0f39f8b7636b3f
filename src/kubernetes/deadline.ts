/** Why a request was given up. */
export type GivenUp = 'timeout' | 'aborted';

/**
 * One signal for both ways in which a request ends before its answer: its time is up, or the
 * caller aborts. {@link dispose} must be called, or the timer and the listener stay.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #givenUp: GivenUp | null = null;

  constructor(
    readonly timeoutMs: number,
    caller?: AbortSignal,
  ) {
    this.#caller = caller;
    if (caller?.aborted === true) {
      this.#onAbort();
      return;
    }
    caller?.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = setTimeout(() => {
      this.#giveUp('timeout');
    }, timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get givenUp(): GivenUp | null {
    return this.#givenUp;
  }

  /** Stops the clock, but leaves the caller's signal in force. */
  stopClock(): void {
    clearTimeout(this.#timer);
  }

  dispose(): void {
    this.stopClock();
    this.#caller?.removeEventListener('abort', this.#onAbort);
  }

  /** Settles as the promise does, or rejects when the deadline comes first. */
  async race<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this;
    let onAbort = (): void => undefined;
    const givenUp = new Promise<never>((_, reject) => {
      onAbort = () => {
        reject(new Error('given up'));
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([promise, givenUp]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#caller?.reason;
    // `AbortSignal.timeout()` is a deadline of the caller's, and reads as one.
    const isTimeout = reason instanceof DOMException && reason.name === 'TimeoutError';
    this.#giveUp(isTimeout ? 'timeout' : 'aborted');
  };

  #giveUp(why: GivenUp): void {
    if (this.#givenUp !== null) return;
    this.#givenUp = why;
    this.dispose();
    this.#controller.abort();
  }
}
