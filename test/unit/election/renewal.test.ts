import { describe, expect, it } from 'vitest';
import { Candidate } from './support/candidate.js';

/* What a leader does about each answer to a renewal. */
describe('a leader that renews', () => {
  it('writes without reading first, a retry period after each success', async () => {
    const c = new Candidate();
    const claim = await c.leads();
    const renewals = [];
    for (let n = 1; n <= 3; n += 1) {
      await c.clock.advance(1_999);
      await c.lock.expectIdle();
      await c.clock.advance(1);
      renewals.push(await c.lock.commit());
    }
    for (const { record } of renewals) {
      const { holderIdentity, acquireTime, leaderTransitions } = claim.record!;
      expect(record).toMatchObject({ holderIdentity, acquireTime, leaderTransitions });
    }
    const times = [claim, ...renewals].map(({ record }) => record?.renewTime);
    expect(new Set(times).size).toBe(4);
    expect(c.log.filter((entry) => entry === 'onStartedLeading')).toHaveLength(1);
  });
});

describe('a renewal that meets a conflict', () => {
  it('ends the term at once when another holds the lock', async () => {
    const c = new Candidate();
    await c.renews();
    await c.answer('update', c.lock.failure('conflict'));
    const seen: unknown[] = [];
    c.election.on('newLeader', () => seen.push(c.election.isLeader(), c.term.signal.aborted));
    await c.answer('get', c.lock.heldBy('other'));
    expect(c.clock.now().monotonicMs).toBe(2_000);
    expect(c.log.slice(-2).sort()).toEqual(['onNewLeader other', 'onStoppedLeading superseded']);
    expect(seen).toEqual([false, true]);
    expect(c.election.leader).toBe('other');
    await c.lock.expectIdle();
  });
});
