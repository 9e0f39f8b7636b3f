/**
 * Whether this can be a `resourceVersion` of the API server: a decimal number. With anything else
 * there could be no fencing token, and no telling what is newer.
 */
export function isVersion(value: unknown): value is string {
  return typeof value === 'string' && /^(0|[1-9]\d{0,39})$/.test(value);
}

/**
 * Whether a `resourceVersion` is later than another. Those of the API server are numbers that only
 * grow; others cannot be compared, and count as later if they differ.
 */
export function isNewer(version: string, than: string | null): boolean {
  if (than === null) return true;
  if (!/^\d+$/.test(version) || !/^\d+$/.test(than)) return version !== than;
  return version.length === than.length ? version > than : version.length > than.length;
}
