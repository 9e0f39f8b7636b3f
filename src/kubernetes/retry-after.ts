/** What the longest timer can hold, in milliseconds: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * `Retry-After` in milliseconds: a number of seconds, or an HTTP date, which is taken relative to
 * the answer's own `Date` so that a clock that is wrong here does no harm.
 */
export function parseRetryAfter(
  value: string | undefined,
  date: string | undefined,
  nowMs: number,
): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return askedWait(Number(text) * 1000);
  const until = Date.parse(text);
  if (Number.isNaN(until)) return undefined;
  const serverNow = date === undefined ? Number.NaN : Date.parse(date);
  return askedWait(until - (Number.isNaN(serverNow) ? nowMs : serverNow));
}

/** A wait that somebody else has named, in milliseconds, as far as one can wait. */
export function askedWait(ms: number): number {
  return Math.min(Math.max(0, ms), LONGEST_MS);
}
