import { isCutFrom, isSameWrite } from './as-stored.js';
import type { LeaderElectionRecord } from './record.js';
import type { LockSnapshot } from './resource-lock.js';

/*
 * A lock that is made of several is written one after the other, so that a write of ours may be stored
 * in one part and not in the other. Here is what such a half counts for: nothing. Pure.
 */

/** One part as it was found. */
export interface Part {
  /** Null: there is no object. */
  readonly snapshot: LockSnapshot | null;
  /** That of the snapshot; of what is not there, the last one that is known of it, else `0`. */
  readonly version: string;
}

/** A write of our own to several parts, under way or answered. */
export interface OwnWrite {
  readonly record: LeaderElectionRecord;
  /** Which parts it goes to. */
  readonly to: readonly boolean[];
  /** What it is conditional on: the version of each part, null where there was no object. */
  readonly over: readonly (string | null)[];
  /** What each part counted as before it. */
  readonly before: readonly Part[];
  /** The fingerprint with which each part has stored it; undefined where no answer has told. */
  readonly stored: (string | undefined)[];
  /** All parts have answered that they have stored it. */
  done: boolean;
}

/**
 * The parts as the election is to know them. One that shows a write of ours which is not in all of
 * its parts counts as it was before that write: nobody holds the lock by half of a write, no term
 * lasts longer for it, and our own half is nothing that we would have to wait for. Nobody else can
 * have held that part meanwhile, since our write was conditional on what it is taken for.
 */
export function withoutHalves(parts: readonly Part[], own: readonly OwnWrite[]): readonly Part[] {
  return parts.map((part, i) => {
    const write = writeIn(parts, i, own);
    return write === null || isWhole(write, parts, own) ? part : (write.before[i] ?? part);
  });
}

/** The newest of our writes that stands in this part. */
export function writeIn(
  parts: readonly Part[],
  i: number,
  own: readonly OwnWrite[],
): OwnWrite | null {
  const exact = own.findLast((write) => isIn(write, parts[i], i));
  if (exact !== undefined) return exact;
  // With digits cut off its times it is no proof of anything, but enough beside a proof.
  const isProven = parts.some((part, j) => own.some((write) => isIn(write, part, j)));
  if (!isProven) return null;
  return own.findLast((write) => mayBeIn(write, parts[i], i)) ?? null;
}

/** The write of ours that all of its parts show, and no other part a holder; null: there is none. */
export function wholeWrite(parts: readonly Part[], own: readonly OwnWrite[]): OwnWrite | null {
  return own.findLast((write) => isEverywhere(write, parts, own)) ?? null;
}

/**
 * Of our writes, those that may still come to matter: what stands in a part, and what may yet be stored
 * in one, since that is as it was when it was sent. And the last one, of which the answer may be late.
 */
export function possibleWrites(parts: readonly Part[], own: readonly OwnWrite[]): OwnWrite[] {
  return own.filter(
    (write, n) =>
      n === own.length - 1 ||
      parts.some(
        ({ snapshot, version }, i) =>
          mayBeIn(write, parts[i], i) ||
          isIn(write, parts[i], i) ||
          (write.to[i] === true && write.over[i] === (snapshot === null ? null : version)),
      ),
  );
}

function isWhole(write: OwnWrite, parts: readonly Part[], own: readonly OwnWrite[]): boolean {
  return write.done || isEverywhere(write, parts, own);
}

function isEverywhere(write: OwnWrite, parts: readonly Part[], own: readonly OwnWrite[]): boolean {
  return parts.every((_, i) => write.to[i] !== true || writeIn(parts, i, own) === write);
}

function isIn({ record, to, stored }: OwnWrite, part: Part | undefined, i: number): boolean {
  const found = part?.snapshot?.record;
  if (to[i] !== true || found == null) return false;
  const told = stored[i];
  return told === undefined ? isSameWrite(record, found) : told === part?.snapshot?.fingerprint;
}

function mayBeIn({ record, to, stored }: OwnWrite, part: Part | undefined, i: number): boolean {
  const found = part?.snapshot?.record;
  if (to[i] !== true || found == null || stored[i] !== undefined) return false;
  return isCutFrom(record, found);
}
