import { printValue } from '../validation/print-value.js';
import { toMicroTime } from './iso-time.js';
import type { LeaderElectionRecord } from './record.js';

/*
 * What was written, and what is found in the lock. Between the two there may be an admission plugin,
 * or a lock that stores less than it is given. Pure.
 */

/**
 * Whether a record is the one that was written, to the last digit. Its duration is left out: it may
 * have been capped, and what is left tells the writes of all candidates apart.
 */
export function isSameWrite(written: LeaderElectionRecord, found: LeaderElectionRecord): boolean {
  return (
    found.holderIdentity === written.holderIdentity &&
    found.acquireTime === written.acquireTime &&
    found.renewTime === written.renewTime &&
    found.leaderTransitions === written.leaderTransitions
  );
}

/**
 * Whether a record may be the one that was written, with digits cut off its times. That is no proof:
 * what is left may be the same for another process that bears the same name.
 */
export function isCutFrom(written: LeaderElectionRecord, found: LeaderElectionRecord): boolean {
  return (
    found.holderIdentity === written.holderIdentity &&
    found.leaderTransitions === written.leaderTransitions &&
    isSameOrCut(written.acquireTime, found.acquireTime) &&
    isSameOrCut(written.renewTime, found.renewTime)
  );
}

function isSameOrCut(written: string, found: string): boolean {
  if (found === written) return true;
  const [whole, rest] = [toMicroTime(written), toMicroTime(found)];
  if (whole === null || rest === null) return false;
  // 12:00:07.120000Z may be what is left of 12:00:07.123456Z.
  const digits = rest.replace(/\.?0*Z$/, '');
  return whole.startsWith(digits);
}

const FIELDS = [
  'holderIdentity',
  'leaseDurationSeconds',
  'acquireTime',
  'renewTime',
  'leaderTransitions',
] as const;

/** In what a record was stored otherwise than it was written. */
export interface Alteration {
  readonly fields: readonly string[];
  /** In words. */
  readonly problem: string;
}

export function alterationOf(
  written: LeaderElectionRecord,
  stored: LeaderElectionRecord,
): Alteration | null {
  const altered = FIELDS.filter((field) => stored[field] !== written[field]);
  if (altered.length === 0) return null;
  const problem = altered
    .map((field) => {
      const [now, before] = [printValue(stored[field]), printValue(written[field])];
      return `${field} was stored as ${now} instead of ${before}`;
    })
    .join(', ');
  return { fields: altered, problem };
}
