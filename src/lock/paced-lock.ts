import { LockError } from '../errors/lock-error.js';
import type { Clock } from '../time/clock.js';
import type { LeaderElectionRecord } from './record.js';
import type {
  LockCallOptions,
  LockResult,
  LockSnapshot,
  LockUpdateOptions,
  LockWatch,
  LockWatcher,
  ResourceLock,
} from './resource-lock.js';

/** So many calls may follow each other without a pause, after a while with few of them. */
const AT_ONCE = 15;

/**
 * Writes may run so far ahead. Mostly one follows a read, and waits no more when that has waited: a
 * claim is sent when it was decided on, and not after `stop()`.
 */
const WRITES_AHEAD = 2;

/** Between two calls on average, in milliseconds; with a retry period of a second, the least, too. */
const INTERVAL_MS = 400;

/**
 * A lock of which no candidate asks too much, whatever it is answered: with the requests of its
 * watch at most fifty in any ten seconds. The chart pauses after failures; but answers and news can
 * be made up that send it round and round without any.
 */
export class PacedLock implements ResourceLock {
  readonly #lock: ResourceLock;
  readonly #clock: Clock;
  declare readonly watch?: (watcher: LockWatcher) => LockWatch;
  declare readonly writtenAgo?: (
    base: LockSnapshot,
    options?: LockCallOptions,
  ) => Promise<number | undefined>;
  /** How many calls are free; below zero, how many wait. */
  #free = AT_ONCE;
  #countedAtMs = -Infinity;
  #isWaiting = false;

  constructor(lock: ResourceLock, clock: Clock) {
    this.#lock = lock;
    this.#clock = clock;
    if (typeof lock.watch === 'function') {
      Object.defineProperty(this, 'watch', {
        value: (watcher: LockWatcher) => lock.watch?.(watcher),
      });
    }
    if (typeof lock.writtenAgo === 'function') {
      Object.defineProperty(this, 'writtenAgo', {
        value: (base: LockSnapshot, options: LockCallOptions = {}) =>
          this.#paced(options, async () => lock.writtenAgo?.(base, options)),
      });
    }
  }

  get identity(): string {
    return this.#lock.identity;
  }

  get description(): string {
    return this.#lock.description;
  }

  get waitsFor(): string | null {
    if (this.#isWaiting) return 'a pause after too many requests in a short time';
    return this.#lock.waitsFor ?? null;
  }

  get(options: LockCallOptions = {}): Promise<LockResult> {
    return this.#paced(options, () => this.#lock.get(options));
  }

  create(record: LeaderElectionRecord, options: LockCallOptions = {}): Promise<LockResult> {
    return this.#paced(options, () => this.#lock.create(record, options), WRITES_AHEAD);
  }

  update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    return this.#paced(options, () => this.#lock.update(record, options), WRITES_AHEAD);
  }

  /** Rejects with a {@link LockError} where the call was given up before its time had come. */
  #paced<T>({ signal }: LockCallOptions, call: () => Promise<T>, ahead = 0): Promise<T> {
    const { monotonicMs } = this.#clock.now();
    this.#free += Math.min((monotonicMs - this.#countedAtMs) / INTERVAL_MS, AT_ONCE - this.#free);
    this.#countedAtMs = monotonicMs;
    this.#free -= 1;
    const missing = -ahead - this.#free;
    return missing <= 0 ? call() : this.#later(missing * INTERVAL_MS, signal, call);
  }

  #later<T>(ms: number, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    this.#isWaiting = true;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => {
        signal?.removeEventListener('abort', giveUp);
        this.#isWaiting = false;
        resolve(call());
      }, ms);
      const giveUp = (): void => {
        this.#clock.clearTimeout(timer);
        this.#isWaiting = false;
        this.#free += 1;
        const message = `${this.description}: the request was aborted before it was sent.`;
        reject(new LockError(message, { kind: 'aborted' }));
      };
      if (signal?.aborted === true) giveUp();
      else signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}
