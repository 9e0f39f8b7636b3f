import { describe, expect, it } from 'vitest';
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

  it('is an overrun when the lease has run out, counted from its last renewal', async () => {
    const c = await drained();
    // The last renewal was sent at 4 s; the lease is 15 s.
    await c.clock.advance(13_999);
    expect(c.log).not.toContain('onOverrun');
    await c.clock.advance(1);
    expect(c.log).toContain('onOverrun');
    expect(c.clock.pendingTimers).toBe(0);
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
