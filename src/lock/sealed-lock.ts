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
 * its names, and nothing of what it holds to talk to the cluster.
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
        value: (watcher: LockWatcher) => lock.watch?.(watcher),
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
    return this.#lock.get(options);
  }

  create(record: LeaderElectionRecord, options?: LockCallOptions): Promise<LockResult> {
    return this.#lock.create(record, options);
  }

  update(record: LeaderElectionRecord, options?: LockUpdateOptions): Promise<LockResult> {
    return this.#lock.update(record, options);
  }
}
