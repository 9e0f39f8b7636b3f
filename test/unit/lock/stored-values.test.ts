import { describe, expect, it } from 'vitest';
import { annotationFormat } from '../../../src/lock/annotation-format.js';
import { decide } from '../../../src/lock/decide.js';
import { parseIsoDuration, toMicroTime } from '../../../src/lock/iso-time.js';
import { LOCK_KINDS } from '../../../src/lock/lock-kinds.js';
import * as locks from '../../../src/lock/locks.js';
import type { LeaderElectionRecord } from '../../../src/lock/record.js';
import { NO_RECORD, readFields, storable } from '../../../src/lock/stored-record.js';
import { record } from '../../support/controllable-lock.js';

const ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const NONE = {
  holderIdentity: null,
  leaseDurationSeconds: null,
  acquireTime: null,
  renewTime: null,
  transitions: null,
};

const configMap = (annotation: unknown): Record<string, unknown> => ({
  metadata: { annotations: { [ANNOTATION]: annotation } },
});

describe('the kinds that carry a record', () => {
  it('are known to the API server by these names', () => {
    const known = Object.values(LOCK_KINDS).map(({ group, apiVersion, resource, kind, field }) => [
      ...[group, apiVersion, resource, kind],
      field.join(' > '),
    ]);
    expect(known).toEqual([
      ['coordination.k8s.io', 'coordination.k8s.io/v1', 'leases', 'Lease', 'spec > renewTime'],
      ['', 'v1', 'configmaps', 'ConfigMap', `metadata > annotations > ${ANNOTATION}`],
    ]);
  });

  it('are called by people what they are', () => {
    const shown = Object.entries(LOCK_KINDS).map(([name, { plural, isForElections }]) => [
      ...[name, plural],
      isForElections,
    ]);
    expect(shown).toEqual([
      ['lease', 'Leases', true],
      ['configmap', 'ConfigMaps', false],
    ]);
  });

  it('have a class each, whose objects say which kind it is of', () => {
    const made = Object.values(locks).map((Lock) => new Lock({ name: 'a' }).toJSON().kind);
    expect(made.sort()).toEqual(
      Object.values(LOCK_KINDS)
        .map(({ kind }) => kind)
        .sort(),
    );
  });
});

describe('an annotation', () => {
  it('that is null is none', () => {
    expect(annotationFormat.read(configMap(null))).toEqual(NO_RECORD);
  });

  it('that is not text cannot be read, whatever is in it', () => {
    const read = annotationFormat.read(configMap(['{"holderIdentity":"somebody"}']));
    expect(read.record).toBeNull();
    expect(read.unreadable).toMatch(/not a JSON object/);
  });

  it('is written without the times that a record does not have', () => {
    const written = annotationFormat.write({}, record({ acquireTime: '', renewTime: '' }));
    const { annotations } = written['metadata'] as { annotations: Record<string, string> };
    expect(Object.keys(JSON.parse(annotations[ANNOTATION]!) as object).sort()).toEqual([
      'holderIdentity',
      'leaderTransitions',
      'leaseDurationSeconds',
    ]);
  });
});

describe('a duration as text', () => {
  it.each([
    ['15', 15],
    [' 15 ', 15],
    ['1.25', 1.25],
    ['PT15S', 15],
    ['1e3', 0],
    ['-5', 0],
    ['x15', 0],
  ])('%j is %d seconds', (text, seconds) => {
    expect(readFields({ ...NONE, leaseDurationSeconds: text }).record?.leaseDurationSeconds).toBe(
      seconds,
    );
  });

  it.each([
    ['P10D', 864_000],
    ['P1D', 86_400],
    ['PT10H', 36_000],
    ['PT10M', 600],
    ['PT1.25S', 1.25],
    ['xPT15S', null],
    ['PT15Sx', null],
  ])('%j, as ISO 8601, is %d seconds', (text, seconds) => {
    expect(parseIsoDuration(text)).toBe(seconds);
  });
});

describe('a time as text', () => {
  it.each([
    ['2026-01-01T12:00:00+05:30', '2026-01-01T06:30:00.000000Z'],
    ['2026-01-01T12:00:00-05:30', '2026-01-01T17:30:00.000000Z'],
    ['x2026-01-01T12:00:00Z', null],
    ['2026-01-01T12:00:00Zx', null],
  ])('%j is %j', (text, time) => {
    expect(toMicroTime(text)).toBe(time);
  });
});

describe('fields of types that no client writes', () => {
  it('are all named', () => {
    const { unreadable } = readFields({ ...NONE, acquireTime: 5, transitions: {} });
    expect(unreadable).toBe(
      'transitions is an object instead of a number, acquireTime is a number instead of text',
    );
  });
});

describe('a record that is to be stored', () => {
  const stored = (fields: Record<string, unknown>): unknown =>
    storable({ ...record(), ...fields } as LeaderElectionRecord);

  it('may have the longest duration that a Lease can hold, and no longer', () => {
    expect(stored({ leaseDurationSeconds: 2 ** 31 - 1 })).toMatchObject({
      leaseDurationSeconds: 2 ** 31 - 1,
    });
    expect(stored({ leaseDurationSeconds: 2 ** 31 })).toMatch(/leaseDurationSeconds/);
  });

  it.each(['', undefined, null])('may lack its times (%j)', (time) => {
    expect(stored({ acquireTime: time, renewTime: time })).toMatchObject({
      acquireTime: '',
      renewTime: '',
    });
  });

  it('has times that are text, whatever they print as', () => {
    expect(stored({ acquireTime: ['2026-01-01T00:00:00Z'] })).toMatch(/acquireTime/);
  });
});

it('a record that vanished while its lease ran is waited for, and said to have vanished', () => {
  const snapshot = { ...NO_RECORD, version: '1', object: null };
  const times = { observedAtMs: 0, expiresAtMs: 15_000, heardAtMs: 0 };
  const decision = decide({
    observation: { snapshot, ...times, version: '1', isFirst: false },
    nowMs: 14_999,
    identity: 'me',
    reclaimOwnIdentity: false,
    wroteIt: false,
    holderIsDead: false,
  });
  expect(decision).toEqual({ kind: 'wait', because: 'vanished', untilMs: 15_000 });
});
