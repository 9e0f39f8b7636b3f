/** What the longest timer can hold, in milliseconds: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * `Retry-After` in milliseconds, from a number of seconds, which is what API servers send. A date,
 * which something in between may send, is passed over: it could only be held against a clock of
 * another machine. Whoever is told nothing pauses for as long as it would have anyway.
 */
export function parseRetryAfter(value: string | undefined): number | undefined {
  const text = value?.trim() ?? '';
  return /^\d+(\.\d+)?$/.test(text) ? askedWait(Number(text) * 1000) : undefined;
}

/** A wait that somebody else has named, in milliseconds, as far as one can wait. */
export function askedWait(ms: number): number {
  return Math.min(Math.max(0, ms), LONGEST_MS);
}
