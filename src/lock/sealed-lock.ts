import { onRejection } from '../errors/rejections.js';
import { LockError } from '../errors/lock-error.js';
import { type Asked, checkedAnswer, checkedNews, type Written } from './checked-answer.js';
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

/**
 * A lock as the statechart carries it about: whoever prints or serialises the chart's state sees
 * its names, and nothing of what it holds to talk to the cluster. What it answers is checked here,
 * so that the chart may rely on it whoever has written the lock.
 */
export class SealedLock implements ResourceLock {
  readonly identity: string;
  declare readonly description: string;
  declare readonly watch?: (watcher: LockWatcher) => LockWatch;
  declare readonly writtenAgo?: (
    base: LockSnapshot,
    options?: LockCallOptions,
  ) => Promise<number | undefined>;
  readonly #lock: ResourceLock;

  constructor(lock: ResourceLock) {
    this.identity = lock.identity;
    this.#lock = lock;
    // It may name more once the lock has been used; and who prints this is to see it.
    Object.defineProperty(this, 'description', { enumerable: true, get: () => lock.description });
    // Absent where they are absent in the lock, and hidden from whoever prints this.
    if (typeof lock.watch === 'function') {
      Object.defineProperty(this, 'watch', {
        value: (watcher: LockWatcher) => this.#watch(this.#checked(watcher)),
      });
    }
    if (typeof lock.writtenAgo === 'function') {
      Object.defineProperty(this, 'writtenAgo', {
        value: (base: LockSnapshot, options?: LockCallOptions) => lock.writtenAgo?.(base, options),
      });
    }
  }

  get waitsFor(): string | null {
    return this.#lock.waitsFor ?? null;
  }

  get(options?: LockCallOptions): Promise<LockResult> {
    return this.#ask('get', () => this.#lock.get(options));
  }

  create(record: LeaderElectionRecord, options?: LockCallOptions): Promise<LockResult> {
    const written = { record, over: null };
    return this.#ask('create', () => this.#lock.create(record, options), written);
  }

  update(record: LeaderElectionRecord, options?: LockUpdateOptions): Promise<LockResult> {
    const written = { record, over: options?.base?.version ?? null };
    return this.#ask('update', () => this.#lock.update(record, options), written);
  }

  async #ask(
    method: Asked['method'],
    call: () => Promise<LockResult>,
    written?: Written,
  ): Promise<LockResult> {
    return checkedAnswer({ method, of: this.description }, await call(), written);
  }

  /** A lock that cannot be watched after all is polled; one that does not let go holds nobody up. */
  #watch(watcher: LockWatcher): LockWatch {
    const failed = (error: unknown): void => {
      watcher.failed(LockError.from(error));
    };
    let watch: unknown = null;
    try {
      watch = this.#lock.watch?.(watcher);
      onRejection(watch, failed);
      const { doubt, close } = (watch ?? {}) as Partial<Record<keyof LockWatch, unknown>>;
      if (typeof doubt !== 'function' || typeof close !== 'function') {
        throw new Error(
          `watch() of ${this.description}: must return an object with doubt() and close()`,
        );
      }
    } catch (error) {
      failed(error);
      return { doubt: () => undefined, close: () => undefined };
    }
    const tell = (method: keyof LockWatch): void => {
      try {
        onRejection((watch as Record<keyof LockWatch, () => unknown>)[method](), failed);
      } catch (error) {
        failed(error);
      }
    };
    return { doubt: () => tell('doubt'), close: () => tell('close') };
  }

  /** News that is nonsense counts as none: the lock is polled, until the watch is said to be open. */
  #checked(watcher: LockWatcher): LockWatcher {
    return {
      clock: watcher.clock,
      random: watcher.random,
      opened: (gap) => {
        watcher.opened(gap);
      },
      failed: (error) => {
        watcher.failed(LockError.from(error));
      },
      changed: (news) => {
        const checked = checkedNews(this.description, news);
        if (checked instanceof LockError) watcher.failed(checked);
        else watcher.changed(checked);
      },
    };
  }
}
