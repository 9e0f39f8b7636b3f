import { onRejection } from '../errors/rejections.js';
import { LockError } from '../errors/lock-error.js';
import type { Clock } from '../time/clock.js';
import {
  type Asked,
  checkedAnswer,
  checkedDeath,
  checkedNews,
  type Written,
} from './checked-answer.js';
import { outside, wayBack } from './outside.js';
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

/** A lock that cannot be watched after all is polled; one that does not let go holds nobody up. */
class CheckedWatch implements LockWatch {
  readonly #of: ResourceLock;
  readonly #watcher: LockWatcher;
  readonly #back = wayBack();
  readonly #watch: unknown = null;

  constructor(lock: ResourceLock, watcher: LockWatcher) {
    this.#of = lock;
    this.#watcher = watcher;
    try {
      const watcher = this.#checked();
      this.#watch = outside(() => lock.watch?.(watcher));
      onRejection(this.#watch, this.#failed);
      const { doubt, close } = (this.#watch ?? {}) as Partial<Record<keyof LockWatch, unknown>>;
      if (typeof doubt !== 'function' || typeof close !== 'function') {
        this.#watch = null;
        throw new Error(
          `watch() of ${lock.description}: must return an object with doubt() and close()`,
        );
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  doubt(): void {
    this.#tell('doubt');
  }

  close(): void {
    this.#tell('close');
  }

  #tell(method: keyof LockWatch): void {
    try {
      const watch = this.#watch as Record<keyof LockWatch, () => unknown> | null;
      onRejection(
        outside(() => watch?.[method]()),
        this.#failed,
      );
    } catch (error) {
      this.#failed(error);
    }
  }

  /** News that is nonsense counts as none: the lock is polled, until the watch is said to be open. */
  #checked(): LockWatcher {
    const watcher = this.#watcher;
    return {
      clock: watcher.clock,
      random: watcher.random,
      opened: (gap) => {
        this.#back(() => {
          watcher.opened(gap);
        });
      },
      failed: this.#failed,
      holderDied: (death) => {
        const checked = checkedDeath(this.#of.description, death);
        if (checked instanceof LockError) return this.#failed(checked);
        this.#back(() => {
          watcher.holderDied?.(checked);
        });
      },
      evidenceFailed: (error) => {
        this.#back(() => {
          watcher.evidenceFailed?.(LockError.from(error));
        });
      },
      changed: (news) => {
        const checked = checkedNews(this.#of.description, news);
        if (checked instanceof LockError) return this.#failed(checked);
        this.#back(() => {
          watcher.changed(checked);
        });
      },
    };
  }

  readonly #failed = (error: unknown): void => {
    this.#back(() => {
      this.#watcher.failed(LockError.from(error));
    });
  };
}

/**
 * A lock as the statechart carries it about, whoever has written that lock.
 *
 * Whoever prints or serialises the chart's state sees its names, and nothing of what it holds to talk
 * to the cluster. What it answers is checked, so that the chart may rely on it. And no candidate asks
 * too much of it, whatever it is answered: with the requests of its watch at most fifty in any ten
 * seconds. The chart pauses after failures; but answers and news can be made up that send it round
 * and round without any.
 */
export class ElectionLock implements ResourceLock {
  /** One for all: a process may have a thousand of these. It may name more once it has been used. */
  static readonly #description: PropertyDescriptor & ThisType<ElectionLock> = {
    enumerable: true,
    get() {
      return this.#lock.description;
    },
  };

  readonly identity: string;
  declare readonly description: string;
  declare readonly watch?: (watcher: LockWatcher) => LockWatch;
  declare readonly writtenAgo?: (
    base: LockSnapshot,
    options?: LockCallOptions,
  ) => Promise<number | undefined>;
  readonly #lock: ResourceLock;
  readonly #clock: Clock;
  /** How many calls are free; below zero, how many wait. */
  #free = AT_ONCE;
  #countedAtMs = -Infinity;
  #isWaiting = false;

  constructor(lock: ResourceLock, clock: Clock) {
    this.identity = lock.identity;
    this.#lock = lock;
    this.#clock = clock;
    Object.defineProperty(this, 'description', ElectionLock.#description);
    // Absent where they are absent in the lock, and hidden from whoever prints this.
    if (typeof lock.watch === 'function') {
      Object.defineProperty(this, 'watch', { value: this.#watch });
    }
    if (typeof lock.writtenAgo === 'function') {
      Object.defineProperty(this, 'writtenAgo', { value: this.#writtenAgo });
    }
  }

  get name(): string | undefined {
    const { name } = this.#lock;
    return typeof name === 'string' && name !== '' ? name : undefined;
  }

  get waitsFor(): string | null {
    if (this.#isWaiting) return 'a pause after too many requests in a short time';
    return this.#lock.waitsFor ?? null;
  }

  get(options: LockCallOptions = {}): Promise<LockResult> {
    return this.#ask('get', options, () => this.#lock.get(options));
  }

  create(record: LeaderElectionRecord, options: LockCallOptions = {}): Promise<LockResult> {
    const written = { record, over: null };
    return this.#ask('create', options, () => this.#lock.create(record, options), written);
  }

  update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    const written = { record, over: options.base?.version ?? null };
    return this.#ask('update', options, () => this.#lock.update(record, options), written);
  }

  async #ask(
    method: Asked['method'],
    { signal }: LockCallOptions,
    call: () => Promise<LockResult>,
    written?: Written,
  ): Promise<LockResult> {
    const ahead = written === undefined ? 0 : WRITES_AHEAD;
    const answer = await this.#paced(signal, call, ahead);
    return checkedAnswer({ method, of: this.description }, answer, written);
  }

  #writtenAgo(base: LockSnapshot, options: LockCallOptions = {}): Promise<number | undefined> {
    return this.#paced(options.signal, async () => this.#lock.writtenAgo?.(base, options));
  }

  #watch(watcher: LockWatcher): LockWatch {
    return new CheckedWatch(this.#lock, watcher);
  }

  /** Rejects with a {@link LockError} where the call was given up before its time had come. */
  #paced<T>(signal: AbortSignal | undefined, call: () => Promise<T>, ahead = 0): Promise<T> {
    const { monotonicMs } = this.#clock.now();
    this.#free += Math.min((monotonicMs - this.#countedAtMs) / INTERVAL_MS, AT_ONCE - this.#free);
    this.#countedAtMs = monotonicMs;
    this.#free -= 1;
    const missing = -ahead - this.#free;
    return missing <= 0 ? outside(call) : this.#later(missing * INTERVAL_MS, signal, call);
  }

  #later<T>(ms: number, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    this.#isWaiting = true;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => {
        signal?.removeEventListener('abort', giveUp);
        this.#isWaiting = false;
        try {
          resolve(outside(call));
        } catch (error) {
          // Nobody above a timer would catch it.
          reject(LockError.from(error));
        }
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
