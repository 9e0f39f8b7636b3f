import { isObject, type KubernetesObject } from './stored-record.js';

/**
 * When the object was last written, in milliseconds since 1970 by the clock of the API server, which
 * dates each manager's last write in `managedFields`, by whole seconds. In the answer to a dry-run
 * write it is what that clock shows now. Undefined when it cannot be told.
 *
 * The object itself is asked, because nothing between us and the API server writes into it. The
 * `Date` of an answer is no evidence: balancers and proxies put their own in its place.
 *
 * @param field counts only writes of those who wrote this field last
 */
export function lastWrittenMs(
  { managedFields }: KubernetesObject,
  field: readonly string[] = [],
): number | undefined {
  if (!Array.isArray(managedFields)) return undefined;
  const path = field.map((key) => `f:${key}`);
  const times = managedFields.map((entry: unknown) => {
    if (!isObject(entry)) return Number.NaN;
    if (!owns(entry['fieldsV1'], path)) return undefined;
    return typeof entry['time'] === 'string' ? Date.parse(entry['time']) : Number.NaN;
  });
  const told = times.filter((time) => time !== undefined);
  // One that cannot be read may be the newest.
  return told.length === 0 || told.some(Number.isNaN) ? undefined : Math.max(...told);
}

function owns(fields: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  return isObject(fields) && first in fields && owns(fields[first], rest);
}

/**
 * Who wrote which field is for the API server to keep: a write that does not mention it leaves it
 * as it is. It is the larger part of a Lease, in memory and in each request.
 */
export function withoutManagedFields(
  object: KubernetesObject,
  { managedFields, ...metadata }: KubernetesObject,
): KubernetesObject {
  return managedFields === undefined ? object : { ...object, metadata };
}
