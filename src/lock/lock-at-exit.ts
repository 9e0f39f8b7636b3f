import type { ExitRequest } from '../kubernetes/requests-at-exit.js';
import type { LeaderElectionRecord } from './record.js';
import type { LockSnapshot, ResourceLock } from './resource-lock.js';

/** What is written at the exit of the process, and over what. */
export interface WriteAtExit {
  readonly record: LeaderElectionRecord;
  readonly base: LockSnapshot | null;
}

/** A lock that can say how it is asked for where no event loop runs any more. */
export interface LockAtExit extends ResourceLock {
  /**
   * The request that reads the object, or writes it conditionally. Null where it cannot be sent: it is not
   * known yet where to, or with which credentials.
   */
  requestAtExit(write: WriteAtExit | null): ExitRequest | null;
  /** The object, as it was answered; null when that is something else. */
  readAtExit(json: unknown): LockSnapshot | null;
}

export function isLockAtExit(lock: ResourceLock): lock is LockAtExit {
  const { requestAtExit, readAtExit } = lock as Partial<LockAtExit>;
  return typeof requestAtExit === 'function' && typeof readAtExit === 'function';
}
