import type { Report } from '../e2e/fleet/report.js';
import { type Overlap, overlapsOf, type Reign, reignsOf } from '../e2e/fleet/timeline.js';

/** What the lock's object was found to hold, told by the test that reads it again and again. */
export interface LockRecord {
  /** Empty: released, or never held. */
  readonly holder: string;
  /** It was written between these two moments of the machine's monotonic clock, in milliseconds. */
  readonly writtenAfter: number;
  readonly writtenBefore: number;
}

/**
 * Who is to blame for an overlap. `ours`: one of ours led without a right to. `theirs beside ours`: one
 * of theirs did, while one of ours held the lock. `theirs`: both are theirs.
 */
export type Cause = 'ours' | 'theirs beside ours' | 'theirs';

export interface JudgedOverlap extends Overlap {
  readonly cause: Cause;
}

export interface HandOver {
  readonly from: Reign;
  readonly to: Reign;
  /** From the last moment of the old leader to the first of the new one, in milliseconds. */
  readonly marginMs: number;
}

export interface Findings {
  readonly handOvers: readonly HandOver[];
  readonly overlaps: readonly JudgedOverlap[];
}

export function isOurs({ who }: { readonly who: string }): boolean {
  return who.startsWith('ours-');
}

/**
 * Finds what happened in one round. It knows the reports, what the lock held, and how long a lease is;
 * it asks no election. Where the moment of a write is not known exactly, ours is blamed only for what is
 * certain.
 */
export function check(
  reports: readonly Report[],
  records: readonly LockRecord[],
  leaseMs: number,
  nowAt: number,
): Findings {
  const reigns = reignsOf(reports, nowAt);
  const handOvers = reigns.slice(1).flatMap((to, index) => {
    const from = reigns[index];
    if (from === undefined || from.who === to.who) return [];
    return [{ from, to, marginMs: to.from - from.to }];
  });
  const judge = (overlap: Overlap): JudgedOverlap => {
    const ours = [overlap.first, overlap.second].filter(isOurs);
    if (ours.length === 0) return { ...overlap, cause: 'theirs' };
    const right =
      ours.length === 1 && ours.every((reign) => isRightful(reign, reports, records, leaseMs));
    return { ...overlap, cause: right ? 'theirs beside ours' : 'ours' };
  };
  return { handOvers, overlaps: overlapsOf(reigns).map(judge) };
}

/** A reign of ours that began on a lock that was free or over, and ended within its own lease. */
function isRightful(
  reign: Reign,
  reports: readonly Report[],
  records: readonly LockRecord[],
  leaseMs: number,
): boolean {
  return beganFree(reign, records, leaseMs) && endedInTime(reign, reports, records, leaseMs);
}

function beganFree(reign: Reign, records: readonly LockRecord[], leaseMs: number): boolean {
  const before = records.filter(
    ({ holder, writtenBefore }) => holder !== reign.who && writtenBefore <= reign.from,
  );
  const last = before.at(-1);
  return last === undefined || last.holder === '' || reign.from - last.writtenAfter >= leaseMs;
}

function endedInTime(
  reign: Reign,
  reports: readonly Report[],
  records: readonly LockRecord[],
  leaseMs: number,
): boolean {
  const sent = reports.flatMap((report) =>
    report.event === 'renewed' && report.who === reign.who && report.at <= reign.to
      ? [report.sentAt]
      : [],
  );
  const releasedBefore = records.some(
    (record, index) =>
      record.holder === '' &&
      records[index - 1]?.holder === reign.who &&
      record.writtenBefore > reign.from &&
      record.writtenBefore < reign.to,
  );
  return !releasedBefore && reign.to <= Math.max(reign.from, ...sent) + leaseMs;
}
