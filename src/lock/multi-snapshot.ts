import { isNewer } from '../kubernetes/resource-version.js';
import { isSameWrite } from './as-stored.js';
import { isBare } from './decide.js';
import { type OwnWrite, type Part, wholeWrite, withoutHalves, writeIn } from './own-parts.js';
import { LeaderElectionRecord } from './record.js';
import type { LockSnapshot } from './resource-lock.js';
import { isObject, metadataOf } from './stored-record.js';

/* Several parts as one lock: what the election is told of them. Pure. */

/** What stands in the snapshot of a whole for its next write to be based on. */
export interface MultiObject {
  /** The parts as they are, halves of our own writes included. */
  readonly parts: readonly Part[];
}

type Held = LockSnapshot & { readonly record: LeaderElectionRecord };

/** The parts as one lock, for the candidate of that identity, with its own writes. */
export function together(
  found: readonly Part[],
  own: readonly OwnWrite[],
  identity: string,
): LockSnapshot {
  const parts = withoutHalves(found, own);
  const snapshots = parts.map(({ snapshot }) => snapshot);
  const versions = parts.map(({ version }) => version);
  const writtenAtMs = newestDate(snapshots);
  const object: MultiObject = { parts: found };
  return {
    ...recordOf(parts, own, identity),
    fingerprint: JSON.stringify(snapshots.map((snapshot) => snapshot?.fingerprint ?? null)),
    // Of two states of the parts, one of which follows the other, the later one has the larger sum.
    version: String(versions.reduce((sum, version) => sum + BigInt(version), 0n)),
    // The versions of one API server are of one count: what is written last has the largest.
    token: versions.reduce((most, version) => (isNewer(version, most) ? version : most)),
    object: { ...object, ...requests(snapshots) },
    parts: snapshots,
    ...(writtenAtMs === undefined ? {} : { writtenAtMs }),
  };
}

/** The parts that a snapshot of a whole was made of; null: it is none. */
export function partsOf({ object }: LockSnapshot): readonly Part[] | null {
  const parts = isObject(object) ? object['parts'] : undefined;
  return Array.isArray(parts) ? (parts as readonly Part[]) : null;
}

function recordOf(
  parts: readonly Part[],
  own: readonly OwnWrite[],
  identity: string,
): Pick<LockSnapshot, 'record' | 'unreadable'> {
  const snapshots = parts.map(({ snapshot }) => snapshot).filter((snapshot) => snapshot !== null);
  const readable = snapshots.filter((one): one is Held => one.record !== null);
  const held = readable.filter(({ record }) => !record.isReleased);
  const unreadable = snapshots.map((one) => one.unreadable).filter((why) => why !== null);
  if (unreadable.length > 0) return { record: null, unreadable: unreadable.join('; ') };
  if (held.length === 0) return { record: released(readable), unreadable: null };
  const mine = wholeWrite(parts, own);
  if (held.length === parts.length && (mine !== null || isOneWrite(held))) {
    return { record: whole(held, mine), unreadable: null };
  }
  // Where the rest of our own was deleted there is nobody else: it is put back by the next renewal.
  const isRest = parts.every(
    ({ snapshot }, i) =>
      snapshot === null || isBare(snapshot) || writeIn(parts, i, own)?.done === true,
  );
  return { record: isRest ? null : mixed(held, readable, identity), unreadable: null };
}

function isOneWrite([first, ...others]: readonly Held[]): boolean {
  return others.every(({ record }) => first !== undefined && isSameWrite(first.record, record));
}

/** One record in all parts. What admission has altered in one of them is how it is stored. */
function whole(held: readonly Held[], mine: OwnWrite | null): LeaderElectionRecord {
  const records = held.map(({ record }) => record);
  const altered = mine === null ? null : records.find((one) => !isSameWrite(mine.record, one));
  const seconds = records.map((record) => record.leaseDurationSeconds);
  return changed(altered ?? records[0], {
    // We hold all of it no longer than the shortest; we wait for another as long as for the longest.
    leaseDurationSeconds: mine === null ? Math.max(...seconds) : Math.min(...seconds),
  });
}

/**
 * Somebody holds a part, or each part is another's. The one that was written last names the leader.
 * It is no record of anybody's: we must not take it for ours.
 */
function mixed(
  held: readonly Held[],
  readable: readonly Held[],
  identity: string,
): LeaderElectionRecord {
  const others = held.filter(({ record }) => record.holderIdentity !== identity);
  return changed(newest(others.length > 0 ? others : held)?.record, {
    leaseDurationSeconds: Math.max(...held.map(({ record }) => record.leaseDurationSeconds)),
    acquireTime: '',
    leaderTransitions: mostTransitions(readable),
  });
}

/** Nobody holds any of them. */
function released(readable: readonly Held[]): LeaderElectionRecord | null {
  if (readable.length === 0) return null;
  return changed(newest(readable)?.record, { leaderTransitions: mostTransitions(readable) });
}

function newest(held: readonly Held[]): Held | undefined {
  return held.reduce<Held | undefined>(
    (best, one) => (isNewer(one.version, best?.version ?? null) ? one : best),
    undefined,
  );
}

function mostTransitions(readable: readonly Held[]): number {
  return Math.max(...readable.map(({ record }) => record.leaderTransitions));
}

function changed(
  record: LeaderElectionRecord | undefined,
  changes: Partial<LeaderElectionRecord>,
): LeaderElectionRecord {
  if (record === undefined) throw new Error('There is no record in any part');
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaderTransitions } =
    record;
  const fields = {
    holderIdentity,
    leaseDurationSeconds,
    acquireTime,
    renewTime,
    leaderTransitions,
  };
  return new LeaderElectionRecord({ ...fields, ...changes });
}

/** When the last of those that hold something was written; undefined: of one it cannot be told. */
function newestDate(snapshots: readonly (LockSnapshot | null)[]): number | undefined {
  const dates = snapshots
    .filter((snapshot) => snapshot !== null && isTaken(snapshot))
    .map((snapshot) => snapshot?.writtenAtMs);
  const told = dates.filter((date) => date !== undefined);
  return told.length < dates.length || told.length === 0 ? undefined : Math.max(...told);
}

/** Somebody may hold the lock by it. */
export function isTaken({ record, unreadable }: LockSnapshot): boolean {
  return unreadable !== null || (record !== null && !record.isReleased);
}

/** What people ask for by means of one of the objects is asked of the whole. */
function requests(snapshots: readonly (LockSnapshot | null)[]): Record<string, unknown> {
  const objects = snapshots.map((snapshot) => snapshot?.object).filter(isObject);
  const annotations = objects.map((object) => metadataOf(object)['annotations']).filter(isObject);
  const specs = objects.map((object) => object['spec']).filter(isObject);
  return {
    metadata: { annotations: Object.assign({}, ...annotations) as object },
    spec: Object.assign({}, ...specs) as object,
  };
}
