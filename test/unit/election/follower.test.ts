import { describe, expect, it } from 'vitest';
import type { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import { Candidate, type Options } from './support/candidate.js';

/* When a candidate takes a lock that it does not hold: never while another may be leading. */

/** Polls until the candidate writes, answering each read in this way; returns when it did. */
async function tookAt(c: Candidate, answer: () => LeaderElectionRecord | null): Promise<number> {
  for (let at = 0; at <= 100_000; at += 100) {
    const [call] = c.lock.pending;
    if (call?.verb === 'update') return c.clock.now().monotonicMs;
    if (call !== undefined) await call.answer(c.lock.ok(answer()));
    if (c.lock.pending[0]?.verb !== 'update') await c.clock.advance(100);
  }
  throw new Error('The candidate never took the lock');
}

const SHORT = { leaseDurationSeconds: 10, renewDeadlineSeconds: 8 };

/** What a lock says that another holds, and when it is taken: a lease after it was first seen. */
const HELD: [string, number, Partial<LeaderElectionRecord>, Options?][] = [
  ['that does not change', 15_000, {}],
  ['with a duration that is longer than its own', 30_000, { leaseDurationSeconds: 30 }, SHORT],
  ['with a duration that is shorter than its own', 6_000, { leaseDurationSeconds: 6 }],
  ['with a duration of zero', 15_000, { leaseDurationSeconds: 0 }],
  ['with a duration below zero', 15_000, { leaseDurationSeconds: -5 }],
  ['with a duration that is no number', 15_000, { leaseDurationSeconds: Number.NaN }],
  ['renewed yesterday', 15_000, { renewTime: '2025-12-31T00:00:00.000000Z' }],
  ['renewed tomorrow', 15_000, { renewTime: '2026-01-02T00:00:00.000000Z' }],
  ['without times', 15_000, { acquireTime: '', renewTime: '' }],
  ['with its own identity, which it did not write', 15_000, { holderIdentity: 'me' }],
];

describe('a candidate that finds the lock held', () => {
  it.each(HELD)('takes a record %s after %i ms', async (_, afterMs, fields, options = {}) => {
    const c = new Candidate(options);
    await c.run();
    expect(await tookAt(c, () => record(fields))).toBe(afterMs);
    expect(c.log).not.toContain('onStartedLeading');
  });

  it('waits anew whenever the holder renews', async () => {
    const c = new Candidate();
    await c.run();
    const renewedUntil = 30_000;
    const took = await tookAt(c, () => {
      const at = Math.min(c.clock.now().monotonicMs, renewedUntil);
      return record({ renewTime: new Date(at).toISOString() });
    });
    expect(took).toBeGreaterThanOrEqual(renewedUntil - 2_000 + 15_000);
    expect(took).toBeLessThanOrEqual(renewedUntil + 2_000 + 15_000);
  });

  it.each<[string, (clock: VirtualClock) => void]>([
    ['is set forward', (clock) => clock.setWall(clock.now().wallMs + 3_600_000)],
    ['is set back', (clock) => clock.setWall(clock.now().wallMs - 3_600_000)],
    ['shows that the machine slept', (clock) => clock.suspend(60_000)],
  ])('asks no wall clock, which %s', async (_, change) => {
    const c = new Candidate();
    await c.waits();
    change(c.clock);
    expect(await tookAt(c, () => record())).toBe(15_000);
  });

  it('never gives up, however long the holder lives', async () => {
    const c = new Candidate();
    await c.run();
    for (let reads = 0; reads < 50; reads += 1) {
      await c.answer('get', c.lock.heldBy('other', { renewTime: String(reads) }));
      await c.clock.advance(2_000);
    }
    await c.answer('get', c.lock.free());
    await c.lock.expectCall('update');
  });

  it('pauses longer after each failure in a row, and starts anew after a success', async () => {
    const c = new Candidate();
    const counted: number[] = [];
    c.election.on('acquireFailed', ({ failures }) => counted.push(failures));
    await c.run();
    for (const pauseMs of [125, 250, 500, 1_000, 1_000]) {
      await c.answer('get', c.lock.failure('network'));
      await c.clock.advance(pauseMs - 1);
      await c.lock.expectIdle();
      await c.clock.advance(1);
    }
    await c.answer('get', c.lock.heldBy('other'));
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.failure('network'));
    await c.clock.advance(125);
    await c.lock.expectCall('get');
    expect(counted).toEqual([1, 2, 3, 4, 5, 1]);
  });
});

describe('a record that cannot be read', () => {
  it('is taken after our own lease without a change, and reported once', async () => {
    const c = new Candidate();
    c.listen('recordUnreadable', 'acquireFailed');
    await c.run();
    for (let read = 0; read < 8; read += 1) {
      await c.answer('get', c.lock.ok(null, 'garbage'));
      await c.clock.advance(read < 7 ? 2_000 : 999);
    }
    await c.lock.expectIdle();
    await c.clock.advance(1);
    await c.answer('get', c.lock.ok(null, 'garbage'));
    await c.lock.commit();
    expect(c.log.filter((entry) => entry === 'recordUnreadable')).toHaveLength(1);
    expect(c.log).toContain('onStartedLeading');
  });
});

describe('a lock that vanishes', () => {
  it('is not created at once after a release: another may have taken it, unseen', async () => {
    const c = new Candidate();
    await c.claims();
    await c.answer('update', c.lock.failure('notFound'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.failure('notFound'));
    await c.lock.expectIdle();
    expect(c.election.state).toBe('acquiring');
  });
});
