/** What the rule is, for messages. */
export const VERSION_RULE = 'must be a decimal number as text, such as "1042"';

/**
 * Whether this is a `resourceVersion` as the API server gives them: a decimal number, of 128 bits at
 * most. The election compares them, and makes a fencing token of the one that wins a term.
 */
export function isVersion(value: unknown): value is string {
  return typeof value === 'string' && /^(0|[1-9]\d{0,38})$/.test(value);
}

/** Whether a version is later than another, both as {@link isVersion} says. They only grow. */
export function isNewer(version: string, than: string | null): boolean {
  if (than === null) return true;
  return version.length === than.length ? version > than : version.length > than.length;
}
