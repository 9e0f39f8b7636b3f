import type { Instant } from '../../src/time/clock.js';
import type { Reading, Settings, StoredRecord } from './trace.js';

/** Timers add fractions of milliseconds in another order than this model does. */
export const EPSILON = 1e-6;
/** How far a try may be put off so that candidates do not all write at once. */
export const CONTENTION_DELAY = 200;
const FIRST_RETRY = 250;
/** So many requests may follow each other at once, and one more for every so many milliseconds. */
export const AT_ONCE = 15;
export const PACE = 400;

/** What a holder must assume to have passed: a machine that slept has a clock that stood still. */
export function heldFor(since: Instant, now: Instant): number {
  return Math.max(now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs);
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Polling: the retry period times 1 to 2.2, from a moment on. */
export function pollAfter(at: number, { retryPeriod }: Settings): Range {
  return { from: at + retryPeriod, to: at + 2.2 * retryPeriod };
}

/**
 * A retry after a failure: 250 ms, doubling to the retry period, with a jitter that the law does
 * not put a figure on; half and double are taken as its bounds. `failures` counts in a row.
 */
export function retryAfterFailure(at: number, failures: number, { retryPeriod }: Settings): Range {
  const step = Math.min(FIRST_RETRY * 2 ** Math.max(0, failures - 1), retryPeriod);
  return { from: at + FIRST_RETRY / 2, to: at + 2 * step };
}

/** What a candidate that does not lead may conclude from the object it has read. */
export type Judgement =
  | { readonly kind: 'free' }
  /** A write of this candidate: it may take it up again, or wait like for any other. */
  | { readonly kind: 'own' }
  /** Somebody holds it until then, on the monotonic clock, unless the record changes before. */
  | { readonly kind: 'held'; readonly until: number };

export interface Seen {
  readonly reading: Reading;
  /** When a record was received that differs from the one before. */
  readonly changedAt: number;
  /** Nothing was seen of the lock before this record. */
  readonly isFirst: boolean;
  /** By the server's clock it was found to be long dead, at that time; null: it was not. */
  readonly deadAt: number | null;
}

export function judge(
  { reading, changedAt }: Seen,
  settings: Settings,
  outdated = false,
): Judgement {
  const { record, unreadable, author } = reading;
  if (unreadable !== null) return { kind: 'held', until: changedAt + settings.lease };
  if (record === null || record.holderIdentity === '') return { kind: 'free' };
  if (author !== null && !outdated) return { kind: 'own' };
  if (record.holderIdentity === settings.identity && settings.reclaimOwnIdentity) {
    return { kind: 'free' };
  }
  return { kind: 'held', until: changedAt + durationOf(record, settings) };
}

/**
 * Whether a held record that is seen first may have been left from long ago, as far as can be known
 * without the server's clock. The dates do not tell of a renewal where its time is missing.
 */
export function mayBeLongDead({ isFirst, reading }: Seen, { useServerClock }: Settings): boolean {
  return useServerClock && isFirst && reading.record?.renewTime !== '';
}

/** Everybody was down: twice the lease of the record has passed, and ours and five seconds. */
export function isLongDead(age: number, { reading }: Seen, settings: Settings): boolean {
  const { record } = reading;
  const lasts = record === null ? settings.lease : durationOf(record, settings);
  return age > 2 * lasts && age >= settings.lease + 5000;
}

/** The record's own duration, ours where it has none or nonsense. */
function durationOf({ leaseDurationSeconds }: StoredRecord, { lease }: Settings): number {
  const sound = Number.isFinite(leaseDurationSeconds) && leaseDurationSeconds > 0;
  return sound ? leaseDurationSeconds * 1000 : lease;
}

export function sameRecord(a: Reading, b: Reading): boolean {
  if (a.unreadable !== b.unreadable) return false;
  if (a.record === null || b.record === null) return a.record === b.record;
  return fieldsOf(a.record) === fieldsOf(b.record);
}

function fieldsOf(record: StoredRecord): string {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaderTransitions } =
    record;
  return JSON.stringify([
    holderIdentity,
    leaseDurationSeconds,
    acquireTime,
    renewTime,
    leaderTransitions,
  ]);
}

/** Whether a time written into a record is this one, to the millisecond. */
export function isTime(text: string, wallMs: number): boolean {
  return Math.abs(Date.parse(text) - wallMs) <= 1;
}
