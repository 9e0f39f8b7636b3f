import type { Timings } from '../timings.js';
import { exactSeconds } from './text.js';

/** For requests, and for the processes of a busy machine to get their turn. */
export const SLACK_MS = 1000;

const FIRST_CONTACT_MS = 10_000;

/** Candidates look at a lock that another holds every 1 to 2.2 retry periods, at random. */
const LONGEST_POLL = 2.2;

/** How long something may take at most, and what that is made of. */
export interface Bound {
  readonly ms: number;
  readonly because: string;
}

/** At the start: a first look, and a second one for whoever loses the race for a free lock. */
export function electionBound({ retryPeriodSeconds }: Timings): Bound {
  return {
    ms: LONGEST_POLL * retryPeriodSeconds * 1000 + FIRST_CONTACT_MS,
    because:
      `2.2 x retry period ${exactSeconds(retryPeriodSeconds)} + ` +
      `${exactSeconds(FIRST_CONTACT_MS / 1000)} for credentials and first connections`,
  };
}

/**
 * After a crash: a candidate may have seen the last renewal as late as at its next look, and counts
 * the lease from there.
 */
export function takeoverBound({ leaseDurationSeconds, retryPeriodSeconds }: Timings): Bound {
  const poll = LONGEST_POLL * retryPeriodSeconds;
  return {
    ms: (leaseDurationSeconds + poll) * 1000 + SLACK_MS,
    because:
      `lease ${exactSeconds(leaseDurationSeconds)} + 2.2 x retry period ` +
      `${exactSeconds(retryPeriodSeconds)} + ${exactSeconds(SLACK_MS / 1000)} for requests`,
  };
}

/** After a release: the next look, at the latest, finds the lock free. */
export function handoverBound({ retryPeriodSeconds }: Timings): Bound {
  return {
    ms: LONGEST_POLL * retryPeriodSeconds * 1000 + SLACK_MS,
    because:
      `2.2 x retry period ${exactSeconds(retryPeriodSeconds)} + ` +
      `${exactSeconds(SLACK_MS / 1000)} for requests`,
  };
}
