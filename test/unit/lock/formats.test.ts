import { describe, expect, it } from 'vitest';
import { annotationFormat, LEADER_ANNOTATION } from '../../../src/lock/annotation-format.js';
import { leaseFormat } from '../../../src/lock/lease-format.js';
import { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { StoredRecord } from '../../../src/lock/stored-record.js';

const readLease = (spec: unknown): StoredRecord =>
  leaseFormat.read({ metadata: { name: 'a' }, spec });

const readText = (annotation: unknown): StoredRecord =>
  annotationFormat.read({ metadata: { annotations: { [LEADER_ANNOTATION]: annotation } } });

const readAnnotation = (fields: unknown): StoredRecord => readText(JSON.stringify(fields));

const time = '2026-03-01T12:00:00.123456Z';
const record = new LeaderElectionRecord({
  holderIdentity: 'me',
  leaseDurationSeconds: 15,
  acquireTime: time,
  renewTime: time,
  leaderTransitions: 3,
});

describe('a Lease is read', () => {
  it.each([
    [
      'as Go and we write it',
      {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: time,
        renewTime: time,
        leaseTransitions: 2,
      },
      {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: time,
        renewTime: time,
        leaderTransitions: 2,
      },
    ],
    [
      'as released with an empty holder',
      { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 2 },
      { isReleased: true, leaderTransitions: 2 },
    ],
    [
      'as released with a null holder',
      { holderIdentity: null, leaseDurationSeconds: 1 },
      { holderIdentity: '', isReleased: true },
    ],
    [
      'as held when its times are missing',
      { holderIdentity: 'a', leaseDurationSeconds: 15 },
      { isReleased: false, acquireTime: '', renewTime: '', leaderTransitions: 0 },
    ],
    [
      'as held when its duration is missing',
      { holderIdentity: 'a', renewTime: time },
      { isReleased: false, leaseDurationSeconds: 0 },
    ],
    [
      'as held when its duration is zero',
      { holderIdentity: 'a', leaseDurationSeconds: 0 },
      { isReleased: false, leaseDurationSeconds: 0 },
    ],
    [
      'with no transitions when their number is nonsense',
      { holderIdentity: 'a', leaseTransitions: -1 },
      { leaderTransitions: 0 },
    ],
  ])('%s', (_, spec, expected) => {
    const read = readLease(spec);

    expect(read.unreadable).toBeNull();
    expect(read.record).toMatchObject(expected);
    expect(read.record?.isReleased).toBe(read.record?.holderIdentity === '');
  });

  it.each([undefined, null, {}, { strategy: 'OldestEmulationVersion' }, { holderIdentity: null }])(
    'as having no record when its spec is %j',
    (spec) => {
      expect(readLease(spec)).toEqual({ record: null, unreadable: null, fingerprint: '' });
    },
  );

  it.each([
    [{ holderIdentity: 7 }, 'holderIdentity is a number instead of text'],
    [{ holderIdentity: ['a'] }, 'holderIdentity is a list instead of text'],
    [{ holderIdentity: 'a', renewTime: { at: 1 } }, 'renewTime is an object instead of text'],
    [
      { holderIdentity: 'a', leaseDurationSeconds: true },
      'leaseDurationSeconds is a boolean instead of a number',
    ],
  ])('as unreadable when a field has a wrong type: %j', (spec, unreadable) => {
    expect(readLease(spec)).toMatchObject({ record: null, unreadable });
    expect(readLease(spec).fingerprint).not.toBe('');
  });
});

describe('the fingerprint of a Lease', () => {
  const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: time };

  it.each([
    ['holder', { holderIdentity: 'b' }],
    ['duration', { leaseDurationSeconds: 16 }],
    ['acquire time', { acquireTime: time }],
    ['renew time', { renewTime: '2026-03-01T12:00:00.123457Z' }],
    ['transitions', { leaseTransitions: 0 }],
  ])('differs when the %s differs', (_, change) => {
    expect(readLease({ ...spec, ...change }).fingerprint).not.toBe(readLease(spec).fingerprint);
  });

  it('does not differ for what is not part of the record', () => {
    const other = {
      metadata: { resourceVersion: '9', labels: {} },
      spec: { ...spec, strategy: 'x' },
    };

    expect(leaseFormat.read(other).fingerprint).toBe(readLease(spec).fingerprint);
  });
});

describe('a Lease is written', () => {
  it('with its election fields changed and everything else as it was', () => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: 'a',
        labels: { team: 'x' },
        annotations: { note: 'y' },
        finalizers: ['z'],
        ownerReferences: [{ uid: 'u' }],
        managedFields: [{ manager: 'm' }],
      },
      spec: { holderIdentity: 'other', strategy: 'OldestEmulationVersion', preferredHolder: 'p' },
      future: { field: 1 },
    };

    expect(leaseFormat.write(lease, record)).toEqual({
      ...lease,
      spec: {
        strategy: 'OldestEmulationVersion',
        preferredHolder: 'p',
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        acquireTime: time,
        renewTime: time,
        leaseTransitions: 3,
      },
    });
  });

  it('without a time that the record does not have', () => {
    const stored = leaseFormat.write(
      { spec: { acquireTime: time } },
      new LeaderElectionRecord({ ...record, acquireTime: '', renewTime: '' }),
    );

    expect(stored['spec']).toEqual({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      leaseTransitions: 3,
    });
  });

  it('and does not change the object that it was given', () => {
    const lease = Object.freeze({ spec: Object.freeze({ holderIdentity: 'a' }) });

    leaseFormat.write(lease, record);

    expect(lease.spec).toEqual({ holderIdentity: 'a' });
  });
});

describe('a ConfigMap is read', () => {
  it.each([
    [
      'as Go writes it',
      {
        holderIdentity: 'go',
        leaseDurationSeconds: 15,
        acquireTime: '2026-03-01T12:00:00Z',
        renewTime: '2026-03-01T12:00:08Z',
        leaderTransitions: 4,
      },
      {
        holderIdentity: 'go',
        leaseDurationSeconds: 15,
        acquireTime: '2026-03-01T12:00:00Z',
        leaderTransitions: 4,
      },
    ],
    [
      'as Python writes it',
      {
        holderIdentity: 'python',
        leaseDurationSeconds: '15',
        acquireTime: '2026-03-01 12:00:00.123456',
        renewTime: '2026-03-01 12:00:08',
      },
      {
        holderIdentity: 'python',
        leaseDurationSeconds: 15,
        renewTime: '2026-03-01 12:00:08',
        leaderTransitions: 0,
      },
    ],
    [
      'as fabric8 writes it',
      {
        holderIdentity: 'java',
        leaseDuration: 'PT1M15S',
        acquireTime: time,
        renewTime: time,
        leaderTransitions: 1,
      },
      { holderIdentity: 'java', leaseDurationSeconds: 75, leaderTransitions: 1 },
    ],
    ['as released', { holderIdentity: '', leaseDurationSeconds: 1 }, { isReleased: true }],
    ['as released by Python', { holderIdentity: null }, { isReleased: true }],
    [
      'as held when its duration is nonsense',
      { holderIdentity: 'a', leaseDurationSeconds: 'a while' },
      { isReleased: false, leaseDurationSeconds: 0 },
    ],
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
    ['without annotations', { metadata: { name: 'a' } }],
    ['without metadata', {}],
    ['with other annotations', { metadata: { annotations: { other: '1' } } }],
    ['with an empty annotation', { metadata: { annotations: { [LEADER_ANNOTATION]: '' } } }],
  ])('as having no record %s', (_, configMap) => {
    expect(annotationFormat.read(configMap)).toEqual({
      record: null,
      unreadable: null,
      fingerprint: '',
    });
  });

  it.each(['{', 'null', '[]', '"a"', '7', 'leader: a', 7])(
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
    const fields = { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: time };
    const { fingerprint } = readAnnotation(fields);

    expect(readAnnotation({ ...fields, note: 1 }).fingerprint).toBe(fingerprint);
    expect(readAnnotation({ ...fields, renewTime: `${time} ` }).fingerprint).not.toBe(fingerprint);
    expect(readAnnotation({ ...fields, leaderTransitions: 0 }).fingerprint).not.toBe(fingerprint);
    expect(readAnnotation({ ...fields, leaseDurationSeconds: 16 }).fingerprint).not.toBe(
      fingerprint,
    );
  });
});

describe('a ConfigMap is written', () => {
  const written = (annotation: string | undefined): Record<string, unknown> => {
    const annotations = annotation === undefined ? {} : { [LEADER_ANNOTATION]: annotation };
    const stored = annotationFormat.write({ metadata: { annotations } }, record);
    const metadata = stored['metadata'] as { annotations: Record<string, string> };
    return JSON.parse(metadata.annotations[LEADER_ANNOTATION] ?? '') as Record<string, unknown>;
  };

  it('with its annotation changed and everything else as it was', () => {
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', labels: { team: 'x' }, annotations: { note: 'y' }, finalizers: ['z'] },
      data: { key: 'value' },
      binaryData: { bytes: 'AAAA' },
      immutable: false,
    };

    expect(annotationFormat.write(configMap, record)).toEqual({
      ...configMap,
      metadata: {
        ...configMap.metadata,
        annotations: {
          note: 'y',
          [LEADER_ANNOTATION]:
            '{"holderIdentity":"me","leaseDurationSeconds":15,' +
            `"acquireTime":"${time}","renewTime":"${time}","leaderTransitions":3}`,
        },
      },
    });
  });

  it.each([undefined, '', '{broken', 'null', '[1]'])('over %j', (annotation) => {
    expect(written(annotation)).toEqual({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: time,
      renewTime: time,
      leaderTransitions: 3,
    });
  });

  it('over one that is nested too deep to be written again', () => {
    const deep = `{"x":${'['.repeat(6000)}${']'.repeat(6000)}}`;
    expect(written(deep)).toEqual(written(undefined));
  });

  it('keeping what other clients have added to the record', () => {
    expect(written('{"holderIdentity":"a","strategy":"x"}')).toMatchObject({
      holderIdentity: 'me',
      strategy: 'x',
    });
  });

  it("with the duration under fabric8's name too, where fabric8 had written it", () => {
    expect(written('{"leaseDuration":"PT60S"}')).toMatchObject({
      leaseDurationSeconds: 15,
      leaseDuration: 'PT15S',
    });
  });
});
