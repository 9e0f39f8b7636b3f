import { describe, expect, it } from 'vitest';
import { settle } from '../../src/testing/virtual-clock.js';
import { Candidate } from '../unit/election/support/candidate.js';
import { Rivals } from '../unit/election/support/rivals.js';

/*
 * `wake` says that the lock may have changed. It may come late, for nothing, or never: it makes a
 * candidate look sooner, and does nothing else.
 */
const wake = async (c: Candidate): Promise<void> => {
  c.election.actor.send({ type: 'wake' });
  await settle();
};

describe('a wake-up that comes for nothing', () => {
  it('makes a candidate look, and leaves the holder its whole lease', async () => {
    const c = new Candidate();
    await c.waits();
    for (let looks = 1; looks <= 29; looks += 1) {
      await c.clock.advance(500);
      await wake(c);
      // The same record as before: nothing has changed.
      await c.answer('get', c.lock.heldBy('other'));
    }
    await c.clock.advance(499);
    await wake(c);
    await c.answer('get', c.lock.heldBy('other'));
    await c.lock.expectIdle();
    await c.clock.advance(1);
    await c.answer('get', c.lock.heldBy('other'));
    await c.lock.expectCall('update');
    expect(c.clock.now().monotonicMs).toBe(15_000);
  });

  it('adds no second request to the one that is under way', async () => {
    const c = new Candidate();
    await c.waits();
    const get = c.lock.get;
    let reads = 0;
    c.lock.get = (options) => {
      reads += 1;
      return get(options);
    };
    for (let wakes = 0; wakes < 5; wakes += 1) await wake(c);
    await c.answer('get', c.lock.heldBy('other'));
    await c.lock.expectIdle();
    expect(reads).toBe(1);
  });
});

describe('a wake-up that comes late', () => {
  it('does not make a candidate lead whose name the lock shows from before', async () => {
    const c = new Candidate();
    await c.waits();
    await wake(c);
    // The record of a process of the same name that is gone.
    await c.answer('get', c.lock.heldBy('me'));
    await c.lock.expectIdle();
    expect(c.log).not.toContain('onStartedLeading');
    expect(c.election.isLeader()).toBe(false);
  });

  it('does not revive a term that has ended, though our record still stands in the lock', async () => {
    const c = new Candidate({ onLost: 'rejoin' });
    const claim = await c.leads();
    await c.clock.advance(10_000);
    expect(c.election.state).toBe('lost');
    await wake(c);
    await c.lock.expectIdle();
    await c.finishWork();
    expect(c.election.state).toBe('rejoining');
    await wake(c);
    await c.lock.expectIdle();
    expect(c.log.filter((entry) => entry === 'onStartedLeading')).toHaveLength(1);

    // What ends the pause is the pause; and what begins a term is a write of its own.
    await c.clock.advance(1_000);
    await c.answer('get', c.lock.ok(claim.record));
    expect(c.election.isLeader()).toBe(false);
    await c.lock.commit();
    expect(c.log.filter((entry) => entry === 'onStartedLeading')).toHaveLength(2);
  });
});

describe('a wake-up that never comes', () => {
  it('delays nobody: the lock of a dead leader is taken by the clock', async () => {
    const rivals = new Rivals();
    const a = rivals.join('a');
    await rivals.pass(500);
    const b = rivals.join('b');
    await rivals.pass(9_600);
    a.election.actor.stop();
    await rivals.pass(15_000 + 2_000);
    expect(b.election.isLeader()).toBe(true);
  });
});

describe('a candidate that was stopped and has released the lock', () => {
  it('does not take it again, whatever wakes it meanwhile, though nobody else does', async () => {
    const rivals = new Rivals();
    const a = rivals.join('a', { onLost: 'rejoin' });
    await rivals.pass(500);
    a.wire.delayMs = 100;
    const stopped = a.election.stop();
    while (a.election.state !== 'stopped') {
      a.election.actor.send({ type: 'wake' });
      await rivals.pass(10, 10);
    }
    expect((await stopped).released).toBe(true);
    expect(a.wire.calls).toEqual(['get', 'create', 'update']);
    await rivals.pass(60_000);
    expect(a.wire.calls).toHaveLength(3);
    expect(a.reigns).toHaveLength(1);
    expect(rivals.store.record?.holderIdentity).toBe('');
  });
});
