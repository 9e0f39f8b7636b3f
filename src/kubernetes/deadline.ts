import { errorName } from '../errors/error-name.js';

/** Why a request was given up. */
export type GivenUp = 'timeout' | 'aborted';

/**
 * Both ways in which a request ends before its answer: its time is up, or the caller aborts.
 * {@link dispose} must be called, or the timer and the listener stay.
 */
export class Deadline {
  /** What the request waits for before anything of it is sent, in words; null once it is sent. */
  waitsFor: string | null = 'credentials';
  readonly #caller: AbortSignal | undefined;
  readonly #listeners = new Set<() => void>();
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

  get givenUp(): GivenUp | null {
    return this.#givenUp;
  }

  /** Calls `act` when the request is given up, at once if it has been. Returns how to revoke that. */
  onGivenUp(act: () => void): () => void {
    if (this.#givenUp !== null) {
      act();
      return () => undefined;
    }
    this.#listeners.add(act);
    return () => {
      this.#listeners.delete(act);
    };
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
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const revoke = this.onGivenUp(() => {
        reject(new Error('given up'));
      });
      promise.then(resolve, reject).finally(revoke);
    });
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#caller?.reason;
    // `AbortSignal.timeout()` is a deadline of the caller's, and reads as one.
    const isTimeout = errorName(reason) === 'TimeoutError';
    this.#giveUp(isTimeout ? 'timeout' : 'aborted');
  };

  #giveUp(why: GivenUp): void {
    if (this.#givenUp !== null) return;
    this.#givenUp = why;
    this.dispose();
    for (const act of this.#listeners) act();
    this.#listeners.clear();
  }
}
