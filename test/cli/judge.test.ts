import { describe, expect, it } from 'vitest';
import { judge, type Judgement } from '../../src/cli/observe/judge.js';
import { ChangeTracker } from '../../src/cli/observe/change-tracker.js';
import { sightOf, type Sight } from '../../src/cli/observe/read-locks.js';
import { details } from '../../src/cli/observe/details.js';
import { table } from '../../src/cli/observe/table.js';
import { asJson, sentence } from '../../src/cli/observe/words.js';
import { leaseFormat } from '../../src/lock/lease-format.js';
import { STEP_DOWN_ANNOTATION } from '../../src/lock/step-down.js';
import type { KubernetesObject } from '../../src/lock/stored-record.js';

const SERVER_MS = Date.parse('2026-01-02T03:04:05Z');
const place = { kind: 'lease', namespace: 'production', name: 'report' } as const;

interface Spec {
  readonly holderIdentity?: unknown;
  readonly leaseDurationSeconds?: unknown;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

const HELD: Spec = {
  holderIdentity: 'ann',
  leaseDurationSeconds: 15,
  acquireTime: '2026-01-02T03:00:00.000000Z',
  renewTime: '2026-01-02T03:04:04.000000Z',
  leaseTransitions: 3,
};

function sight(spec: Spec, ageMs: number | null = 1000, annotations = {}): Sight {
  const object: KubernetesObject = { metadata: { name: 'report', annotations }, spec };
  return { ...place, object, stored: leaseFormat.read(object), ageMs, serverMs: SERVER_MS };
}

function judged(seen: Sight, nowMs = SERVER_MS): Judgement {
  return judge({ sight: seen, leaseDurationMs: 15_000, nowMs });
}

const codes = ({ hints }: Judgement): string[] => hints.map(({ code }) => code);
const renewedAt = (ms: number): Spec => ({
  ...HELD,
  renewTime: new Date(SERVER_MS - ms).toISOString(),
});

describe('a lock seen for the first time', () => {
  it('that was renewed a moment ago is held, and nothing is odd', () => {
    const held = judged(sight(HELD));
    expect(held).toMatchObject({
      standing: 'held',
      holder: 'ann',
      ageMs: 1000,
      ageBy: 'apiServer',
    });
    expect(held.expiresInMs).toBe(14_000);
    expect(held.hints).toEqual([]);
  });

  it('is called expired only when it certainly is: the dates are right to a second', () => {
    expect(judged(sight(renewedAt(15_999), 15_999)).standing).toBe('held');
    const expired = judged(sight(renewedAt(16_000), 16_000));
    expect(expired.standing).toBe('expired');
    expect(expired.holder).toBe('ann');
    expect(codes(expired)).toEqual(['expired']);
  });

  it('whose renewals are late is still held', () => {
    expect(codes(judged(sight(renewedAt(11_000), 11_000)))).toEqual([]);
    const late = judged(sight(renewedAt(11_001), 11_001));
    expect([late.standing, codes(late)]).toEqual(['held', ['renewalsLate']]);
  });

  it('is told by the holder’s clock only where the API server has no date', () => {
    const told = judged(sight(renewedAt(4000), null));
    expect(told).toMatchObject({ standing: 'held', ageMs: 4000, ageBy: 'holder' });
  });

  it('that was released has no holder; later, nobody seems to want it', () => {
    const released = { ...HELD, holderIdentity: '', leaseDurationSeconds: 1 };
    expect(judged(sight(released))).toMatchObject({
      standing: 'released',
      holder: null,
      hints: [],
    });
    expect(codes(judged(sight(released, 10_000)))).toEqual(['noCandidate']);
  });

  it('without a record, without an object, with a record of nonsense', () => {
    expect(judged(sight({})).standing).toBe('empty');
    expect(judged({ ...sight({}), object: null, stored: null }).standing).toBe('missing');
    const malformed = judged(sight({ ...HELD, holderIdentity: 7 }));
    expect([malformed.standing, codes(malformed)]).toEqual(['unreadable', ['malformed']]);
  });

  it('whose holder’s clock, or ours, is apart from the API server’s', () => {
    const spec = (iso: string): Spec => ({ ...HELD, renewTime: iso });
    expect(codes(judged(sight(spec('2026-01-02T03:04:07.000000Z'))))).toEqual([]);
    expect(codes(judged(sight(spec('2026-01-02T03:04:07.001000Z'))))).toEqual(['holderClock']);
    expect(codes(judged(sight(spec('2026-01-01T22:04:04'))))).toEqual(['holderClock']);
    expect(codes(judged(sight(HELD), SERVER_MS - 3000))).toEqual([]);
    expect(codes(judged(sight(HELD), SERVER_MS - 3001))).toEqual(['localClock']);
  });

  it('whose holder was asked to step down: this term of it, and no other', () => {
    const ask = (value: string) =>
      codes(judged(sight(HELD, 1000, { [STEP_DOWN_ANNOTATION]: value })));
    expect(ask(`${HELD.acquireTime} ann`)).toEqual(['stepDownRequested']);
    expect(ask('2025-01-02T03:00:00.000000Z ann')).toEqual([]);
  });
});

describe('each oddity is said in one sentence that tells what to do', () => {
  const late = sight(renewedAt(12_000), 12_000);
  const asked = sight(HELD, 1000, { [STEP_DOWN_ANNOTATION]: `${HELD.acquireTime} ann` });
  const { renewTime: _, ...undated } = HELD;
  const ahead: Spec = { ...HELD, renewTime: '2026-01-02T03:05:04.000000Z' };
  it.each<[string, Sight, RegExp, number?]>([
    ['missing', { ...sight({}), object: null, stored: null }, /: start a candidate with this name/],
    ['noRecord', sight({}), /: start a candidate, .* or mend the name/],
    [
      'noCandidate',
      sight({ ...HELD, holderIdentity: '' }, 60_000),
      /: start a candidate, .* check/,
    ],
    ['expired', sight(renewedAt(60_000), 60_000), /60 s ago, .*: start a candidate, .* check/],
    ['renewalsLate', late, /12 s ago, of a lease of 15 s: look whether the holder has crashed/],
    ['malformed', sight({ ...HELD, holderIdentity: 7 }), /\(.*instead of text\), .* stop it/],
    ['noDuration', sight({ ...HELD, leaseDurationSeconds: 0 }), /: give all of them the same one/],
    ['holderUnset', sight({ ...HELD, holderIdentity: 'null' }), /"null".*: give each candidate/],
    ['holderUnset', sight({ ...HELD, holderIdentity: 'undefined' }), /"undefined".*: give each/],
    ['ageUnknown', sight(undated, null), /: run watch for longer than a lease/],
    ['stepDownRequested', asked, /: wait until its work has ended, or stop its pod/],
    ['holderClock', sight(ahead), /^The holder .* 60 s ahead of the API server's: set it right/],
    [
      'localClock',
      sight(HELD),
      /^This machine .* 9 s behind the API server's: set it right/,
      -9000,
    ],
  ])('%s', (code, seen, wanted, localMs = 0) => {
    const { hints } = judged(seen, SERVER_MS + localMs);
    expect(hints.map((hint) => hint.code)).toEqual([code]);
    const [{ text } = { text: '' }] = hints;
    expect(text).toMatch(wanted);
    expect(text.match(/\.(?= |$)/g)).toEqual(['.']);
  });
});

describe('the age by the API server', () => {
  const entry = (time: string, fieldsV1: object) => ({ time, fieldsV1 });
  const renewal = { 'f:spec': { 'f:renewTime': {} } };
  const ageOf = (kind: 'lease' | 'configmap', managedFields?: unknown): number | null =>
    sightOf({ ...place, kind }, { metadata: { managedFields } }, SERVER_MS).ageMs;

  it('counts from the last write of the record, not from one of something else', () => {
    const managedFields = [
      entry('2026-01-02T03:03:00Z', renewal),
      entry('2026-01-02T03:04:00Z', renewal),
      entry('2026-01-02T03:04:05Z', { 'f:metadata': { 'f:labels': {} } }),
    ];
    expect(ageOf('lease', managedFields)).toBe(5000);
  });

  it('of a ConfigMap is that of its annotation', () => {
    const annotation = { 'f:control-plane.alpha.kubernetes.io/leader': {} };
    const fields = { 'f:metadata': { 'f:annotations': annotation } };
    const managedFields = [entry('2026-01-02T03:04:00Z', fields)];
    expect(ageOf('configmap', managedFields)).toBe(5000);
    expect(ageOf('lease', managedFields)).toBeNull();
  });

  it('is unknown without dates', () => {
    expect(ageOf('lease')).toBeNull();
    expect(ageOf('lease', [entry('soon', renewal)])).toBeNull();
  });
});

describe('a tracker', () => {
  const see = (tracker: ChangeTracker, at: number, ...sights: Sight[]) =>
    tracker
      .take(sights, { at, nowMs: SERVER_MS })
      .changes.map(({ judgement }) => sentence(judgement));
  const renewed = (renewTime: string): Sight => sight({ ...HELD, renewTime }, 1000);
  const A = renewed('2026-01-02T03:04:04.000000Z');
  const B = renewed('2026-01-02T03:04:05.000000Z');

  it('tells of the first sight, and then of changes only', () => {
    const tracker = new ChangeTracker(15_000);
    expect(see(tracker, 0, A)).toEqual(['held by ann, transitions 3, leads for 4 min']);
    expect(see(tracker, 1000, B)).toEqual([]);
    expect(see(tracker, 2000, sight({ ...HELD, holderIdentity: 'ben' }))).toEqual([
      'held by ben, transitions 3, leads for 4 min',
    ]);
    expect(see(tracker, 3000)).toEqual(['there is no such object; nobody leads']);
    expect(see(tracker, 4000)).toEqual([]);
  });

  it('counts a lease from when it saw the record change', () => {
    const tracker = new ChangeTracker(15_000);
    see(tracker, 0, A);
    see(tracker, 10_000, B);
    expect(see(tracker, 24_999, B)).toEqual([]);
    expect(see(tracker, 25_000, B)).toEqual([
      'expired but still named: ann, last renewed 15 s ago; nobody leads',
    ]);
    expect(see(tracker, 26_000, A)).toEqual(['held by ann, transitions 3, leads for 4 min']);
  });

  it('takes the age at first sight into account, at the least that it may be', () => {
    const tracker = new ChangeTracker(15_000);
    const old = { ...A, ageMs: 9000 };
    see(tracker, 0, old);
    expect(see(tracker, 6999, old)).toEqual([]);
    expect(see(tracker, 7000, old)).toHaveLength(1);
  });
});

describe('a tracker of a record without any date', () => {
  const { renewTime: _, ...undated } = HELD;

  it('calls it expired when it has not changed for a lease, as candidates do', () => {
    const tracker = new ChangeTracker(15_000);
    const takeAt = (at: number) => tracker.take([sight(undated, null)], { at, nowMs: SERVER_MS });
    const [first] = takeAt(1000).locks;
    expect([first?.judgement.standing, first?.judgement.ageMs]).toEqual(['held', null]);
    expect(takeAt(15_999).changes).toEqual([]);
    expect(takeAt(16_000).changes.map(({ judgement }) => sentence(judgement))).toEqual([
      'expired but still named: ann, last renewed 15 s ago; nobody leads',
    ]);
  });
});

describe('a tracker that is told of one lock at a time', () => {
  const other = { ...sight(HELD), name: 'other' };
  const at = (ms: number) => ({ at: ms, nowMs: SERVER_MS });

  it('tells of its change, and the others are not gone', () => {
    const tracker = new ChangeTracker(15_000);
    tracker.take([sight(HELD), other], at(0));
    expect(tracker.takeOne(sight(HELD), at(500))).toBeNull();
    const change = tracker.takeOne(sight({ ...HELD, holderIdentity: 'ben' }), at(1000));
    expect(change).toMatchObject({ place: { name: 'report' }, judgement: { holder: 'ben' } });
    const { changes } = tracker.take([sight({ ...HELD, holderIdentity: 'ben' }), other], at(2000));
    expect(changes).toEqual([]);
  });

  it('can be asked whether a lease would be called expired, and has not called it so', () => {
    const tracker = new ChangeTracker(15_000);
    tracker.take([sight(HELD, 0), other], at(0));
    expect(tracker.wouldExpire([sight(HELD, 0), other], at(13_999))).toBe(false);
    expect(tracker.wouldExpire([sight(HELD, 0), other], at(15_000))).toBe(true);
    expect(tracker.take([sight(HELD, 0), other], at(15_000)).changes).toHaveLength(2);
    expect(tracker.wouldExpire([sight(HELD, 0), other], at(16_000))).toBe(false);
  });
});

describe('what is printed', () => {
  const odd = judged(sight({ ...renewedAt(60_000), holderIdentity: 'ann\u001b[31m\n"x"' }, 60_000));

  it('cannot colour the terminal, whatever a holder calls itself', () => {
    const lines = [...details(place, odd, { columns: 80 }), ...table([[place, odd]])];
    const text = [...lines.map((line) => line.text), sentence(odd)].join('\n');
    // eslint-disable-next-line no-control-regex -- the escape character is what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(text).toContain('ann\\u001b[31m\\u000a"x"');
  });

  it('has one line for each lock', () => {
    const rows = table([
      [place, judged(sight(HELD))],
      [{ ...place, name: 'x' }, judged(sight({}))],
    ]);
    expect(rows.map(({ text }) => text)).toEqual([
      'NAME    LEADER  FOR    RENEWED  EXPIRES  TRANSITIONS  STANDING',
      'report  ann     4 min  1 s ago  in 14 s  3            held',
      'x       -       -      -        -        -            empty',
    ]);
  });

  it('as JSON does not call an expired holder the leader', () => {
    const expired = judged(sight(renewedAt(60_000), 60_000));
    expect(asJson(place, expired)).toMatchObject({
      kind: 'Lease',
      standing: 'expired',
      leader: null,
      holder: 'ann',
      renewedSecondsAgo: 60,
      expiresInSeconds: -45,
      transitions: 3,
    });
  });
});
