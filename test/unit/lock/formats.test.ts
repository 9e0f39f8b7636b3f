import { describe, expect, it } from 'vitest';
import { annotationFormat, LEADER_ANNOTATION } from '../../../src/lock/annotation-format.js';
import { parseIsoDuration, toMicroTime } from '../../../src/lock/iso-time.js';
import { leaseFormat } from '../../../src/lock/lease-format.js';
import { LOCK_KINDS } from '../../../src/lock/lock-kinds.js';
import * as locks from '../../../src/lock/locks.js';
import { LeaderElectionRecord } from '../../../src/lock/record.js';
import { NO_RECORD, storable, type StoredRecord } from '../../../src/lock/stored-record.js';

const readLease = (spec: unknown): StoredRecord =>
  leaseFormat.read({ metadata: { name: 'a' }, spec });

const readText = (annotation: unknown): StoredRecord =>
  annotationFormat.read({ metadata: { annotations: { [LEADER_ANNOTATION]: annotation } } });

const readAnnotation = (fields: unknown): StoredRecord => readText(JSON.stringify(fields));

const time = '2026-03-01T12:00:00.123456Z';
const times = { acquireTime: time, renewTime: time };
const mine = { holderIdentity: 'me', leaseDurationSeconds: 15, ...times };
const record = new LeaderElectionRecord({ ...mine, leaderTransitions: 3 });
const timeless = new LeaderElectionRecord({ ...record, acquireTime: '', renewTime: '' });

describe('the kinds that carry a record', () => {
  it('are known to the API server, and to people, by these names', () => {
    const known = Object.entries(LOCK_KINDS).map(([name, kind]) => [
      ...[name, kind.plural, kind.isForElections, kind.group, kind.apiVersion, kind.resource],
      ...[kind.kind, kind.field.join(' > ')],
    ]);
    const group = 'coordination.k8s.io';
    expect(known).toEqual([
      ['lease', 'Leases', true, group, `${group}/v1`, 'leases', 'Lease', 'spec > renewTime'],
      [
        ...['configmap', 'ConfigMaps', false, '', 'v1', 'configmaps', 'ConfigMap'],
        'metadata > annotations > control-plane.alpha.kubernetes.io/leader',
      ],
    ]);
  });

  it('have a class each, whose objects say which kind it is of', () => {
    const made = Object.values(locks).map((Lock) => new Lock({ name: 'a' }).toJSON().kind);
    expect(new Set(made)).toEqual(new Set(Object.values(LOCK_KINDS).map(({ kind }) => kind)));
  });
});

describe('a Lease is read', () => {
  const held = { holderIdentity: 'a', isReleased: false };
  it.each<[string, object, object]>([
    ['as Go and we write it', { ...mine, leaseTransitions: 2 }, { ...mine, leaderTransitions: 2 }],
    ['as released with an empty holder', { holderIdentity: '', leaseDurationSeconds: 1 }, {}],
    ['as released with a null holder', { holderIdentity: null, leaseDurationSeconds: 1 }, {}],
    [
      'as held when its times are missing',
      { holderIdentity: 'a', leaseDurationSeconds: 15 },
      { ...held, acquireTime: '', renewTime: '', leaderTransitions: 0 },
    ],
    [
      'as held when its duration is missing',
      { holderIdentity: 'a', renewTime: time },
      { ...held, leaseDurationSeconds: 0 },
    ],
    [
      'as held when its duration is zero',
      { holderIdentity: 'a', leaseDurationSeconds: 0 },
      { ...held, leaseDurationSeconds: 0 },
    ],
    [
      'with no transitions when their number is nonsense',
      { holderIdentity: 'a', leaseTransitions: -1 },
      { ...held, leaderTransitions: 0 },
    ],
  ])('%s', (_, spec, expected) => {
    const read = readLease(spec);

    expect(read.unreadable).toBeNull();
    expect(read.record).toMatchObject({ holderIdentity: '', ...expected });
    expect(read.record?.isReleased).toBe(read.record?.holderIdentity === '');
  });

  it.each([undefined, null, {}, { strategy: 'OldestEmulationVersion' }, { holderIdentity: null }])(
    'as having no record when its spec is %j',
    (spec) => {
      expect(readLease(spec)).toEqual({ record: null, unreadable: null, fingerprint: '' });
    },
  );

  const held15 = { holderIdentity: 'a', leaseDurationSeconds: 15 };
  it.each([
    [{ holderIdentity: 7 }, 'holderIdentity is a number instead of text'],
    [{ holderIdentity: ['a'] }, 'holderIdentity is a list instead of text'],
    [{ ...held15, renewTime: { at: 1 } }, 'renewTime is an object instead of text'],
    [{ leaseDurationSeconds: true }, 'leaseDurationSeconds is a boolean instead of a number'],
    [
      { acquireTime: 5, leaseTransitions: {} },
      'transitions is an object instead of a number, acquireTime is a number instead of text',
    ],
  ])('as unreadable when fields have a wrong type: %j', (spec, unreadable) => {
    const read = readLease(spec);
    expect(read).toMatchObject({ record: null, unreadable });
    expect(read.fingerprint).not.toBe('');
  });

  it.each([
    ['holder', { holderIdentity: 'b' }],
    ['duration', { leaseDurationSeconds: 16 }],
    ['acquire time', { acquireTime: time }],
    ['renew time', { renewTime: '2026-03-01T12:00:00.123457Z' }],
    ['transitions', { leaseTransitions: 0 }],
  ])('with another fingerprint when the %s differs', (_, change) => {
    const spec = { ...held15, renewTime: time };
    expect(readLease({ ...spec, ...change }).fingerprint).not.toBe(readLease(spec).fingerprint);
  });

  it('with the same fingerprint when what is not part of the record differs', () => {
    const other = { metadata: { resourceVersion: '9' }, spec: { ...held15, strategy: 'x' } };

    expect(leaseFormat.read(other).fingerprint).toBe(readLease(held15).fingerprint);
  });
});

describe('a Lease is written', () => {
  const stored = { ...mine, leaseTransitions: 3 };

  it('with its election fields changed and everything else as it was', () => {
    const lease = Object.freeze({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'a', labels: { team: 'x' }, ownerReferences: [{ uid: 'u' }] },
      spec: Object.freeze({ holderIdentity: 'other', preferredHolder: 'p' }),
      future: { field: 1 },
    });

    const written = leaseFormat.write(lease, record);

    expect(written).toEqual({ ...lease, spec: { preferredHolder: 'p', ...stored } });
    expect(lease.spec.holderIdentity).toBe('other');
  });

  it('without a time that the record does not have', () => {
    const { spec } = leaseFormat.write({ spec: { acquireTime: time } }, timeless);
    const { acquireTime, renewTime, ...others } = stored;

    expect([acquireTime, renewTime]).toEqual([time, time]);
    expect(spec).toEqual(others);
  });
});

describe('a ConfigMap is read', () => {
  const go = {
    acquireTime: '2026-03-01T12:00:00Z',
    leaderTransitions: 4,
    leaseDurationSeconds: 15,
  };
  const python = { holderIdentity: 'python', renewTime: '2026-03-01 12:00:08' };
  it.each<[string, object, object]>([
    ['as Go writes it', { holderIdentity: 'go', ...go }, { holderIdentity: 'go', ...go }],
    [
      'as Python writes it',
      { ...python, leaseDurationSeconds: '15' },
      { ...python, leaseDurationSeconds: 15, leaderTransitions: 0 },
    ],
    [
      'as fabric8 writes it',
      { holderIdentity: 'java', leaseDuration: 'PT1M15S', leaderTransitions: 1 },
      { holderIdentity: 'java', leaseDurationSeconds: 75, leaderTransitions: 1 },
    ],
    ['as released', { holderIdentity: '', leaseDurationSeconds: 1 }, { isReleased: true }],
    ['as released by Python', { holderIdentity: null }, { isReleased: true }],
    ['as held when only the holder is there', { holderIdentity: 'a' }, { isReleased: false }],
    [
      'with transitions as text',
      { holderIdentity: 'a', leaderTransitions: '6' },
      { leaderTransitions: 6 },
    ],
  ])('%s', (_, fields, expected) => {
    const read = readAnnotation(fields);

    expect(read.unreadable).toBeNull();
    expect(read.record).toMatchObject(expected);
  });

  it.each([
    ['15', 15],
    [' 15 ', 15],
    ['1.25', 1.25],
    ['PT15S', 15],
    ['1e3', 0],
    ['-5', 0],
    ['x15', 0],
    ['a while', 0],
  ])('as held, with the duration %j as %d seconds', (leaseDurationSeconds, seconds) => {
    const read = readAnnotation({ holderIdentity: 'a', leaseDurationSeconds });
    expect(read.record).toMatchObject({ isReleased: false, leaseDurationSeconds: seconds });
  });

  it.each([
    ['without annotations', { metadata: { name: 'a' } }],
    ['without metadata', {}],
    ['with other annotations', { metadata: { annotations: { other: '1' } } }],
    ['with an empty annotation', { metadata: { annotations: { [LEADER_ANNOTATION]: '' } } }],
    ['with one that is null', { metadata: { annotations: { [LEADER_ANNOTATION]: null } } }],
  ])('as having no record %s', (_, configMap) => {
    expect(annotationFormat.read(configMap)).toEqual(NO_RECORD);
  });

  it.each(['{', 'null', '[]', '"a"', '7', 'leader: a', 7, ['{"holderIdentity":"a"}']])(
    'as unreadable when it says %j',
    (text) => {
      const read = readText(text);

      expect(read.record).toBeNull();
      expect(read.unreadable).toContain('is not a JSON object');
      expect(read.fingerprint).not.toBe(readText('{"broken').fingerprint);
      expect(read.fingerprint).not.toBe('');
    },
  );

  it('as unreadable when the holder has a wrong type', () => {
    expect(readAnnotation({ holderIdentity: 5 }).unreadable).toBe(
      'holderIdentity is a number instead of text',
    );
  });

  const nested = (open: string, close: string, levels: number): string =>
    `{"holderIdentity":"a","x":${open.repeat(levels)}1${close.repeat(levels)}}`;

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"y":', '}'],
  ])('as unreadable when %s are nested so deep that nobody could write it', (_, open, close) => {
    expect(readText(nested(open, close, 99)).record?.holderIdentity).toBe('a');
    const reads = [100, 6000, 200_000].map((levels) => readText(nested(open, close, levels)));
    for (const { record: none, unreadable } of reads) {
      expect(none).toBeNull();
      expect(unreadable).toMatch(/is nested more than 100 levels deep$/);
    }
    expect(new Set(reads.map(({ fingerprint }) => fingerprint)).size).toBe(3);
  });

  it('and brackets within a text do not count', () => {
    const holderIdentity = `"\\${'[{'.repeat(500)}`;
    expect(readAnnotation({ holderIdentity }).record?.holderIdentity).toBe(holderIdentity);
  });

  it('with a fingerprint that follows the record and nothing else', () => {
    const fingerprintOf = (change: object): string =>
      readAnnotation({ holderIdentity: 'a', leaseDurationSeconds: 15, ...change }).fingerprint;

    expect(fingerprintOf({ note: 1 })).toBe(fingerprintOf({}));
    for (const change of [
      { renewTime: '' },
      { leaderTransitions: 0 },
      { leaseDurationSeconds: 16 },
    ]) {
      expect(fingerprintOf(change)).not.toBe(fingerprintOf({}));
    }
  });
});

describe('a ConfigMap is written', () => {
  const written = (annotation: string | undefined, of = record): Record<string, unknown> => {
    const annotations = { [LEADER_ANNOTATION]: annotation };
    const found = annotation === undefined ? {} : { metadata: { annotations } };
    const stored = annotationFormat.write(found, of);
    const metadata = stored['metadata'] as { annotations: Record<string, string> };
    return JSON.parse(metadata.annotations[LEADER_ANNOTATION] ?? '') as Record<string, unknown>;
  };

  it('with its annotation changed and everything else as it was', () => {
    const configMap = {
      metadata: { name: 'a', labels: { team: 'x' }, annotations: { note: 'y' } },
      data: { key: 'value' },
      immutable: false,
    };
    const leader = JSON.stringify({ ...mine, leaderTransitions: 3 });

    expect(annotationFormat.write(configMap, record)).toEqual({
      ...configMap,
      metadata: { ...configMap.metadata, annotations: { note: 'y', [LEADER_ANNOTATION]: leader } },
    });
  });

  const deep = `{"x":${'['.repeat(6000)}${']'.repeat(6000)}}`;
  it.each([undefined, '', '{broken', 'null', '[1]', deep])('over %.9j', (annotation) => {
    expect(written(annotation)).toEqual({ ...mine, leaderTransitions: 3 });
  });

  it('without the times that a record does not have', () => {
    const fields = Object.keys(written(undefined, timeless));
    expect(fields).toEqual(['holderIdentity', 'leaseDurationSeconds', 'leaderTransitions']);
  });

  it('keeping what other clients have added, and its duration under the name that fabric8 has', () => {
    const found = '{"holderIdentity":"a","strategy":"x","leaseDuration":"PT60S"}';
    expect(written(found)).toMatchObject({
      holderIdentity: 'me',
      strategy: 'x',
      leaseDurationSeconds: 15,
      leaseDuration: 'PT15S',
    });
  });
});

describe('a record that is to be stored', () => {
  it('may have the longest duration that a Lease can hold, and no longer', () => {
    const lasting = (leaseDurationSeconds: number) =>
      storable(new LeaderElectionRecord({ ...record, leaseDurationSeconds }));
    expect(lasting(2 ** 31 - 1)).toMatchObject({ leaseDurationSeconds: 2 ** 31 - 1 });
    expect(lasting(2 ** 31)).toMatch(/leaseDurationSeconds/);
  });

  const stored = (time: unknown): unknown =>
    storable({ ...record, acquireTime: time, renewTime: time } as LeaderElectionRecord);

  it.each(['', undefined, null])('may lack its times (%j)', (time) => {
    expect(stored(time)).toMatchObject({ acquireTime: '', renewTime: '' });
  });

  it('has times that are text, whatever they print as', () => {
    expect(stored(['2026-01-01T00:00:00Z'])).toMatch(/acquireTime/);
  });
});

describe('a time becomes a MicroTime', () => {
  it.each([
    ['six digits', '2026-03-01T12:00:00.123456Z', '2026-03-01T12:00:00.123456Z'],
    ['three digits', '2026-03-01T12:00:00.123Z', '2026-03-01T12:00:00.123000Z'],
    ['no digits', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000000Z'],
    ['nine digits', '2026-03-01T12:00:00.123456789Z', '2026-03-01T12:00:00.123456Z'],
    ['a zone east of Greenwich', '2026-01-01T01:30:00.5+05:30', '2025-12-31T20:00:00.500000Z'],
    ['a zone west of Greenwich', '2026-12-31T20:00:00-0530', '2027-01-01T01:30:00.000000Z'],
    ["Python's local time", '2026-03-01 12:00:00.123456', '2026-03-01T12:00:00.123456Z'],
    ['a leap day', '2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000000Z'],
  ])('from %s', (_, text, expected) => {
    expect(toMicroTime(text)).toBe(expected);
  });

  it.each([
    ...['', 'now', '2026-03-01', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '12:00:00'],
    ...['x2026-01-01T12:00:00Z', '2026-01-01T12:00:00Zx'],
  ])('but not from %j', (text) => {
    expect(toMicroTime(text)).toBeNull();
  });
});

describe('an ISO 8601 duration', () => {
  it.each([
    ['PT1S', 1],
    ['PT1.25S', 1.25],
    ['PT1M30S', 90],
    ['PT10M', 600],
    ['PT10H', 36_000],
    ['P1DT1H', 90_000],
    ['P10D', 864_000],
    ['PT', null],
    ['P', null],
    ['15', null],
    ['', null],
    ['xPT15S', null],
    ['PT15Sx', null],
  ])('%j is %j seconds', (text, expected) => {
    expect(parseIsoDuration(text)).toBe(expected);
  });
});
