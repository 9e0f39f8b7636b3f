import { isObject, type KubernetesObject } from './stored-record.js';

/**
 * How long ago the object was last written, in milliseconds, by the clock of the API server: it
 * dates its answers (`Date`), and in `managedFields` each manager's last write. Both go by whole
 * seconds, so the age may be a second off. Undefined when one of them is missing.
 */
export function ageByServer(metadata: KubernetesObject, date: string): number | undefined {
  const nowMs = Date.parse(date);
  const { managedFields } = metadata;
  if (Number.isNaN(nowMs) || !Array.isArray(managedFields)) return undefined;
  const times = managedFields.map((entry: unknown) => {
    const time = isObject(entry) ? entry['time'] : undefined;
    return typeof time === 'string' ? Date.parse(time) : Number.NaN;
  });
  // One that cannot be read may be the newest.
  if (times.length === 0 || times.some(Number.isNaN)) return undefined;
  return nowMs - Math.max(...times);
}
