import { printable } from '../../text/printable.js';
import { inSeconds, span } from '../text.js';

/** Something odd, and what it may mean. The code stays the same from release to release. */
export interface Hint {
  readonly code: string;
  readonly text: string;
  /** What is said when it holds for several locks at once. Absent: the same. */
  readonly ofSeveral?: string;
}

// Each is one sentence that ends with what to do: it is read by somebody in a hurry.

const OR_CHECK =
  'start a candidate, or see with check whether those that run may update the object.';

/** What there may be to say of a lock. */
export const HINTS = {
  missing: {
    code: 'missing',
    text:
      'There is no such object: start a candidate with this name, namespace and kind of lock, which ' +
      'creates it at its first try, or see with check whether it may.',
  },
  noNamespace: (namespace: string): Hint => ({
    code: 'noNamespace',
    text:
      `There is no namespace "${printable(namespace, { most: 253 })}": mend the name or the context, ` +
      'or create it with kubectl create namespace.',
  }),
  noRecord: {
    code: 'noRecord',
    text:
      'The object carries no election record: start a candidate, the first that looks at it takes it, ' +
      'or mend the name if another object was meant.',
  },
  noCandidate: {
    code: 'noCandidate',
    text: `The lock was given back and nobody has taken it since: ${OR_CHECK}`,
  },
  noDuration: {
    code: 'noDuration',
    text:
      'The record names no lease duration, so that each candidate waits for its own: give all of them ' +
      'the same one, and look which program has written this record.',
  },
  ageUnknown: {
    code: 'ageUnknown',
    text:
      'Nobody can tell when it was last renewed: run watch for longer than a lease to see whether it ' +
      'still is.',
  },
  stepDownRequested: {
    code: 'stepDownRequested',
    text:
      'The holder has been asked to step down, which those of other libraries do not understand: wait ' +
      'until its work has ended, or stop its pod.',
  },
  malformed: (what: string): Hint => ({
    code: 'malformed',
    ...inDetail(
      (detail) =>
        `The record cannot be read${detail}, so candidates write over it once it has not changed for ` +
        'a lease duration: look which other program writes to this object, and stop it.',
      ` (${what})`,
    ),
  }),
  expired: (ageMs: number, durationMs: number): Hint => ({
    code: 'expired',
    ...inDetail(
      (detail) =>
        `The lease ${detail}, so nobody leads, though the record still names a holder, and nobody ` +
        `has taken over: ${OR_CHECK}`,
      `of ${inSeconds(durationMs)} was last renewed ${span(ageMs)} ago`,
      'has run out',
    ),
  }),
  renewalsLate: (ageMs: number, durationMs: number): Hint => ({
    code: 'renewalsLate',
    ...inDetail(
      (detail) =>
        `The last renewal ${detail}: look whether the holder has crashed, is overloaded, or cannot ` +
        'reach the API server.',
      `was ${span(ageMs)} ago, of a lease of ${inSeconds(durationMs)}`,
      'is overdue',
    ),
  }),
  holderUnset: (holder: string): Hint => ({
    code: 'holderUnset',
    ...inDetail(
      (detail) =>
        `The holder is called ${detail}, as if a variable had not been set: give each candidate a ` +
        'name of its own, since with many libraries two of one name lead at the same time.',
      `"${holder}"`,
      '"undefined" or "null"',
    ),
  }),
  holderClock: (aheadMs: number): Hint => ({
    code: 'holderClock',
    text: `The holder has a clock that is ${apart(aheadMs)} the API server's: ${SET_IT_RIGHT}`,
    ofSeveral: `The holder has a clock that is far from the API server's: ${SET_IT_RIGHT}`,
  }),
  localClock: (aheadMs: number): Hint => ({
    code: 'localClock',
    text: `This machine has a clock that is ${apart(aheadMs)} the API server's: ${SET_IT_RIGHT}`,
  }),
} as const satisfies Readonly<Record<string, Hint | ((...given: never[]) => Hint)>>;

const SET_IT_RIGHT =
  'set it right, because clients that compare the times in the record with their own clock, unlike ' +
  'this library, may take a live lease.';

function apart(aheadMs: number): string {
  return `${inSeconds(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'}`;
}

function inDetail(
  sentence: (detail: string) => string,
  ofOne: string,
  ofSeveral = '',
): Pick<Hint, 'text' | 'ofSeveral'> {
  return { text: sentence(ofOne), ofSeveral: sentence(ofSeveral) };
}
