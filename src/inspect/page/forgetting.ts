/*
 * Which candidates are forgotten. Who serves the page and the page itself go by the same rule, so that
 * the page shows nobody of whom it hears no more. Knows no browser.
 */

/** More of them are kept only while they are there: what has become of many is nobody's question. */
const KEPT = 64;
export const MOST_CANDIDATES = 500;

/** Whom to forget of them, which come in the order in which they were first heard of; null: nobody. */
export function whomToForget<T>(
  candidates: ReadonlyMap<string, T>,
  isGone: (candidate: T) => boolean,
): string | null {
  if (candidates.size <= KEPT) return null;
  for (const [id, candidate] of candidates) if (isGone(candidate)) return id;
  const [oldest] = candidates.keys();
  return candidates.size > MOST_CANDIDATES && oldest !== undefined ? oldest : null;
}
