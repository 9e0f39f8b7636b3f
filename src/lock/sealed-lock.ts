import type { LeaderElectionRecord } from './record.js';
import type {
  LockCallOptions,
  LockResult,
  LockUpdateOptions,
  ResourceLock,
} from './resource-lock.js';

/**
 * A lock as the statechart carries it about: whoever prints or serialises the chart's state sees
 * its names, and nothing of what it holds to talk to the cluster.
 */
export class SealedLock implements ResourceLock {
  readonly identity: string;
  readonly description: string;
  readonly #lock: ResourceLock;

  constructor(lock: ResourceLock) {
    this.identity = lock.identity;
    this.description = lock.description;
    this.#lock = lock;
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
