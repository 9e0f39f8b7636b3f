import { describe, expect, it } from 'vitest';
import { HOLDER_ANNOTATION, holderIn, withOffer } from '../../../../src/lock/evidence/offer.js';
import { annotationFormat } from '../../../../src/lock/annotation-format.js';
import { leaseFormat } from '../../../../src/lock/lease-format.js';
import { LeaderElectionRecord } from '../../../../src/lock/record.js';
import { holder } from './support.js';

const record = new LeaderElectionRecord({
  holderIdentity: 'app-1_x',
  leaseDurationSeconds: 15,
  acquireTime: '2026-11-29T08:00:05.123456Z',
  renewTime: '2026-11-29T08:00:07.123456Z',
  leaderTransitions: 3,
});
const released = new LeaderElectionRecord({ ...record, holderIdentity: '' });
const object = { metadata: { name: 'a', annotations: { theirs: 'kept' }, labels: { app: 'x' } } };
const offering = withOffer(object, record, holder);

function annotationsOf({ metadata }: Record<string, unknown>): Record<string, string> {
  return (metadata as { annotations: Record<string, string> }).annotations;
}

/** The offer, with something in it changed. */
function altered(change: Record<string, unknown>): object {
  const text = annotationsOf(offering)[HOLDER_ANNOTATION] ?? '';
  const offer = JSON.stringify({ ...(JSON.parse(text) as object), ...change });
  return { metadata: { annotations: { [HOLDER_ANNOTATION]: offer } } };
}

describe('an offer', () => {
  it('is found in the object that it was written into, with all else as it was', () => {
    expect(holderIn(offering, record)).toEqual(holder);
    expect(offering).toMatchObject({ metadata: { name: 'a', labels: { app: 'x' } } });
    expect(annotationsOf(offering)['theirs']).toBe('kept');
  });

  it.each([
    ['another holder', { holderIdentity: 'go-1' }],
    ['another term', { acquireTime: '2026-11-29T08:01:05.123456Z' }],
    ['another count of transitions', { leaderTransitions: 4 }],
    ['a renewal by somebody who keeps all the rest', { renewTime: '2026-11-29T08:00:09.123456Z' }],
  ])('is void beside a record of %s', (_, change) => {
    expect(holderIn(offering, new LeaderElectionRecord({ ...record, ...change }))).toBeNull();
  });

  it('is none beside no record, or one that was released', () => {
    expect(holderIn(offering, null)).toBeNull();
    expect(holderIn(offering, released)).toBeNull();
  });

  it('is taken out where there is none, and nothing else is', () => {
    for (const none of [withOffer(offering, record, null), withOffer(offering, released, holder)]) {
      expect(none).toEqual(object);
    }
    expect(withOffer(object, record, null)).toBe(object);
  });

  it.each([
    ['no pod', { pod: undefined }],
    ['a pod that is no name', { pod: 'a b' }],
    ['a UID that is a number', { uid: 7 }],
    ['no container', { container: '' }],
    ['no start', { started: undefined }],
    ['a start that is no time', { started: 'yesterday' }],
    ['a start before all times', { started: '1960-01-01T00:00:00.000Z' }],
    ['a number that is none', { pid: '1' }],
    ['ticks that are none', { startTicks: 'x' }],
  ])('is none with %s', (_, change) => {
    expect(holderIn(altered({}), record)).toEqual(holder);
    expect(holderIn(altered(change), record)).toBeNull();
  });

  it.each([['nothing'], ['[1]'], ['null'], ['{'.repeat(200)]])('is none in %s', (text) => {
    const odd = { metadata: { annotations: { [HOLDER_ANNOTATION]: text } } };
    expect(holderIn(odd, record)).toBeNull();
    expect(holderIn({ metadata: { annotations: 'odd' } }, record)).toBeNull();
    expect(holderIn(text, record)).toBeNull();
  });

  it('stands beside the record in both kinds of lock, and is no part of it', () => {
    for (const format of [leaseFormat, annotationFormat]) {
      const written = format.write({ metadata: { name: 'a' } }, record);
      const both = withOffer(written, record, holder);
      expect(format.read(both)).toEqual(format.read(written));
      expect(holderIn(both, format.read(both).record)).toEqual(holder);
    }
  });
});
