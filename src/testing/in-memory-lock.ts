import { LockError } from '../errors/lock-error.js';
import { type LeaderElectionRecord, requireRecord } from '../lock/record.js';
import type {
  LockCallOptions,
  LockNews,
  LockResult,
  LockSnapshot,
  LockUpdateOptions,
  ResourceLock,
} from '../lock/resource-lock.js';

/**
 * What candidates compete for, kept in memory: for tests of an application that need no API server.
 * It behaves as one object in a cluster: writes are conditional, and versions only grow.
 */
export class InMemoryLockStore {
  readonly #listeners = new Set<(news: LockNews) => void>();
  #version = 0;
  #stored: LockSnapshot | null = null;

  /** A lock on this store, for one candidate. */
  lock(identity: string): InMemoryLock {
    return new InMemoryLock(this, identity);
  }

  get snapshot(): LockSnapshot | null {
    return this.#stored;
  }

  get record(): LeaderElectionRecord | null {
    return this.#stored?.record ?? null;
  }

  /** Puts a record there, as another client would; null for an object without a record. */
  put(record: LeaderElectionRecord | null, unreadable: string | null = null): LockSnapshot {
    this.#version += 1;
    this.#stored = {
      record,
      unreadable,
      fingerprint: unreadable ?? JSON.stringify(record),
      version: String(this.#version),
      object: null,
    };
    this.#tell();
    return this.#stored;
  }

  /** Deletes the object, as `kubectl delete` would. Versions grow on. */
  delete(): void {
    this.#stored = null;
    this.#version += 1;
    this.#tell();
  }

  /**
   * Calls `listener` within each call that changes something. Returns how to end that.
   *
   * @internal
   */
  onChange(listener: (news: LockNews) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #tell(): void {
    const news = { snapshot: this.#stored, version: String(this.#version) };
    for (const listener of [...this.#listeners]) listener(news);
  }
}

/** One candidate's lock on an {@link InMemoryLockStore}. */
export class InMemoryLock implements ResourceLock {
  readonly identity: string;
  readonly description = 'InMemoryLock';
  readonly #store: InMemoryLockStore;
  #last: LockSnapshot | null = null;

  constructor(store: InMemoryLockStore, identity: string) {
    this.#store = store;
    this.identity = identity;
  }

  async get(options: LockCallOptions = {}): Promise<LockResult> {
    await Promise.resolve();
    const { snapshot } = this.#store;
    if (options.signal?.aborted === true) return failed('aborted', 'the request was aborted');
    return snapshot === null ? failed('notFound', 'there is no object') : this.#seen(snapshot);
  }

  async create(record: LeaderElectionRecord, options: LockCallOptions = {}): Promise<LockResult> {
    requireRecord('InMemoryLock', 'create', record);
    await Promise.resolve();
    if (options.signal?.aborted === true) return failed('aborted', 'the request was aborted');
    if (this.#store.snapshot !== null) return failed('conflict', 'the object exists already');
    return this.#seen(this.#store.put(record));
  }

  async update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    requireRecord('InMemoryLock', 'update', record);
    await Promise.resolve();
    const base = options.base ?? this.#last;
    const { snapshot } = this.#store;
    if (options.signal?.aborted === true) return failed('aborted', 'the request was aborted');
    if (snapshot === null) return failed('notFound', 'there is no object');
    if (base === null) return failed('invalid', 'update() was called before get()');
    if (snapshot.version !== base.version) return failed('conflict', 'the object has changed');
    return this.#seen(this.#store.put(record));
  }

  #seen(snapshot: LockSnapshot): LockResult {
    this.#last = snapshot;
    return { ok: true, ...snapshot };
  }
}

function failed(kind: LockError['kind'], what: string): LockResult {
  return { ok: false, error: new LockError(`InMemoryLock: ${what}`, { kind }) };
}
