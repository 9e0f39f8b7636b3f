import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNewer } from '../../../src/kubernetes/resource-version.js';
import {
  type Age,
  decide,
  type DecideInput,
  heed,
  isAgeWorthAsking,
  type Observation,
  observe,
  type OwnLease,
} from '../../../src/lock/decide.js';
import { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import { record } from '../../support/controllable-lock.js';

const OWN_LEASE_MS = 15_000;

function snapshot(
  held: LeaderElectionRecord | null,
  unreadable: string | null = null,
): LockSnapshot {
  const fingerprint = unreadable ?? (held === null ? '' : JSON.stringify(held));
  return { record: held, unreadable, fingerprint, version: '1', object: null };
}

const bare = snapshot(null);
const garbage = snapshot(null, 'garbage');
const heldByOther = snapshot(record());
const released = snapshot(record({ holderIdentity: '', leaseDurationSeconds: 1 }));

const OWN: OwnLease = { leaseDurationMs: OWN_LEASE_MS };

const seen = (
  answer: LockSnapshot | null,
  atMs = 0,
  before: Observation | null = null,
  own: OwnLease = OWN,
): Observation => observe(before, { snapshot: answer, receivedAtMs: atMs }, own);

const decision = (observation: Observation, changes: Partial<DecideInput> = {}) =>
  decide({
    observation,
    nowMs: observation.observedAtMs,
    identity: 'me',
    reclaimOwnIdentity: false,
    wroteIt: false,
    holderIsDead: false,
    ...changes,
  });

describe('what a candidate does about', () => {
  const mine = snapshot(record({ holderIdentity: 'me' }));
  const short = snapshot(record({ leaseDurationSeconds: 5 }));
  const long = snapshot(record({ leaseDurationSeconds: 30 }));
  const timeless = snapshot(record({ acquireTime: '', renewTime: '' }));
  const unique = { reclaimOwnIdentity: true };
  const cases: [string, LockSnapshot | null, Partial<DecideInput>, string][] = [
    ['no object', null, {}, 'create'],
    ['an object without a record', bare, {}, 'take: free'],
    ['a lock that is led and fresh', heldByOther, { nowMs: 14_999 }, 'wait: held until 15000'],
    ['a lock that is led and long unrenewed', heldByOther, { nowMs: 15_000 }, 'take: expired'],
    ['one led past its own shorter duration', short, { nowMs: 5_000 }, 'take: expired'],
    ['one led within its own shorter duration', short, { nowMs: 4_999 }, 'wait: held until 5000'],
    ['one led within its own longer duration', long, { nowMs: 29_999 }, 'wait: held until 30000'],
    ['one led past its own longer duration', long, { nowMs: 30_000 }, 'take: expired'],
    ['a lock that nobody leads, though fresh', released, {}, 'take: free'],
    ['a record without times', timeless, {}, 'wait: held until 15000'],
    ['a record that cannot be read', garbage, { nowMs: 14_999 }, 'wait: unreadable until 15000'],
    ['one that has not changed for a lease', garbage, { nowMs: 15_000 }, 'take: expired'],
    ['its own name in a record of unknown origin', mine, {}, 'wait: held until 15000'],
    ['a record that it wrote itself', mine, { wroteIt: true }, 'take: ours'],
    // With a name that cannot run twice:
    ['its own name, that is unique', mine, unique, 'take: sameIdentity'],
    ['another, though its own is unique', heldByOther, unique, 'wait: held until 15000'],
    ['garbage, though its name is unique', garbage, unique, 'wait: unreadable until 15000'],
    ['nobody, though its name is unique', released, unique, 'take: free'],
  ];

  it.each(cases)('%s', (_, answer, changes, expected) => {
    const decided = decision(seen(answer), changes);
    const because = 'because' in decided ? `: ${decided.because}` : '';
    const until = 'untilMs' in decided ? ` until ${decided.untilMs}` : '';
    expect(`${decided.kind}${because}${until}`).toBe(expected);
  });
});

describe('what is known of a lock', () => {
  const wait = (because: string, untilMs: number) => ({ kind: 'wait', because, untilMs });

  it('ages from the moment at which its present record was first received', () => {
    const first = seen(heldByOther, 1_000);
    const again = seen(snapshot(record()), 9_000, first);
    expect(again.observedAtMs).toBe(1_000);
    expect(again.expiresAtMs).toBe(16_000);
    const renewed = seen(snapshot(record({ renewTime: 'later' })), 9_000, first);
    expect(renewed).toMatchObject({ observedAtMs: 9_000, expiresAtMs: 24_000 });
  });

  it('ages on when only the object around the record changes', () => {
    const first = seen(heldByOther, 1_000);
    const relabelled = { ...heldByOther, version: '2', object: { labels: { colour: 'red' } } };
    const again = seen(relabelled, 9_000, first);
    expect(again).toMatchObject({ observedAtMs: 1_000, snapshot: relabelled });
  });

  it('grants a whole lease to a holder whose object vanished: it may have renewed just before', () => {
    const gone = seen(null, 4_000, seen(heldByOther, 1_000));
    expect(gone.expiresAtMs).toBe(19_000);
    expect(decision(gone, { nowMs: 18_999 })).toEqual(wait('vanished', 19_000));
    expect(decision(gone, { nowMs: 19_000 })).toEqual({ kind: 'create' });
    // Even if the lease that was seen last had run out by then.
    const late = seen(null, 30_000, seen(heldByOther, 1_000));
    expect(decision(late, { nowMs: 44_999 }).kind).toBe('wait');
    expect(decision(late, { nowMs: 45_000 })).toEqual({ kind: 'create' });
  });

  it('grants it once when only the record vanished, and when object and record vanish in turn', () => {
    const stripped = seen(bare, 4_000, seen(heldByOther, 1_000));
    expect(decision(stripped, { nowMs: 18_999 })).toEqual(wait('vanished', 19_000));
    expect(decision(stripped, { nowMs: 19_000 })).toEqual({ kind: 'take', because: 'free' });
    const gone = seen(null, 5_000, stripped);
    expect(gone.expiresAtMs).toBe(19_000);
  });

  it('grants a lease of our own length when a released lock vanishes: another may have had it', () => {
    const gone = seen(null, 2_000, seen(released, 1_000));
    expect(gone.expiresAtMs).toBe(17_000);
    expect(decision(gone, { nowMs: 16_999 }).kind).toBe('wait');
    expect(decision(gone, { nowMs: 17_000 })).toEqual({ kind: 'create' });
  });

  it('counts a record that comes back after it vanished as new', () => {
    const gone = seen(null, 4_000, seen(heldByOther, 1_000));
    expect(seen(heldByOther, 6_000, gone)).toMatchObject({
      observedAtMs: 6_000,
      expiresAtMs: 21_000,
    });
  });
});

describe('what was heard last', () => {
  it('is remembered with its version, changed or not', () => {
    const first = seen(heldByOther, 1_000);
    expect(first).toMatchObject({ heardAtMs: 1_000, version: '1' });
    const again = seen({ ...heldByOther, version: '4' }, 2_000, first);
    expect(again).toMatchObject({ heardAtMs: 2_000, observedAtMs: 1_000, version: '4' });
    // A read that finds nothing names no version; the news of a deletion does.
    expect(seen(null, 3_000, again)).toMatchObject({ heardAtMs: 3_000, version: '4' });
    const news = { snapshot: null, receivedAtMs: 3_000, version: '6' };
    expect(observe(again, news, OWN)).toMatchObject({ snapshot: null, version: '6' });
    expect(seen(null).version).toBeNull();
  });

  it.each([
    ['2', null, true],
    ['2', '1', true],
    ['2', '2', false],
    ['1', '2', false],
    ['10', '9', true],
    ['9', '10', false],
    ['9007199254740993', '9007199254740992', true],
  ])('in version %s is newer than %s: %s', (version, than, newer) => {
    expect(isNewer(version, than)).toBe(newer);
  });
});

describe('a lease that by the clock of the server was renewed long ago', () => {
  const dated = (fields = {}): LockSnapshot => ({ ...snapshot(record(fields)), writtenAtMs: 0 });
  const told = (writtenAgoMs: number | undefined, receivedAtMs = 1_000, version = '1'): Age => ({
    version,
    writtenAgoMs,
    receivedAtMs,
  });
  const expires = (ageMs: number | undefined, fields = {}, own = OWN): number | null =>
    heed(seen(dated(fields), 1_000, null, own), told(ageMs), own).expiresAtMs;

  it('has run out if it was twice as long ago as it lasts', () => {
    expect(expires(30_000)).toBe(16_000);
    expect(expires(30_001)).toBe(1_000);
    const observation = heed(seen(dated(), 1_000), told(30_001), OWN);
    expect(decision(observation, { nowMs: 1_000 })).toEqual({ kind: 'take', because: 'expired' });
  });

  it('is judged by the duration that the record names', () => {
    expect(expires(60_000, { leaseDurationSeconds: 30 })).toBe(31_000);
    expect(expires(60_001, { leaseDurationSeconds: 30 })).toBe(1_000);
  });

  it('is granted five seconds more than our own duration, where that is longer', () => {
    expect(expires(19_999, { leaseDurationSeconds: 5 })).toBe(6_000);
    expect(expires(20_000, { leaseDurationSeconds: 5 })).toBe(1_000);
    const own = { leaseDurationMs: 2_000 };
    expect(expires(6_999, { leaseDurationSeconds: 2 }, own)).toBe(3_000);
    expect(expires(7_000, { leaseDurationSeconds: 2 }, own)).toBe(1_000);
  });

  it('is waited for where its age cannot be told, or seems to lie ahead', () => {
    expect(expires(undefined)).toBe(16_000);
    expect(expires(-60_000)).toBe(16_000);
    expect(expires(Number.NaN)).toBe(16_000);
  });

  it('is waited for where the age is that of another version', () => {
    const observation = heed(seen(dated(), 1_000), told(1_000_000, 1_000, '2'), OWN);
    expect(observation.expiresAtMs).toBe(16_000);
  });

  it('has run out no later than it would have by our own clock', () => {
    const first = seen(dated(), 1_000);
    expect(heed(first, told(31_000, 30_000), OWN).expiresAtMs).toBe(16_000);
    expect(heed(first, told(31_000, 9_000), OWN).expiresAtMs).toBe(9_000);
  });

  it('has run out for good, however often it is seen again', () => {
    const dead = heed(seen(dated(), 1_000), told(31_000), OWN);
    expect(seen(dated(), 5_000, dead).expiresAtMs).toBe(1_000);
    const renewed = dated({ renewTime: '2026-01-01T00:00:02.000000Z' });
    expect(seen(renewed, 5_000, dead).expiresAtMs).toBe(20_000);
  });

  it('is asked about at its first sight only', () => {
    const first = seen(dated(), 1_000);
    expect(isAgeWorthAsking(first)).toBe(true);
    expect(isAgeWorthAsking(seen(dated(), 2_000, first))).toBe(true);
    expect(isAgeWorthAsking(heed(first, told(undefined), OWN))).toBe(false);
    expect(isAgeWorthAsking(heed(first, undefined, OWN))).toBe(false);
    expect(isAgeWorthAsking(seen(dated(), 2_000, heed(first, told(1), OWN)))).toBe(false);
  });

  it.each([
    ['a renewal', dated({ renewTime: '2025-12-31T23:59:59.000000Z' })],
    ['a release', released],
    ['the end of its record', bare],
    ['the end of the object', null],
  ])('is waited for once we have seen it change, by %s before', (_, before) => {
    const observation = seen(dated(), 2_000, seen(before, 1_000));
    expect(isAgeWorthAsking(observation)).toBe(false);
    const { expiresAtMs } = observation;
    expect(expiresAtMs).toBe(17_000);
    expect(heed(observation, told(1_000_000, 3_000), OWN).expiresAtMs).toBe(expiresAtMs);
  });

  it.each([
    ['that is free', { ...released, writtenAtMs: 0 }],
    ['that is not there', null],
    ['that carries no record', { ...bare, writtenAtMs: 0 }],
    ['without a date', heldByOther],
    // The dates that are left tell of other fields.
    ['whose time of renewal has gone', dated({ renewTime: '' })],
  ])('is not asked about a lock %s', (_, found) => {
    const observation = seen(found, 1_000);
    expect(isAgeWorthAsking(observation)).toBe(false);
    const { expiresAtMs } = observation;
    expect(heed(observation, told(1_000_000), OWN).expiresAtMs).toBe(expiresAtMs);
  });

  it('is asked about where the record cannot be read, or names no time of acquiring', () => {
    expect(isAgeWorthAsking(seen({ ...garbage, writtenAtMs: 0 }))).toBe(true);
    expect(isAgeWorthAsking(seen(dated({ acquireTime: '' })))).toBe(true);
  });
});

/** Any answer that a lock may give. */
const times = fc.constantFrom('', '2026-01-01T00:00:00.000000Z', '2031-01-01T00:00:00.000000Z');
const records = fc
  .record({
    holderIdentity: fc.constantFrom('', 'me', 'other', 'third'),
    leaseDurationSeconds: fc.oneof(
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.5),
    ),
    acquireTime: times,
    renewTime: times,
    leaderTransitions: fc.nat(5),
  })
  .map((fields) => snapshot(new LeaderElectionRecord(fields)));
const answers = fc.oneof(
  { weight: 6, arbitrary: records },
  fc.constantFrom(null, bare, garbage, heldByOther, released),
);
/** Answers, each so long after the one before. */
const histories = fc.array(fc.tuple(fc.nat(20_000), answers), { minLength: 1, maxLength: 12 });

function replay(history: readonly (readonly [number, LockSnapshot | null])[]): Observation {
  let at = 0;
  let known: Observation | null = null;
  for (const [after, answer] of history) known = seen(answer, (at += after), known);
  return known!;
}

const durationMs = ({ record: held }: LockSnapshot): number => {
  const seconds = held?.leaseDurationSeconds ?? Number.NaN;
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : OWN_LEASE_MS;
};

describe('whatever a candidate has seen', () => {
  it('it does not take a held lock that has not been the same for as long as its lease', () => {
    fc.assert(
      fc.property(histories, fc.nat(70_000), (history, waited) => {
        const last = history.at(-1)?.[1] ?? null;
        fc.pre(last !== null && (last.record !== null || last.unreadable !== null));
        fc.pre(last.record?.isReleased !== true);
        // Counted by hand, from the first of the equal answers at the end.
        let same = history.length - 1;
        while (same > 0 && history[same - 1]?.[1]?.fingerprint === last.fingerprint) same -= 1;
        const ageMs = history.slice(same + 1).reduce((sum, [after]) => sum + after, 0) + waited;
        const nowMs = history.reduce((sum, [after]) => sum + after, 0) + waited;
        const expected = ageMs >= durationMs(last) ? 'take' : 'wait';
        expect(decision(replay(history), { nowMs }).kind).toBe(expected);
      }),
    );
  });

  it('it never writes over the lock before the end of a lease that it knows to be live', () => {
    fc.assert(
      fc.property(histories, fc.nat(70_000), (history, waited) => {
        const known = replay(history);
        const decided = decision(known, { nowMs: known.observedAtMs + waited });
        if (known.expiresAtMs === null || known.observedAtMs + waited >= known.expiresAtMs) {
          expect(decided.kind).not.toBe('wait');
        } else {
          expect(decided).toMatchObject({ kind: 'wait', untilMs: known.expiresAtMs });
        }
      }),
    );
  });

  it('it creates where there is no object, and updates where there is one', () => {
    fc.assert(
      fc.property(histories, fc.boolean(), fc.boolean(), (history, reclaimOwnIdentity, wroteIt) => {
        const known = replay(history);
        const { kind } = decision(known, { nowMs: 1e9, reclaimOwnIdentity, wroteIt });
        expect(kind).toBe(known.snapshot === null ? 'create' : 'take');
      }),
    );
  });

  it('what vanishes is no release: a whole lease is waited for, once', () => {
    const endings = fc.constantFrom(null, bare);
    fc.assert(
      fc.property(histories, fc.nat(20_000), endings, (history, after, gone) => {
        const before = replay(history);
        const goneAtMs = before.observedAtMs + after;
        const last = before.snapshot;
        const wasThere = last !== null && (last.record !== null || last.unreadable !== null);
        const leaseMs =
          before.expiresAtMs === null ? 15_000 : before.expiresAtMs - before.observedAtMs;
        const expected = wasThere ? goneAtMs + leaseMs : before.expiresAtMs;
        expect(seen(gone, goneAtMs, before).expiresAtMs).toBe(expected);
      }),
    );
  });

  it('the times in the record change nothing but that the record is another', () => {
    const dates = fc.record({ acquireTime: times, renewTime: times });
    fc.assert(
      fc.property(histories, dates, fc.nat(70_000), (history, redated, waited) => {
        const others = history.map(([after, answer]) => {
          if (answer?.record == null) return [after, answer] as const;
          const record = new LeaderElectionRecord({ ...answer.record, ...redated });
          return [after, { ...answer, record }] as const;
        });
        const known = replay(history);
        const nowMs = known.observedAtMs + waited;
        expect(decision(replay(others), { nowMs })).toEqual(decision(known, { nowMs }));
      }),
    );
  });
});
