import type { LockSnapshot } from './resource-lock.js';

/** What a candidate knows of the lock, and since when. Plain data, made by {@link observe}. */
export interface Observation {
  /** Null while the object does not exist. */
  readonly snapshot: LockSnapshot | null;
  /** Monotonic time, in ms, when the present record (or its absence) was first received. */
  readonly observedAtMs: number;
  /** Monotonic time, in ms, when the lease known to be live runs out; null when none is known. */
  readonly expiresAtMs: number | null;
  /** Monotonic time, in ms, when anything was heard of the lock last, changed or not. */
  readonly heardAtMs: number;
  /** The version that was heard of last, that of a deletion included; null: none yet. */
  readonly version: string | null;
  /** No record was seen before this one, and nobody has asked yet how old it is. */
  readonly isFirst: boolean;
}

/** One piece of information about the lock: an answer to a read or write, or news from a watch. */
export interface Heard {
  /** Null: the object does not exist. */
  readonly snapshot: LockSnapshot | null;
  /** Monotonic time in ms. */
  readonly receivedAtMs: number;
  /** That of the deletion, where a watch has told of one. */
  readonly version?: string | undefined;
}

/** What is waited for where the record itself names no duration. */
export interface OwnLease {
  readonly leaseDurationMs: number;
}

export type Decision =
  /** The object does not exist: create it. */
  | { readonly kind: 'create' }
  /** The lock is free, run out, provably our own or that of the dead: write over it, conditionally. */
  | {
      readonly kind: 'take';
      readonly because: 'free' | 'expired' | 'ours' | 'sameIdentity' | 'dead';
    }
  /** Somebody may be leading until `untilMs` (monotonic). */
  | {
      readonly kind: 'wait';
      readonly because: 'held' | 'unreadable' | 'vanished';
      readonly untilMs: number;
    };

export interface DecideInput {
  readonly observation: Observation;
  /** Monotonic time in ms. */
  readonly nowMs: number;
  readonly identity: string;
  /** Take a record that has our identity though this process did not write it. */
  readonly reclaimOwnIdentity: boolean;
  /** The record is, to the last digit, one that this process wrote, and no work of ours runs. */
  readonly wroteIt: boolean;
  /** The process that holds the lock by this record is dead for certain. */
  readonly holderIsDead: boolean;
}

/**
 * Takes what was heard of the lock into what is known so far.
 *
 * The age of a lease counts from when this process received a record that differs from the one
 * before. Times inside the record are another machine's and are never compared with ours.
 */
export function observe(before: Observation | null, heard: Heard, own: OwnLease): Observation {
  const { snapshot, receivedAtMs } = heard;
  const sameAsBefore = before !== null && before.snapshot?.fingerprint === snapshot?.fingerprint;
  const observedAtMs = sameAsBefore ? before.observedAtMs : receivedAtMs;
  const version = heard.version ?? snapshot?.version ?? before?.version ?? null;
  return {
    snapshot,
    observedAtMs,
    expiresAtMs: expiry(before, heard, sameAsBefore, own.leaseDurationMs),
    heardAtMs: receivedAtMs,
    version,
    isFirst: before === null || (sameAsBefore && before.isFirst),
  };
}

function expiry(
  before: Observation | null,
  { snapshot, receivedAtMs }: Heard,
  sameAsBefore: boolean,
  leaseDurationMs: number,
): number | null {
  if (snapshot === null || isBare(snapshot)) {
    return expiryOfVanished(before, receivedAtMs, leaseDurationMs);
  }
  if (snapshot.record?.isReleased === true) return null;
  // Seen again, it runs out when it would have, or has run out for good if it was found long dead.
  if (sameAsBefore && before !== null) return before.expiresAtMs;
  return receivedAtMs + durationOf(snapshot, leaseDurationMs);
}

/** How long ago the server that stores the lock says it was last written. See {@link heed}. */
export interface Age {
  /** The version that it says so of. */
  readonly version: string;
  /** In milliseconds; undefined when it could not be told. */
  readonly writtenAgoMs: number | undefined;
  /** Monotonic time in ms. */
  readonly receivedAtMs: number;
}

/**
 * Whether it is worth asking the API server for the age of the lock: it is held, it could have been
 * held by the dead for long, and we know no better. What we have seen change is not asked about:
 * somebody was alive then, whatever the dates say.
 *
 * The date is that of the last change of a field which is still there. Each renewal changes the time
 * of renewal; where a hand has taken that away, the dates say nothing of when it was.
 */
export function isAgeWorthAsking({ isFirst, snapshot, expiresAtMs }: Observation): boolean {
  if (!isFirst || expiresAtMs === null || snapshot === null) return false;
  return snapshot.writtenAtMs !== undefined && snapshot.record?.renewTime !== '';
}

/**
 * Takes in the age of the lock. By the API server's clock alone, nobody has renewed for so long that
 * the holder must be gone: everybody was down. Twice the lease leaves room for several API servers
 * whose clocks differ. In all other cases, and where nothing was told, it is waited for as ever.
 */
export function heed(
  before: Observation,
  age: Age | undefined,
  { leaseDurationMs }: OwnLease,
): Observation {
  const { snapshot, expiresAtMs } = before;
  const asked = { ...before, isFirst: false };
  if (!isAgeWorthAsking(before) || snapshot === null) return asked;
  if (age?.writtenAgoMs === undefined || age.version !== snapshot.version) return asked;
  const { writtenAgoMs } = age;
  const isLongDead =
    writtenAgoMs > 2 * durationOf(snapshot, leaseDurationMs) &&
    writtenAgoMs >= leaseDurationMs + CLOCK_SLACK_MS;
  if (!isLongDead) return asked;
  return { ...asked, expiresAtMs: Math.min(expiresAtMs ?? Infinity, age.receivedAtMs) };
}

const CLOCK_SLACK_MS = 5000;

/**
 * The object, or its record, vanished. That is not a release: its holder may have renewed a moment
 * before, unseen by us, leads on until that lease runs out, and will put the record back at its
 * next renewal. So a whole lease is waited for, from when it was found to be gone.
 */
function expiryOfVanished(
  before: Observation | null,
  receivedAtMs: number,
  ownLeaseDurationMs: number,
): number | null {
  const last = before?.snapshot ?? null;
  if (before === null || last === null || isBare(last)) return before?.expiresAtMs ?? null;
  // After a release another may have taken the lock, unseen by us; the second that a released record
  // names says nothing about its lease.
  if (last.record?.isReleased === true) return receivedAtMs + ownLeaseDurationMs;
  return receivedAtMs + durationOf(last, ownLeaseDurationMs);
}

/** What a candidate that does not lead should do now. Reads no clock and asks nobody. */
export function decide(input: DecideInput): Decision {
  const { observation, nowMs } = input;
  const { snapshot, expiresAtMs } = observation;
  const expired = expiresAtMs === null || nowMs >= expiresAtMs;

  if (snapshot === null) {
    return expired
      ? { kind: 'create' }
      : { kind: 'wait', because: 'vanished', untilMs: expiresAtMs };
  }
  if (isBare(snapshot)) {
    return expired
      ? { kind: 'take', because: 'free' }
      : { kind: 'wait', because: 'vanished', untilMs: expiresAtMs };
  }
  if (snapshot.record?.isReleased === true) return { kind: 'take', because: 'free' };
  if (input.wroteIt) return { kind: 'take', because: 'ours' };
  if (input.reclaimOwnIdentity && snapshot.record?.holderIdentity === input.identity) {
    return { kind: 'take', because: 'sameIdentity' };
  }
  if (input.holderIsDead) return { kind: 'take', because: 'dead' };
  if (expired) return { kind: 'take', because: 'expired' };
  const because = snapshot.record === null ? 'unreadable' : 'held';
  return { kind: 'wait', because, untilMs: expiresAtMs };
}

/** The object is there and carries no record at all. */
export function isBare(snapshot: LockSnapshot): boolean {
  return snapshot.record === null && snapshot.unreadable === null;
}

/** The record's own duration, whatever ours is; ours where it has none or nonsense. */
export function durationOf(snapshot: LockSnapshot, ownLeaseDurationMs: number): number {
  const seconds = snapshot.record?.leaseDurationSeconds;
  return seconds !== undefined && Number.isFinite(seconds) && seconds > 0
    ? seconds * 1000
    : ownLeaseDurationMs;
}
