/**
 * Whether a `resourceVersion` is later than another. Those of the API server are numbers that only
 * grow; others cannot be compared, and count as later if they differ.
 */
export function isNewer(version: string, than: string | null): boolean {
  if (than === null) return true;
  if (!/^\d+$/.test(version) || !/^\d+$/.test(than)) return version !== than;
  return version.length === than.length ? version > than : version.length > than.length;
}
