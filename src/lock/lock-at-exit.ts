import type { ConnectionSettings } from '../kubernetes/connection-settings.js';
import type { LeaderElectionRecord } from './record.js';
import type { LockSnapshot, ResourceLock } from './resource-lock.js';
import type { KubernetesObject, ObjectKind } from './stored-record.js';

/** What a write takes that is sent by another process. */
export interface WriteAtExit {
  readonly settings: ConnectionSettings;
  readonly path: string;
  readonly name: string;
  readonly format: ObjectKind;
  /** The object as it is known, and as it is to be. */
  readonly before: KubernetesObject;
  readonly after: KubernetesObject;
}

/** A lock that can say how it is written where no event loop runs any more. */
export interface LockAtExit extends ResourceLock {
  /** Null where it cannot be done: it is not known yet where to, or with which credentials. */
  writeAtExit(record: LeaderElectionRecord, base: LockSnapshot): WriteAtExit | null;
}

export function isLockAtExit(lock: ResourceLock): lock is LockAtExit {
  return typeof (lock as Partial<LockAtExit>).writeAtExit === 'function';
}
