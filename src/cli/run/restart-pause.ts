import type { Timings } from '../timings.js';

/** A command that ran this long was no failure to start. */
const QUICK_MS = 10_000;
const LONGEST_MS = 60_000;

/**
 * How long to pause before competing again: a retry period and a half at least, so that another
 * candidate has the first try; twice as long after each command in a row that ended quickly.
 */
export function restartPauseMs(
  ranForMs: number,
  quickEnds: number,
  { retryPeriodSeconds }: Timings,
  random: () => number,
): { readonly ms: number; readonly quickEnds: number } {
  const quick = ranForMs < QUICK_MS ? quickEnds + 1 : 0;
  const doubled = retryPeriodSeconds * 1500 * 2 ** Math.min(Math.max(0, quick - 1), 10);
  const ms = Math.min(LONGEST_MS, doubled) * (1 + random() / 2);
  return { ms: Math.round(ms), quickEnds: quick };
}
