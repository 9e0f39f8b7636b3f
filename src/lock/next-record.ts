import { microTime } from '../time/micro-time.js';
import { LeaderElectionRecord } from './record.js';
import type { LockSnapshot } from './resource-lock.js';
import { MAX_INT32 } from './stored-record.js';

/* The records that a candidate writes. Pure: the time and the random digits come in. */

interface Stamp {
  readonly wallMs: number;
  readonly random: () => number;
}

/**
 * The record of a candidate that takes the lock. Each of its times has random digits of its own: two
 * processes that bear the same name may claim it in the same millisecond, over the same record, and
 * what is read back must tell which of them it was.
 */
export function claimRecord(
  input: Stamp & {
    /** What stands in the lock; null when there is no object. */
    readonly before: Pick<LockSnapshot, 'record'> | null;
    readonly identity: string;
    readonly leaseDurationMs: number;
  },
): LeaderElectionRecord {
  const { before, identity } = input;
  // As client-go counts: a new object begins at 0, and an object without a record was nobody's.
  const changesHands = before !== null && before.record?.holderIdentity !== identity;
  return new LeaderElectionRecord({
    holderIdentity: identity,
    leaseDurationSeconds: input.leaseDurationMs / 1000,
    acquireTime: microTime(input.wallMs, input.random),
    renewTime: microTime(input.wallMs, input.random),
    leaderTransitions: nextCount(before?.record?.leaderTransitions ?? 0, changesHands),
  });
}

/** A Lease counts up to here. There the count stays, and the election goes on. */
function nextCount(transitions: number, changesHands: boolean): number {
  return Math.min(transitions + (changesHands ? 1 : 0), MAX_INT32);
}

/**
 * The record of a holder that renews: the renew time changes, and the duration is ours again where
 * what stores the record has made another of it.
 */
export function renewalRecord(
  input: Stamp & { readonly held: LeaderElectionRecord; readonly leaseDurationMs: number },
): LeaderElectionRecord {
  return new LeaderElectionRecord({
    ...fields(input.held),
    leaseDurationSeconds: input.leaseDurationMs / 1000,
    renewTime: microTime(input.wallMs, input.random),
  });
}

/**
 * The record of a holder that lets go: nobody holds it, and a duration of one second makes other
 * libraries' candidates, which may not look at the empty holder, move on soon.
 */
export function releaseRecord(
  input: Stamp & { readonly held: LeaderElectionRecord },
): LeaderElectionRecord {
  const now = microTime(input.wallMs, input.random);
  return new LeaderElectionRecord({
    ...fields(input.held),
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: now,
    renewTime: now,
  });
}

/**
 * The record of a dry run, which is never stored: as it stands, but renewed, because a write that
 * changes nothing is answered with the date of the last one. What cannot be read is not kept.
 */
export function dryRunRecord(
  before: LeaderElectionRecord | null,
  identity: string,
): LeaderElectionRecord {
  const lastMs = Date.parse(before?.renewTime ?? '');
  const renewTime = microTime((Number.isNaN(lastMs) ? 0 : lastMs) + 1000, () => 0);
  const blank = { holderIdentity: identity, leaseDurationSeconds: 1, acquireTime: '' };
  return new LeaderElectionRecord({ ...(before === null ? blank : fields(before)), renewTime });
}

function fields(record: LeaderElectionRecord): {
  holderIdentity: string;
  leaseDurationSeconds: number;
  acquireTime: string;
  renewTime: string;
  leaderTransitions: number;
} {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaderTransitions } =
    record;
  return { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaderTransitions };
}
