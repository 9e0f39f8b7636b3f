import type { LockError } from '../errors/lock-error.js';
import type { Clock } from '../time/clock.js';
import type { LeaderElectionRecord } from './record.js';

/** The lock's object as the API server has it: the answer to a read, or to a write that succeeded. */
export interface LockSnapshot {
  /** Null when the object carries no record, or one that cannot be read (see `unreadable`). */
  readonly record: LeaderElectionRecord | null;
  /** Why the record cannot be read, in words; null when it can, or when there is none. */
  readonly unreadable: string | null;
  /** The record's fields verbatim. Two snapshots differ here exactly when the record changed. */
  readonly fingerprint: string;
  /** The object's `resourceVersion`: a decimal number, that grows with every write. */
  readonly version: string;
  /**
   * The object as read, for the next update to be based on; without `managedFields`, which the API
   * server keeps by itself. Opaque to the election.
   */
  readonly object: unknown;
  /**
   * When the object was last written, in milliseconds since 1970 by the clock of the server that
   * stores it. Absent when that cannot be told. Of use only together with {@link ResourceLock.writtenAgo}.
   */
  readonly writtenAtMs?: number | undefined;
  /**
   * The process that holds the lock by this very record: the same text for the same process, and for
   * no other. Absent where nobody could tell that it has ended. See {@link LockWatcher.holderDied}.
   */
  readonly holder?: string | undefined;
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

/** What a watch says of the lock. It may be late, or be said twice: news is never proof. */
export interface LockNews {
  /** The object after the change; null when it was deleted. */
  readonly snapshot: LockSnapshot | null;
  /** The version that the change has made, that of a deletion included. */
  readonly version: string;
}

/** That a process is dead which held the lock. */
export interface HolderDeath {
  /** Which: as in {@link LockSnapshot.holder}. */
  readonly holder: string;
  /** How that is known, in words such as `the kubelet says that …`. */
  readonly evidence: string;
}

/** Who is told, and by what clock a watch pauses between attempts to connect. */
export interface LockWatcher {
  /** The object has changed; at first, also: this is how it is. */
  changed(news: LockNews): void;
  /**
   * Changes are heard of from now on. `gap`: some may have been missed before, so the lock is to be
   * read once.
   */
  opened(gap: boolean): void;
  /** Changes are not heard of, until `opened` is called again. It goes on trying. */
  failed(error: LockError): void;
  /**
   * A process that held the lock is dead for certain, so that a lock which it holds still is free.
   * Never said for want of news: a process that cannot be reached may live.
   */
  holderDied?(death: HolderDeath): void;
  /** Of a holder that dies, nothing will be told: its lease is waited for. */
  evidenceFailed?(error: LockError): void;
  readonly clock: Clock;
  /** Numbers from 0 up to 1, so that watches that broke together are not set up together. */
  readonly random: () => number;
}

/** What happened to a lock, for whoever reads the Events in the cluster. */
export interface LockEvent {
  /** In client-go's words; they follow the name of the candidate. */
  readonly what: 'became leader' | 'stopped leading';
  /** When, in milliseconds since 1970, by this machine's wall clock. */
  readonly atMs: number;
}

export interface LockWatch {
  /** The watch has missed a change, so that it may be dead: set it up anew. */
  doubt(): void;
  /** Lets go. Nothing is said from now on, and no timer or request is left. */
  close(): void;
}

/**
 * Something in the cluster that holds one election record and can be written conditionally. Use
 * `LeaseLock` or `ConfigMapLock`, or write your own: it must be linearizable, refuse an update
 * whose base is no longer current with a `conflict`, hand out versions that only grow, and answer
 * with the record as it is stored. An answer that breaks this is not believed.
 *
 * Calls resolve with `ok: false` rather than reject; a rejection is treated as a write whose fate
 * is unknown.
 */
export interface ResourceLock {
  /** This candidate's name in the record. */
  readonly identity: string;
  /** For people, such as `Lease production/data-processor`. Holds no secret. */
  readonly description: string;
  /** Such as `data-processor`: what its metrics are called by. Default: the description. */
  readonly name?: string | undefined;
  /**
   * What the call under way waits for before anything of it is sent, in words such as `a connection
   * to …`; null once it was sent. For messages; absent where that is not known.
   */
  readonly waitsFor?: string | null;
  /** `notFound` when the object does not exist. */
  get(options?: LockCallOptions): Promise<LockResult>;
  /** `conflict` when the object exists already. */
  create(record: LeaderElectionRecord, options?: LockCallOptions): Promise<LockResult>;
  /** `conflict` when the object has changed since `base`; `notFound` when it is gone. */
  update(record: LeaderElectionRecord, options?: LockUpdateOptions): Promise<LockResult>;
  /**
   * How long ago the object was last written, in milliseconds, if it still is as in `base`. Both times
   * must come from the very server that stores it: never from a clock of this machine, or of
   * something in between. Nothing is written. Undefined when it cannot be told; a rejection counts
   * as that. Absent where it can never be told: a lease that is found held is waited for then.
   */
  writtenAgo?(base: LockSnapshot, options?: LockCallOptions): Promise<number | undefined>;
  /**
   * Tells of changes as they happen, until it is closed. Absent where changes cannot be watched:
   * the lock is read again and again then.
   */
  watch?(watcher: LockWatcher): LockWatch;
  /**
   * Writes down where people look for it that this candidate has begun or ceased to lead, such as in
   * an Event of Kubernetes. Nothing waits for it but the end of the election, for a second at most.
   * Rejects when it fails, with a `LockError`. Absent where nothing is written down.
   */
  recordEvent?(event: LockEvent, options?: LockCallOptions): Promise<void>;
}
