import type { LockError } from '../errors/lock-error.js';
import type { LeaderElectionRecord } from './record.js';

/** The lock's object as the API server has it: the answer to a read, or to a write that succeeded. */
export interface LockSnapshot {
  /** Null when the object carries no record, or one that cannot be read (see `unreadable`). */
  readonly record: LeaderElectionRecord | null;
  /** Why the record cannot be read, in words; null when it can, or when there is none. */
  readonly unreadable: string | null;
  /** The record's fields verbatim. Two snapshots differ here exactly when the record changed. */
  readonly fingerprint: string;
  /** The object's `resourceVersion`. */
  readonly version: string;
  /** The whole object as read, for the next update to be based on. Opaque to the election. */
  readonly object: unknown;
}

export type LockResult =
  ({ readonly ok: true } & LockSnapshot) | { readonly ok: false; readonly error: LockError };

export interface LockCallOptions {
  /** Abort to give the request up. The write may be stored all the same. */
  readonly signal?: AbortSignal | undefined;
}

export interface LockUpdateOptions extends LockCallOptions {
  /**
   * The snapshot that the write is conditional on. It succeeds only while the object still has
   * this version, and whatever else the object holds is sent back as it was. Default: the last
   * one that this lock object has read or written.
   */
  readonly base?: LockSnapshot | undefined;
}

/**
 * Something in the cluster that holds one election record and can be written conditionally. Use
 * `LeaseLock` or `ConfigMapLock`, or write your own: it must be linearizable, refuse an update
 * whose base is no longer current with a `conflict`, and hand out versions that only grow.
 *
 * Calls resolve with `ok: false` rather than reject; a rejection is treated as a write whose fate
 * is unknown.
 */
export interface ResourceLock {
  /** This candidate's name in the record. */
  readonly identity: string;
  /** For people, such as `Lease production/data-processor`. Holds no secret. */
  readonly description: string;
  /** `notFound` when the object does not exist. */
  get(options?: LockCallOptions): Promise<LockResult>;
  /** `conflict` when the object exists already. */
  create(record: LeaderElectionRecord, options?: LockCallOptions): Promise<LockResult>;
  /** `conflict` when the object has changed since `base`; `notFound` when it is gone. */
  update(record: LeaderElectionRecord, options?: LockUpdateOptions): Promise<LockResult>;
}
