import { LOCK_KINDS, type LockKind } from '../../lock/lock-kinds.js';
import { isObject, type KubernetesObject } from '../../lock/stored-record.js';

/**
 * How long ago the record was last written, in milliseconds: the API server dates each write, and
 * each answer, by its own clock, to the second. The times inside the record are another machine's.
 * Null when the API server has no date for it.
 */
export function recordAge(
  kind: LockKind,
  { managedFields }: KubernetesObject,
  serverMs: number,
): number | null {
  if (!Array.isArray(managedFields)) return null;
  const path = LOCK_KINDS[kind].field.map((key) => `f:${key}`);
  const times = managedFields.flatMap((entry: unknown) => {
    if (!isObject(entry) || !owns(entry['fieldsV1'], path)) return [];
    const ms = Date.parse(String(entry['time']));
    return Number.isNaN(ms) ? [] : [ms];
  });
  return times.length === 0 ? null : Math.max(0, serverMs - Math.max(...times));
}

function owns(fields: unknown, path: readonly string[]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return true;
  return isObject(fields) && first in fields && owns(fields[first], rest);
}
