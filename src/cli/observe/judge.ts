import { decide, durationOf, isBare, observe, type Observation } from '../../lock/decide.js';
import { toMicroTime } from '../../lock/iso-time.js';
import { stepDownRequested } from '../../lock/step-down.js';
import type { LeaderElectionRecord } from '../../lock/record.js';
import type { Timings } from '../timings.js';
import { HINTS, type Hint } from './hints.js';
import type { Sight } from './read-locks.js';

/**
 * - `held`: somebody leads, or may be leading
 * - `expired`: the record still names a holder, whose lease has run out
 * - `released`: given back; nobody leads
 * - `empty`: an object without an election record
 * - `unreadable`: counts as held by an unknown holder, until it has not changed for a lease
 * - `missing`: there is no such object
 */
export type Standing = 'held' | 'expired' | 'released' | 'empty' | 'unreadable' | 'missing';

export interface Judgement {
  readonly standing: Standing;
  /** The holder that the record names, even one whose lease has run out. */
  readonly holder: string | null;
  readonly record: LeaderElectionRecord | null;
  /** Since the record was last written; null when nobody can tell. */
  readonly ageMs: number | null;
  /** Whose clock says so; null without an age. `holder` is the least reliable. */
  readonly ageBy: 'apiServer' | 'observation' | 'holder' | null;
  /** Negative when it has run out; null unless somebody holds the lock. */
  readonly expiresInMs: number | null;
  /** For how long the holder has held it; null unless somebody does, and it can be told. */
  readonly heldForMs: number | null;
  readonly hints: readonly Hint[];
}

export interface JudgeInput {
  readonly sight: Sight;
  /** Our own lease duration, for records that name none. */
  readonly leaseDurationMs: number;
  /** The local wall clock, in ms since 1970. */
  readonly nowMs: number;
  /** What was known of the lock before; null at the first look. */
  readonly before?: Observation | null;
  /** When it was looked at: monotonic time in ms. Of no use without `before`. */
  readonly atMs?: number;
}

/** The API server dates by whole seconds. */
const RESOLUTION_MS = 1000;

/**
 * What is known of a lock after a look at it, by the rule that candidates follow: a lease counts from
 * when its record was seen to change. At the first look it is as old at least as its date says.
 */
export function noteSight(input: JudgeInput): Observation {
  const { sight, leaseDurationMs, before = null, atMs = 0 } = input;
  const { object, stored } = sight;
  const snapshot = stored === null ? null : { ...stored, object, version: '' };
  const age = before === null ? (dateOf(input).ageMs ?? 0) - RESOLUTION_MS : 0;
  return observe(before, { snapshot, receivedAtMs: atMs - Math.max(0, age) }, { leaseDurationMs });
}

/** What can honestly be said of a lock after a look at it. Pure. */
export function judge(input: JudgeInput, observation = noteSight(input)): Judgement {
  const { leaseDurationMs, atMs = 0 } = input;
  const { snapshot } = observation;
  const nobody = { ...UNDATED, holder: null, record: null, expiresInMs: null, heldForMs: null };
  if (snapshot === null) return { standing: 'missing', ...nobody, hints: [HINTS.missing] };
  if (isBare(snapshot)) return { standing: 'empty', ...nobody, hints: [HINTS.noRecord] };
  const { record, unreadable } = snapshot;
  const candidate = {
    identity: '',
    reclaimOwnIdentity: false,
    wroteIt: false,
    holderIsDead: false,
  };
  const decision = decide({ observation, nowMs: atMs, ...candidate });
  const isExpired = decision.kind === 'take' && decision.because === 'expired';
  const age = ageOf(input, observation, isExpired);
  if (record === null) {
    const hints = [HINTS.malformed(unreadable ?? '')];
    return { standing: 'unreadable', ...nobody, ...age, hints };
  }
  if (record.isReleased) {
    const hints = age.ageMs !== null && age.ageMs < LONG_FREE_MS ? [] : [HINTS.noCandidate];
    return { standing: 'released', ...nobody, record, ...age, hints };
  }
  const durationMs = durationOf(snapshot, leaseDurationMs);
  const expiresInMs = age.ageMs === null ? null : durationMs - age.ageMs;
  const standing = isExpired ? 'expired' : 'held';
  const heldForMs = isExpired ? null : heldFor(record, age);
  const holder = record.holderIdentity;
  const seen = { standing, holder, record, ...age, expiresInMs, heldForMs } as const;
  return { ...seen, hints: oddities(input, record, durationMs, seen) };
}

/** The same of what was read just now, once. */
export function judgeOnce(sight: Sight, { leaseDurationSeconds }: Timings): Judgement {
  const leaseDurationMs = leaseDurationSeconds * 1000;
  return judge({ sight, leaseDurationMs, nowMs: Date.now() });
}

type Age = Pick<Judgement, 'ageMs' | 'ageBy'>;

const UNDATED: Age = { ageMs: null, ageBy: null };

/**
 * From when it took the lock to its last renewal by its own clock, and from there on as the age of
 * the record is known: no times of two machines are compared.
 */
function heldFor({ acquireTime, renewTime }: LeaderElectionRecord, { ageMs }: Age): number | null {
  const [taken, renewed] = [timeOf(acquireTime), timeOf(renewTime)];
  if (ageMs === null || taken === null || renewed === null || renewed < taken) return null;
  return renewed - taken + ageMs;
}

function ageOf(input: JudgeInput, { isFirst, observedAtMs }: Observation, isExpired: boolean): Age {
  const date = dateOf(input);
  // Without a date, a record that has not changed for a lease is as old as that at least.
  const asSeen = !isFirst || (isExpired && date.ageMs === null);
  return asSeen ? { ageMs: (input.atMs ?? 0) - observedAtMs, ageBy: 'observation' } : date;
}

/** How old the record is by the dates that it carries. */
function dateOf({ sight: { ageMs, serverMs, stored }, nowMs }: JudgeInput): Age {
  if (ageMs !== null) return { ageMs, ageBy: 'apiServer' };
  const renewed = timeOf(stored?.record?.renewTime ?? '');
  if (renewed === null) return UNDATED;
  return { ageMs: Math.max(0, (serverMs ?? nowMs) - renewed), ageBy: 'holder' };
}

const LONG_FREE_MS = 10_000;
/** Larger than the resolution of the dates and the time that a request takes. */
const CLOCKS_APART_MS = 3000;

function oddities(
  { sight, nowMs }: JudgeInput,
  record: LeaderElectionRecord,
  durationMs: number,
  { standing, ageMs, ageBy, holder }: Pick<Judgement, 'standing' | 'ageMs' | 'ageBy' | 'holder'>,
): Hint[] {
  const hints: Hint[] = [];
  if (standing === 'expired') hints.push(HINTS.expired(ageMs ?? 0, durationMs));
  else if (ageMs !== null && ageMs > (durationMs * 2) / 3 + RESOLUTION_MS) {
    hints.push(HINTS.renewalsLate(ageMs, durationMs));
  }
  if (record.leaseDurationSeconds <= 0) hints.push(HINTS.noDuration);
  if (holder === 'undefined' || holder === 'null') hints.push(HINTS.holderUnset(holder));
  if (ageMs === null) hints.push(HINTS.ageUnknown);
  const renewed = timeOf(record.renewTime);
  if (renewed !== null && sight.serverMs !== null && sight.ageMs !== null && ageBy !== 'holder') {
    const aheadMs = renewed - (sight.serverMs - sight.ageMs);
    if (Math.abs(aheadMs) > CLOCKS_APART_MS) hints.push(HINTS.holderClock(aheadMs));
  }
  if (sight.serverMs !== null && Math.abs(nowMs - sight.serverMs) > CLOCKS_APART_MS) {
    hints.push(HINTS.localClock(nowMs - sight.serverMs));
  }
  if (stepDownRequested(sight.object, record)) hints.push(HINTS.stepDownRequested);
  return hints;
}

function timeOf(text: string): number | null {
  const time = toMicroTime(text);
  return time === null ? null : Date.parse(time);
}
