import { describe, expect, it } from 'vitest';
import { claimRecord, releaseRecord, renewalRecord } from '../../../src/lock/next-record.js';
import { LeaderElectionRecord } from '../../../src/lock/record.js';
import { record } from '../../support/controllable-lock.js';

const stamp = { wallMs: Date.UTC(2026, 5, 1), random: () => 0.123456 };
const now = '2026-06-01T00:00:00.000123Z';
const claim = (before: LeaderElectionRecord | 'no record' | 'no object'): LeaderElectionRecord =>
  claimRecord({
    ...stamp,
    before: before === 'no object' ? null : { record: before === 'no record' ? null : before },
    identity: 'me',
    leaseDurationMs: 15_000,
  });

describe('the record of a candidate that takes the lock', () => {
  it('is all its own, dated now', () => {
    expect(claim('no object')).toEqual(
      new LeaderElectionRecord({
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        acquireTime: now,
        renewTime: now,
        leaderTransitions: 0,
      }),
    );
  });

  it.each([
    ['from another holder', record({ holderIdentity: 'other', leaderTransitions: 6 }), 7],
    ['after a release', record({ holderIdentity: '', leaderTransitions: 6 }), 7],
    ['from its own name', record({ holderIdentity: 'me', leaderTransitions: 6 }), 6],
    ['where there was no object', 'no object', 0],
    // client-go reads an empty record there, and adds one.
    ['of an object without a record', 'no record', 1],
    ['at the last but one', record({ leaderTransitions: 2147483646 }), 2147483647],
    ['at the end of the count', record({ leaderTransitions: 2147483647 }), 2147483647],
    ['beyond it, as JSON can hold', record({ leaderTransitions: 4294967296 }), 2147483647],
  ] as const)('taken %s counts the transitions', (_, before, transitions) => {
    expect(claim(before).leaderTransitions).toBe(transitions);
  });

  it('has random digits of its own in each of its times', () => {
    const digits = [0.123456, 0.987654];
    const random = (): number => digits.shift() ?? 0;
    const who = { before: null, identity: 'me', leaseDurationMs: 15_000 };
    const taken = claimRecord({ wallMs: stamp.wallMs, random, ...who });
    expect(taken).toMatchObject({ acquireTime: now, renewTime: '2026-06-01T00:00:00.000987Z' });
  });

  it('takes nothing else over from the holder before', () => {
    const before = record({ leaseDurationSeconds: 99 });
    expect(claim(before)).toMatchObject({ leaseDurationSeconds: 15, acquireTime: now });
  });
});

describe('the record of a holder that renews', () => {
  it('differs from the one before in its renew time only', () => {
    const held = record({ holderIdentity: 'me' });
    expect(renewalRecord({ ...stamp, held, leaseDurationMs: 15_000 })).toEqual(
      new LeaderElectionRecord({ ...held, renewTime: now }),
    );
  });

  it('has our duration again, whatever was made of it', () => {
    const held = record({ holderIdentity: 'me', leaseDurationSeconds: 12 });
    const renewed = renewalRecord({ ...stamp, held, leaseDurationMs: 15_000 });
    expect(renewed.leaseDurationSeconds).toBe(15);
  });

  it('is another one even within the same millisecond', () => {
    const held = record({ holderIdentity: 'me' });
    const drawn = [0.1, 0.2].map((random) =>
      renewalRecord({ ...stamp, random: () => random, held, leaseDurationMs: 15_000 }),
    );
    expect(drawn[0]!.equals(drawn[1]!)).toBe(false);
  });
});

describe('the record of a holder that lets go', () => {
  it('names nobody, for a second, and keeps the count of transitions', () => {
    const held = record({ holderIdentity: 'me', leaderTransitions: 6 });
    const released = releaseRecord({ ...stamp, held });
    expect(released).toEqual(
      new LeaderElectionRecord({
        holderIdentity: '',
        leaseDurationSeconds: 1,
        acquireTime: now,
        renewTime: now,
        leaderTransitions: 6,
      }),
    );
    expect(released.isReleased).toBe(true);
  });
});

describe('a record', () => {
  it('equals another one that is the same to the last digit, and no other', () => {
    const one = record();
    expect(one.equals(record())).toBe(true);
    for (const change of [
      { holderIdentity: 'me' },
      { leaseDurationSeconds: 16 },
      { acquireTime: '2026-01-01T00:00:00.000001Z' },
      { renewTime: '2026-01-01T00:00:00.000001Z' },
      { leaderTransitions: 4 },
    ]) {
      expect(one.equals(record(change))).toBe(false);
    }
  });

  it('is released when it names nobody, and not when it lacks its times', () => {
    expect(record({ holderIdentity: '' }).isReleased).toBe(true);
    expect(record({ acquireTime: '', renewTime: '' }).isReleased).toBe(false);
  });

  it('counts no transitions where none were given', () => {
    const { leaderTransitions: _, ...fields } = record();
    expect(new LeaderElectionRecord(fields).leaderTransitions).toBe(0);
  });
});
