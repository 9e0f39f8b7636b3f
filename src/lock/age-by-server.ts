import { isObject, type KubernetesObject } from './stored-record.js';

/**
 * When the object was last written, in milliseconds since 1970 by the clock of the API server, which
 * dates each manager's last write in `managedFields`, by whole seconds. In the answer to a dry-run
 * write it is what that clock shows now. Undefined when it cannot be told.
 *
 * The object itself is asked, because nothing between us and the API server writes into it. The
 * `Date` of an answer is no evidence: balancers and proxies put their own in its place.
 */
export function lastWrittenMs({ managedFields }: KubernetesObject): number | undefined {
  if (!Array.isArray(managedFields)) return undefined;
  const times = managedFields.map((entry: unknown) => {
    const time = isObject(entry) ? entry['time'] : undefined;
    return typeof time === 'string' ? Date.parse(time) : Number.NaN;
  });
  // One that cannot be read may be the newest.
  return times.length === 0 || times.some(Number.isNaN) ? undefined : Math.max(...times);
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
