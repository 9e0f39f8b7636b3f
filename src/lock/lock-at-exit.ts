import type { ExitChange, ExitRelease } from '../kubernetes/requests-at-exit.js';
import type { LeaderElectionRecord } from './record.js';
import type { LockSnapshot, ResourceLock } from './resource-lock.js';
import { isObject, type KubernetesObject, type RecordFormat } from './stored-record.js';

/** What is written at the exit of the process, and over what. */
export interface WriteAtExit {
  readonly record: LeaderElectionRecord;
  readonly base: LockSnapshot;
  /** What we have written, or may have: none else is written over. */
  readonly ours: readonly LeaderElectionRecord[];
}

/** A lock that can say how it is released where no event loop runs any more. */
export interface LockAtExit extends ResourceLock {
  /** Null where it cannot be done: it is not known yet where to, or with which credentials. */
  releaseAtExit(write: WriteAtExit): ExitRelease | null;
}

export function isLockAtExit(lock: ResourceLock): lock is LockAtExit {
  return typeof (lock as Partial<LockAtExit>).releaseAtExit === 'function';
}

/** Where an object has its record: as it stands, or as JSON. */
export function placeOf({ field }: RecordFormat): readonly string[] {
  return field[0] === 'spec' ? ['spec'] : field;
}

/**
 * A record as an object has it, without its duration: what stores it may have capped that, and the rest
 * tells all writes apart.
 */
export function asStored(format: RecordFormat, record: LeaderElectionRecord): object {
  const written = format.write({}, record);
  const stored = placeOf(format).reduce<unknown>((part, key) => partOf(part, key), written);
  const fields = typeof stored === 'string' ? (JSON.parse(stored) as object) : (stored as object);
  const { leaseDurationSeconds: _, ...rest } = fields as { leaseDurationSeconds?: unknown };
  return rest;
}

/** All that a write of a record changes. */
export function changesTo(before: KubernetesObject, after: KubernetesObject): ExitChange[] {
  return [['spec'], ['metadata', 'annotations']].flatMap((place) => {
    const [old, now] = [before, after].map((object) => {
      const part = place.reduce<unknown>((whole, key) => partOf(whole, key), object);
      return isObject(part) ? part : {};
    }) as [KubernetesObject, KubernetesObject];
    return Object.keys({ ...old, ...now })
      .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
      .map((field) => ({ place, field, value: now[field] }));
  });
}

function partOf(whole: unknown, key: string): unknown {
  return isObject(whole) ? whole[key] : undefined;
}
