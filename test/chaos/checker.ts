import { type Overlap, overlapsOf, type Reign } from '../e2e/fleet/timeline.js';
import type { DoneFault } from './group.js';
import type { Timings } from './plan.js';

/*
 * Reads what was reported and done, after the event. It knows no election: only who got `true` when,
 * which faults were done when, and how long nobody may lead.
 */

export interface Vacancy {
  readonly from: number;
  readonly to: number;
  readonly ms: number;
  /** How long it may be, given the faults that fell into it. */
  readonly boundMs: number;
  readonly faults: readonly string[];
}

export interface Findings {
  readonly reigns: number;
  readonly faults: number;
  readonly overlaps: readonly Overlap[];
  readonly tooLong: readonly Vacancy[];
  /** Changes of leader, the shortest time between the old one's end and the new one's start first. */
  readonly margins: readonly number[];
  readonly longestVacancy: Vacancy | null;
}

/** What a busy machine may add to any delay. */
const SLACK_MS = 3_000;

export function check(
  reigns: readonly Reign[],
  faults: readonly DoneFault[],
  timings: Timings,
): Findings {
  const vacancies = vacanciesOf(reigns, faults, timings);
  const changes = reigns.slice(1).flatMap((reign, i) => {
    const before = reigns[i];
    return before !== undefined && before.who !== reign.who ? [reign.from - before.to] : [];
  });
  return {
    reigns: reigns.length,
    faults: faults.length,
    overlaps: overlapsOf(reigns),
    tooLong: vacancies.filter(({ ms, boundMs }) => ms > boundMs),
    margins: changes.sort((a, b) => a - b),
    longestVacancy: vacancies.reduce<Vacancy | null>(
      (longest, vacancy) => (longest === null || vacancy.ms > longest.ms ? vacancy : longest),
      null,
    ),
  };
}

/** The stretches between reigns. */
function vacanciesOf(
  reigns: readonly Reign[],
  faults: readonly DoneFault[],
  timings: Timings,
): Vacancy[] {
  const vacancies: Vacancy[] = [];
  let ledUntil = reigns[0]?.from ?? 0;
  for (const { from, to } of reigns) {
    if (from > ledUntil) {
      const within = faults.filter((fault) => fault.from < from && fault.to > ledUntil);
      vacancies.push({
        from: ledUntil,
        to: from,
        ms: from - ledUntil,
        boundMs: boundFor(within, ledUntil, from, timings),
        faults: within.map(({ name }) => name),
      });
    }
    ledUntil = Math.max(ledUntil, to);
  }
  return vacancies;
}

/**
 * A candidate that is in good order takes over when the lease has run out; one whose watch is dead
 * may learn of the last renewal only when the next is overdue. While a fault hits everybody, nobody
 * can: that time comes on top.
 */
function boundFor(
  faults: readonly DoneFault[],
  from: number,
  to: number,
  { leaseDurationSeconds, retryPeriodSeconds }: Timings,
): number {
  const outage = faults
    .filter(({ target, name }) => target === 'everybody' || name === 'revoke')
    .reduce((sum, fault) => sum + Math.min(fault.to, to) - Math.max(fault.from, from), 0);
  return (leaseDurationSeconds + 3.4 * retryPeriodSeconds) * 1000 + outage + SLACK_MS;
}
