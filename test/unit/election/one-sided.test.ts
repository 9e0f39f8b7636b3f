import { describe, expect, it } from 'vitest';
import { OddCandidate, OddLock, type Outage } from './support/odd-lock.js';

/*
 * Outages that last, and in which only some requests fail. Whatever fails, a record of ours is never
 * taken for another's: the term runs to its deadline, and no release is given up.
 */

const TIMINGS = [
  [60, 40, 2],
  [15, 10, 1],
  [15, 10, 2],
  [90, 75, 1],
] satisfies [number, number, number][];

const timed = (lease: number, renew: number, retry: number) => ({
  leaseDurationSeconds: lease,
  renewDeadlineSeconds: renew,
  retryPeriodSeconds: retry,
});

const OUTAGES: readonly (readonly [string, Outage, boolean])[] = [
  ['writes fail and reads work', { writes: 'serverError' }, false],
  ['writes fail, are stored, and reads work', { writes: 'serverError', stored: true }, true],
  [
    'writes meet a conflict, are stored, and reads work',
    { writes: 'conflict', stored: true },
    true,
  ],
  ['writes meet a conflict for no reason', { writes: 'conflict' }, false],
  ['reads fail and writes work', { reads: 'serverError' }, true],
  ['only the watch works', { reads: 'serverError', writes: 'network' }, false],
  [
    'only the watch works, and writes are stored',
    { reads: 'network', writes: 'network', stored: true },
    false,
  ],
];

describe.each(TIMINGS)(
  'with a lease of %i s, a deadline of %i s and retries of %i s',
  (...timing) => {
    const [, renew] = timing;
    const options = timed(...timing);

    it.each(OUTAGES)('while %s the lock stays ours', async (_, outage, goesOn) => {
      const c = new OddCandidate(options, new OddLock(true));
      await c.clock.advance(0);
      expect(c.election.isLeader()).toBe(true);
      c.lock.outage = outage;
      await c.clock.advance(renew * 1000 - 1);
      expect(c.election.isLeader()).toBe(true);
      await c.clock.advance(renew * 1000);
      expect(c.election.isLeader()).toBe(goesOn);
      const reasons = c.newsOf('stoppedLeading').map(({ reason }) => reason);
      expect(reasons).toEqual(goesOn ? [] : ['deadline']);
      expect(c.terms).toHaveLength(1);
    });

    it.each(OUTAGES)('stopped while %s it releases once that is over', async (_, outage) => {
      const c = new OddCandidate(options, new OddLock(true));
      await c.clock.advance(0);
      c.lock.outage = outage;
      await c.clock.advance(renew * 700);
      void c.election.stop();
      await c.clock.advance(renew * 200);
      c.lock.outage = {};
      await c.clock.advance(2 * timing[2] * 1000);
      expect(c.outcome).toMatchObject({ reason: 'stopped', released: true });
      expect(c.lock.store.record?.holderIdentity).toBe('');
    });
  },
);

it('the first claim leads though a proxy has repeated it, and it met a conflict', async () => {
  const c = new OddCandidate({}, new OddLock(true));
  c.lock.outage = { writes: 'conflict', stored: true };
  await c.clock.advance(100);
  expect(c.election.isLeader()).toBe(true);
  // From its own sending.
  await c.clock.advance(60_000);
  expect(c.terms).toHaveLength(1);
  expect(c.newsOf('stoppedLeading')).toEqual([]);
});
