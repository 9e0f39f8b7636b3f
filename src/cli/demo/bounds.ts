import type { Timings } from '../timings.js';

/** For requests, and for the processes of a busy machine to get their turn. */
const SLACK_SECONDS = 1;
const FIRST_CONTACT_SECONDS = 10;
/** Candidates that cannot watch look at a lock that another holds every 1 to 2.2 retry periods. */
const LONGEST_POLL = 2.2;

/** How long something may take at most, and what that is made of. */
export interface Bound {
  readonly ms: number;
  readonly because: string;
}

/** At the start: a first look, and a second one for whoever loses the race for a free lock. */
export function electionBound(timings: Timings): Bound {
  return bound(timings, 0, FIRST_CONTACT_SECONDS, 'credentials and first connections');
}

/**
 * After a crash: a candidate may have seen the last renewal as late as at its next look, and counts
 * the lease from there.
 */
export function takeoverBound(timings: Timings): Bound {
  return bound(timings, timings.leaseDurationSeconds, SLACK_SECONDS, 'requests');
}

/** After a release: the next look, at the latest, finds the lock free. */
export function handoverBound(timings: Timings): Bound {
  return bound(timings, 0, SLACK_SECONDS, 'requests');
}

function bound({ retryPeriodSeconds }: Timings, lease: number, more: number, what: string): Bound {
  return {
    ms: (lease + LONGEST_POLL * retryPeriodSeconds + more) * 1000,
    because:
      (lease === 0 ? '' : `lease ${lease} s + `) +
      `${LONGEST_POLL} x retry period ${retryPeriodSeconds} s + ${more} s for ${what}`,
  };
}

/** As measured: `4.31 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
