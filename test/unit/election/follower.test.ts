import { describe, expect, it } from 'vitest';
import type { LeaderElectionRecord } from '../../../src/lock/record.js';
import { record } from '../../support/controllable-lock.js';
import { Candidate } from './support/candidate.js';

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

describe('a candidate that finds the lock held', () => {
  it('takes it a lease after the last change that it saw, and not before', async () => {
    const c = new Candidate();
    await c.run();
    expect(await tookAt(c, () => record())).toBe(15_000);
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

  it('goes by the duration in the record when that is longer than its own', async () => {
    const c = new Candidate({ leaseDurationSeconds: 10, renewDeadlineSeconds: 8 });
    await c.run();
    expect(await tookAt(c, () => record({ leaseDurationSeconds: 30 }))).toBe(30_000);
  });

  it('goes by the duration in the record when that is shorter than its own', async () => {
    const c = new Candidate();
    await c.run();
    expect(await tookAt(c, () => record({ leaseDurationSeconds: 6 }))).toBe(6_000);
  });

  it.each([0, -5, Number.NaN])('goes by its own duration where the record says %s', async (s) => {
    const c = new Candidate();
    await c.run();
    expect(await tookAt(c, () => record({ leaseDurationSeconds: s }))).toBe(15_000);
  });

  it('is not moved by a renew time of yesterday, nor by one of tomorrow', async () => {
    for (const renewTime of ['2025-12-31T00:00:00.000000Z', '2026-01-02T00:00:00.000000Z']) {
      const c = new Candidate();
      await c.run();
      expect(await tookAt(c, () => record({ renewTime }))).toBe(15_000);
    }
  });

  it('takes a record without times for held', async () => {
    const c = new Candidate();
    await c.run();
    expect(await tookAt(c, () => record({ acquireTime: '', renewTime: '' }))).toBe(15_000);
  });

  it('asks no wall clock: setting its own neither hastens nor delays it', async () => {
    for (const stepMs of [3_600_000, -3_600_000]) {
      const c = new Candidate();
      await c.waits();
      c.clock.setWall(c.clock.now().wallMs + stepMs);
      expect(await tookAt(c, () => record())).toBe(15_000);
    }
  });

  it('does not count the time that its machine slept', async () => {
    const c = new Candidate();
    await c.waits();
    c.clock.suspend(60_000);
    expect(await tookAt(c, () => record())).toBe(15_000);
  });

  it('never gives up, however long the holder lives', async () => {
    const c = new Candidate();
    await c.run();
    for (let reads = 0; reads < 500; reads += 1) {
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

  it('raises the count of transitions by one when it takes the lock', async () => {
    const c = new Candidate();
    await c.waits('other', { leaderTransitions: 41 });
    await tookAt(c, () => record({ leaderTransitions: 41 }));
    const claim = await c.lock.commit();
    expect(claim.record).toMatchObject({ holderIdentity: 'me', leaderTransitions: 42 });
    expect(claim.record?.acquireTime).toBe(claim.record?.renewTime);
  });
});

describe('a record that bears our own identity and that we did not write', () => {
  it('is waited for like any other', async () => {
    const c = new Candidate();
    await c.run();
    expect(await tookAt(c, () => record({ holderIdentity: 'me' }))).toBe(15_000);
    expect(c.log).not.toContain('onStartedLeading');
  });

  it('is taken at once by an identity that cannot run twice', async () => {
    const c = new Candidate({ reclaimOwnIdentity: true });
    await c.waits('me', { leaderTransitions: 7, renewTime: '2025-12-31T23:00:00.000000Z' });
    expect(c.log).not.toContain('onStartedLeading');
    const claim = await c.lock.commit();
    // The holder has not changed, but a restarted process begins a term of its own.
    expect(claim.record?.leaderTransitions).toBe(7);
    expect(c.log).toContain('onStartedLeading');
  });

  it('does not let such an identity take what another holds', async () => {
    const c = new Candidate({ reclaimOwnIdentity: true });
    await c.waits('other');
    await c.lock.expectIdle();
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

  it('counts anew when it changes to another that cannot be read', async () => {
    const c = new Candidate();
    await c.run();
    await c.answer('get', c.lock.ok(null, 'garbage'));
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.ok(null, 'other garbage'));
    await c.clock.advance(14_999);
    while (c.lock.pending.length > 0) await c.answer('get', c.lock.ok(null, 'other garbage'));
    expect(c.clock.now().monotonicMs).toBe(16_999);
  });
});

describe('a lock that is free', () => {
  it('is created where there is no object, with no transition counted', async () => {
    const c = new Candidate();
    await c.run();
    await c.answer('get', c.lock.failure('notFound'));
    const claim = await c.lock.commit('create');
    expect(claim.record?.leaderTransitions).toBe(0);
    expect(c.log).toContain('onStartedLeading');
  });

  it('is updated, not created, where it was released just now', async () => {
    const c = new Candidate();
    await c.run();
    const freed = c.lock.heldBy('', { leaseDurationSeconds: 1 });
    await c.answer('get', freed);
    const claim = await c.lock.commit('update');
    expect(claim.base?.version).toBe(freed.ok && freed.version);
    expect(c.log).toContain('onStartedLeading');
  });

  it('is noticed at the next poll when its holder lets it go', async () => {
    const c = new Candidate();
    await c.waits();
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.free());
    await c.lock.commit();
    expect(c.election.isLeader()).toBe(true);
  });
});

describe('a lock that vanishes', () => {
  it('is not created anew while its last known holder may be leading', async () => {
    const c = new Candidate();
    await c.waits();
    await c.clock.advance(2_000);
    for (let reads = 1; reads < 8; reads += 1) {
      await c.answer('get', c.lock.failure('notFound'));
      await c.clock.advance(2_000);
    }
    await c.answer('get', c.lock.failure('notFound'));
    await c.clock.advance(999);
    await c.lock.expectIdle();
    await c.clock.advance(1);
    await c.answer('get', c.lock.failure('notFound'));
    await c.lock.expectCall('create');
    expect(c.clock.now().monotonicMs).toBe(17_000);
  });

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
