import { decide, durationOf, isBare, observe, type Observation } from '../../lock/decide.js';
import { toMicroTime } from '../../lock/iso-time.js';
import { stepDownRequested } from '../../lock/step-down.js';
import type { LeaderElectionRecord } from '../../lock/record.js';
import { inSeconds } from '../text.js';
import type { Timings } from '../timings.js';
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

/** Something odd, and what it may mean. The code stays the same from release to release. */
export interface Hint {
  readonly code: string;
  readonly text: string;
}

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
  const nobody = { holder: null, record: null, ageMs: null, ageBy: null, expiresInMs: null };
  if (snapshot === null) return { standing: 'missing', ...nobody, hints: [MISSING] };
  if (isBare(snapshot)) return { standing: 'empty', ...nobody, hints: [EMPTY] };
  const { record, unreadable } = snapshot;
  const candidate = { identity: '', reclaimOwnIdentity: false, wroteIt: false };
  const decision = decide({ observation, nowMs: atMs, ...candidate });
  const isExpired = decision.kind === 'take' && decision.because === 'expired';
  const age = ageOf(input, observation, isExpired);
  if (record === null) {
    const hints = [malformed(unreadable ?? '')];
    return { standing: 'unreadable', ...nobody, ...age, hints };
  }
  if (record.isReleased) {
    const hints = age.ageMs !== null && age.ageMs < LONG_FREE_MS ? [] : [FREE];
    return { standing: 'released', ...nobody, record, ...age, hints };
  }
  const durationMs = durationOf(snapshot, leaseDurationMs);
  const expiresInMs = age.ageMs === null ? null : durationMs - age.ageMs;
  const standing = isExpired ? 'expired' : 'held';
  const seen = { standing, holder: record.holderIdentity, record, ...age, expiresInMs } as const;
  return { ...seen, hints: oddities(input, record, durationMs, seen) };
}

/** The same of what was read just now, once. */
export function judgeOnce(sight: Sight, { leaseDurationSeconds }: Timings): Judgement {
  const leaseDurationMs = leaseDurationSeconds * 1000;
  return judge({ sight, leaseDurationMs, nowMs: Date.now() });
}

type Age = Pick<Judgement, 'ageMs' | 'ageBy'>;

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
  if (renewed === null) return { ageMs: null, ageBy: null };
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
  if (standing === 'expired') hints.push(expired(ageMs ?? 0, durationMs));
  else if (ageMs !== null && ageMs > (durationMs * 2) / 3 + RESOLUTION_MS) {
    hints.push(late(ageMs, durationMs));
  }
  if (record.leaseDurationSeconds <= 0) hints.push(NO_DURATION);
  if (holder === 'undefined' || holder === 'null') hints.push(noName(holder));
  if (ageMs === null) hints.push(NO_AGE);
  const renewed = timeOf(record.renewTime);
  if (renewed !== null && sight.serverMs !== null && sight.ageMs !== null && ageBy !== 'holder') {
    const aheadMs = renewed - (sight.serverMs - sight.ageMs);
    if (Math.abs(aheadMs) > CLOCKS_APART_MS) hints.push(clocksApart('The holder', aheadMs));
  }
  if (sight.serverMs !== null && Math.abs(nowMs - sight.serverMs) > CLOCKS_APART_MS) {
    hints.push(clocksApart('This machine', nowMs - sight.serverMs));
  }
  if (stepDownRequested(sight.object, record)) hints.push(STEP_DOWN);
  return hints;
}

// Each is one sentence that ends with what to do: it is read by somebody in a hurry.

const OR_CHECK =
  'start a candidate, or see with check whether those that run may update the object.';

const MISSING: Hint = {
  code: 'missing',
  text:
    'There is no such object: start a candidate with this name, namespace and kind of lock, which ' +
    'creates it at its first try, or see with check whether it may.',
};
const EMPTY: Hint = {
  code: 'noRecord',
  text:
    'The object carries no election record: start a candidate, the first that looks at it takes it, ' +
    'or mend the name if another object was meant.',
};
const FREE: Hint = {
  code: 'noCandidate',
  text: `The lock was given back and nobody has taken it since: ${OR_CHECK}`,
};
const NO_DURATION: Hint = {
  code: 'noDuration',
  text:
    'The record names no lease duration, so that each candidate waits for its own: give all of them ' +
    'the same one, and look which program has written this record.',
};
const NO_AGE: Hint = {
  code: 'ageUnknown',
  text:
    'Nobody can tell when it was last renewed: run watch for longer than a lease to see whether it ' +
    'still is.',
};
const STEP_DOWN: Hint = {
  code: 'stepDownRequested',
  text:
    'The holder has been asked to step down, which those of other libraries do not understand: wait ' +
    'until its work has ended, or stop its pod.',
};

function malformed(what: string): Hint {
  return {
    code: 'malformed',
    text:
      `The record cannot be read (${what}), so candidates write over it once it has not changed for ` +
      'a lease duration: look which other program writes to this object, and stop it.',
  };
}

function expired(ageMs: number, durationMs: number): Hint {
  return {
    code: 'expired',
    text:
      `The lease of ${inSeconds(durationMs)} was last renewed ${inSeconds(ageMs)} ago, so nobody ` +
      `leads, though the record still names a holder, and nobody has taken over: ${OR_CHECK}`,
  };
}

function late(ageMs: number, durationMs: number): Hint {
  return {
    code: 'renewalsLate',
    text:
      `The last renewal was ${inSeconds(ageMs)} ago, of a lease of ${inSeconds(durationMs)}: look ` +
      'whether the holder has crashed, is overloaded, or cannot reach the API server.',
  };
}

function noName(holder: string): Hint {
  return {
    code: 'holderUnset',
    text:
      `The holder is called "${holder}", as if a variable had not been set: give each candidate a ` +
      'name of its own, since with many libraries two of one name lead at the same time.',
  };
}

function clocksApart(who: string, aheadMs: number): Hint {
  const by = `${inSeconds(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'}`;
  return {
    code: who === 'The holder' ? 'holderClock' : 'localClock',
    text:
      `${who} has a clock that is ${by} the API server's: set it right, because clients that compare ` +
      'the times in the record with their own clock, unlike this library, may take a live lease.',
  };
}

function timeOf(text: string): number | null {
  const time = toMicroTime(text);
  return time === null ? null : Date.parse(time);
}
