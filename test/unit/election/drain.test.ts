import { describe, expect, it, vi } from 'vitest';
import { settle } from '../../../src/testing/virtual-clock.js';
import { deferred } from '../../model/support/deferred.js';
import { Candidate } from './support/candidate.js';

/* Between stop() and the release: the lease is kept for as long as the work needs. */
describe('a leader that drains', () => {
  it('keeps renewing while the work finishes', async () => {
    const c = new Candidate();
    await c.leads();
    await c.stop();
    for (let renewals = 0; renewals < 8; renewals += 1) {
      await c.clock.advance(2_000);
      await c.lock.commit();
    }
    await c.clock.advance(2_000);
    const held = await c.lock.commit();
    expect(c.election.isLeader()).toBe(true);
    await c.finishWork();
    await c.allowRelease(held);
    expect(c.outcome?.released).toBe(true);
  });

  it('keeps renewing while onStoppedLeading runs', async () => {
    const c = new Candidate({
      onStoppedLeading: () => new Promise((resolve) => void c.clock.setTimeout(resolve, 3_000)),
    });
    await c.leads();
    await c.stop();
    await c.finishWork();
    await c.clock.advance(2_000);
    const held = await c.lock.commit();
    expect(c.election.isLeader()).toBe(true);
    await c.clock.advance(1_000);
    await c.allowRelease(held);
    expect(c.outcome?.released).toBe(true);
  });

  it('loses the lease all the same when renewals fail, and is told so once', async () => {
    const c = new Candidate();
    await c.leads();
    await c.stop();
    await c.clock.advance(9_999);
    expect(c.election.isLeader()).toBe(true);
    await c.clock.advance(1);
    expect(c.election.isLeader()).toBe(false);
    await c.finishWork();
    expect(c.log.filter((entry) => entry.startsWith('onStoppedLeading'))).toHaveLength(1);
    expect(c.outcome).toMatchObject({ led: true, released: false, workFinished: true });
    await c.lock.expectIdle();
  });

  it('calls each callback once when the work finishes by itself at that moment', async () => {
    const c = new Candidate({ releaseWhenDone: true });
    const claim = await c.leads();
    c.work.resolve();
    await c.stop();
    await c.allowRelease(claim);
    expect(c.log.filter((entry) => entry.startsWith('on')).slice(1)).toEqual([
      'onStartedLeading',
      expect.stringMatching(/^onStoppedLeading (stopped|finished)$/),
    ]);
  });
});

describe('work that does not finish by the drain timeout', () => {
  async function drained(): Promise<Candidate> {
    const c = new Candidate({ drainTimeoutSeconds: 5 });
    await c.leads();
    await c.stop();
    await c.clock.advance(2_000);
    await c.lock.commit();
    await c.clock.advance(2_000);
    await c.lock.commit();
    await c.clock.advance(999);
    expect(c.outcome).toBeUndefined();
    expect(c.election.isLeader()).toBe(true);
    await c.clock.advance(1);
    return c;
  }

  it('keeps the lock from being released, and stop() says so without waiting longer', async () => {
    const c = await drained();
    expect(c.election.isLeader()).toBe(false);
    expect(c.outcome).toEqual({
      reason: 'drainTimeout',
      led: true,
      released: false,
      workFinished: false,
    });
    expect(c.log.filter((entry) => entry.startsWith('onStoppedLeading'))).toEqual([
      'onStoppedLeading stopped',
    ]);
    await c.lock.expectIdle();
  });

  it('is an overrun when the lease has run out, counted from its last renewal', async () => {
    const c = await drained();
    // The last renewal was sent at 4 s; the lease is 15 s.
    await c.clock.advance(13_999);
    expect(c.log).not.toContain('onOverrun');
    await c.clock.advance(1);
    expect(c.log).toContain('onOverrun');
    expect(c.clock.pendingTimers).toBe(0);
  });

  it('is none when it finishes before that', async () => {
    const c = await drained();
    await c.finishWork();
    expect(c.clock.pendingTimers).toBe(0);
    expect(c.log).not.toContain('onOverrun');
  });

  it('lets a new candidacy begin', async () => {
    const c = await drained();
    await c.run();
    await c.lock.expectCall('get');
  });
});

describe('an onStoppedLeading that never returns', () => {
  it('ends with the drain timeout, without a second call, and without an overrun', async () => {
    const log: string[] = [];
    const c = new Candidate({
      drainTimeoutSeconds: 5,
      onStoppedLeading: (reason) => {
        log.push(reason);
        return new Promise(() => undefined);
      },
    });
    await c.leads();
    await c.stop();
    await c.finishWork();
    await c.clock.advance(2_000);
    await c.lock.commit();
    await c.clock.advance(2_000);
    await c.lock.commit();
    await c.clock.advance(1_000);
    expect(log).toEqual(['stopped']);
    expect(c.outcome).toMatchObject({ reason: 'drainTimeout', released: false });
    expect(c.log).not.toContain('onOverrun');
    expect(c.clock.pendingTimers).toBe(0);
  });

  it('after a loss ends with the lease, without an overrun when the work has finished', async () => {
    const c = new Candidate({ onStoppedLeading: () => new Promise(() => undefined) });
    await c.renews();
    await c.clock.advance(8_000);
    await c.finishWork();
    expect(c.outcome).toBeUndefined();
    await c.clock.advance(5_000);
    expect(c.outcome).toMatchObject({ reason: 'deadline', workFinished: true });
    expect(c.log).not.toContain('onOverrun');
  });

  describe('of a candidate that is to rejoin', () => {
    /**
     * The drain has timed out, at 5 s. A renewal was answered at 2 s; one that was sent at 4 s may
     * have been stored, and be in force until 19 s.
     */
    async function drained(onStoppedLeading: () => Promise<void>): Promise<Candidate> {
      const c = new Candidate({ onLost: 'rejoin', drainTimeoutSeconds: 5, onStoppedLeading });
      await c.leads();
      c.work.reject(new Error('the work failed'));
      await settle();
      await c.clock.advance(2_000);
      await c.lock.commit();
      await c.clock.advance(3_000);
      expect(c.election.isLeader()).toBe(false);
      return c;
    }
    const never = () => new Promise<void>(() => undefined);

    it('does not end the candidacy, which goes on when the lease has run out', async () => {
      const c = await drained(never);
      const ended = vi.fn();
      c.election.on('ended', ended);
      await c.clock.advance(13_999);
      expect(c.election.state).toBe('lost');
      await c.lock.expectIdle();
      await c.clock.advance(1);
      expect(c.election.state).toBe('rejoining');
      await c.clock.advance(999);
      await c.lock.expectIdle();
      await c.clock.advance(1);
      await c.lock.expectCall('get');
      expect(c.outcome).toBeUndefined();
      expect(ended).not.toHaveBeenCalled();
      await c.stop();
      expect(c.outcome).toMatchObject({ reason: 'stopped', led: true });
      expect(c.clock.pendingTimers).toBe(0);
    });

    it('is not waited for any longer when the election is stopped', async () => {
      const c = await drained(never);
      await c.clock.advance(13_999);
      await c.stop();
      const outcome = { reason: 'drainTimeout', led: true, released: false, workFinished: true };
      expect(c.outcome).toMatchObject(outcome);
      expect(c.clock.pendingTimers).toBe(0);
      await c.lock.expectIdle();
    });

    it('holds it up for as long as it runs, if it does return in that time', async () => {
      const stopping = deferred();
      const c = await drained(() => stopping.promise);
      await c.clock.advance(4_000);
      expect(c.election.state).toBe('lost');
      stopping.resolve();
      await settle();
      expect(c.election.state).toBe('rejoining');
      await c.clock.advance(1_000);
      await c.lock.expectCall('get');
    });
  });
});

describe('a drain timeout of zero', () => {
  it('still releases when the work ends as it is told', async () => {
    const c = new Candidate({
      drainTimeoutSeconds: 0,
      onStartedLeading: (term) =>
        new Promise((resolve) => {
          term.signal.addEventListener('abort', resolve);
        }),
    });
    const claim = await c.leads();
    await c.stop();
    await c.allowRelease(claim);
    expect(c.outcome).toMatchObject({ reason: 'stopped', released: true });
  });
});
