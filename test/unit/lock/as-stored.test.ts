import { describe, expect, it } from 'vitest';
import { alterationOf, isCutFrom, isSameWrite } from '../../../src/lock/as-stored.js';
import { record } from '../../support/controllable-lock.js';

/* What was written, and what is found: an admission plugin, or the lock itself, may alter records. */

const written = record({
  holderIdentity: 'me',
  acquireTime: '2026-01-01T00:00:10.120456Z',
  renewTime: '2026-01-01T00:00:20.789012Z',
});

describe('a record that is found', () => {
  it.each([
    ['all of it', {}, true, true],
    ['all but its duration', { leaseDurationSeconds: 12 }, true, true],
    ['another holder', { holderIdentity: 'you' }, false, false],
    ['another count of transitions', { leaderTransitions: 4 }, false, false],
    ['a renew time cut to milliseconds', { renewTime: '2026-01-01T00:00:20.789Z' }, false, true],
    ['one cut to seconds', { renewTime: '2026-01-01T00:00:20.000000Z' }, false, true],
    ['one cut to seconds, without digits', { renewTime: '2026-01-01T00:00:20Z' }, false, true],
    ['both cut to hundredths', { acquireTime: '2026-01-01T00:00:10.12Z' }, false, true],
    ['a renew time with other digits', { renewTime: '2026-01-01T00:00:20.789013Z' }, false, false],
    ['one that is not what a cut leaves', { renewTime: '2026-01-01T00:00:20.79Z' }, false, false],
    ['one of the second before', { renewTime: '2026-01-01T00:00:19Z' }, false, false],
    ['one with a tenth of the seconds', { renewTime: '2026-01-01T00:00:02Z' }, false, false],
    ['one cut to minutes', { renewTime: '2026-01-01T00:00:00Z' }, false, false],
    ['no renew time', { renewTime: '' }, false, false],
    ['no acquire time', { acquireTime: '' }, false, false],
    ['nonsense for a time', { renewTime: 'never' }, false, false],
  ])('with %s', (_, fields, same, mayBe) => {
    const found = record({ ...written, ...fields });
    expect(isSameWrite(written, found)).toBe(same);
    expect(isCutFrom(written, found)).toBe(mayBe);
  });
});

describe('the alteration of a record', () => {
  it('is none where it is stored as it was written', () => {
    expect(alterationOf(written, record({ ...written }))).toBeNull();
  });

  it('names each field with both values', () => {
    const cut = { renewTime: '2026-01-01T00:00:20Z', leaseDurationSeconds: 12 };
    expect(alterationOf(written, record({ ...written, ...cut }))).toEqual({
      fields: ['leaseDurationSeconds', 'renewTime'],
      problem:
        'leaseDurationSeconds was stored as 12 instead of 15, renewTime was stored as ' +
        '"2026-01-01T00:00:20Z" instead of "2026-01-01T00:00:20.789012Z"',
    });
  });
});
