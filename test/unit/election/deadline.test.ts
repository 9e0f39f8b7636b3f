import { describe, expect, it } from 'vitest';
import { NotLeaderError } from '../../../src/errors/not-leader-error.js';
import { Candidate } from './support/candidate.js';

/*
 * How long a leader leads. Each of these, gone wrong, lets two lead at a time: the others take the
 * lock a lease (15 s) after the last write that they saw, so the leader must have stopped by then.
 */
describe('a leader whose renewals go unanswered', () => {
  it('stops at the renew deadline, counted from before its last success was sent', async () => {
    const c = new Candidate();
    await c.claims();
    await c.clock.advance(4_800);
    await c.lock.commit();
    await c.clock.advance(5_199);
    expect(c.election.isLeader()).toBe(true);
    expect(c.term.signal.aborted).toBe(false);
    await c.clock.advance(1);
    expect(c.election.isLeader()).toBe(false);
    expect(c.log).toContain('onStoppedLeading deadline');
  });

  it('counts from the sending of a renewal that was answered late, too', async () => {
    const c = new Candidate();
    await c.renews();
    await c.clock.advance(4_800);
    await c.lock.commit();
    expect(c.term.leadingUntil).toEqual(new Date(c.term.acquiredAt.getTime() + 12_000));
    await c.clock.advance(5_199);
    expect(c.election.isLeader()).toBe(true);
    await c.clock.advance(1);
    expect(c.election.isLeader()).toBe(false);
  });

  it('is not helped by requests that hang', async () => {
    const c = new Candidate();
    const first = await c.renews();
    await c.clock.advance(5_000);
    expect(first.signal?.aborted).toBe(true);
    await c.clock.advance(125);
    const second = await c.lock.expectCall('get');
    await c.clock.advance(2_874);
    expect(c.election.state).toBe('renewing');
    expect(second.signal?.aborted).toBe(false);
    await c.clock.advance(1);
    expect(c.election.state).toBe('lost');
    expect(second.signal?.aborted).toBe(true);
    expect(c.log).toContain('onStoppedLeading deadline');
    await c.lock.expectIdle();
  });

  it('is not helped by answers that deny', async () => {
    const c = new Candidate();
    await c.renews();
    while (c.election.isLeader()) {
      expect(c.clock.now().monotonicMs).toBeLessThan(10_000);
      if (c.lock.pending.length === 0) await c.clock.advance(1);
      else await c.lock.pending[0]?.answer(c.lock.failure('serverError'));
    }
    expect(c.clock.now().monotonicMs).toBe(10_000);
  });

  it('tells the work before anything else, and asks the network nothing', async () => {
    const c = new Candidate();
    await c.renews();
    c.term.signal.addEventListener('abort', () => c.log.push('aborted'));
    c.listen('stoppedLeading', 'stateChanged');
    c.log.length = 0;
    await c.clock.advance(8_000);
    expect(c.log.slice(0, 2)).toEqual(['aborted', 'stoppedLeading: deadline']);
    expect(c.log).toContain('onStoppedLeading deadline');
    await c.lock.expectIdle();
  });
});

describe('a leader whose process was stopped, or whose event loop was blocked', () => {
  it('is told that it does not lead at its first question, before any timer has fired', async () => {
    const c = new Candidate();
    await c.leads();
    const { signal } = c.term;
    c.clock.freeze(9_999);
    expect(c.election.isLeader()).toBe(true);
    c.clock.freeze(1);
    expect(c.election.isLeader()).toBe(false);
    expect(signal.aborted).toBe(true);
    expect(c.election.term).toBeNull();
    expect(c.election.state).toBe('lost');
  });

  it('has its signal aborted by the mere question of the term', async () => {
    const c = new Candidate();
    await c.leads();
    const { term } = c;
    c.clock.freeze(20_000);
    expect(term.isLeading()).toBe(false);
    expect(() => term.assertLeading()).toThrow(NotLeaderError);
    expect(term.signal.aborted).toBe(true);
    expect(term.signal.reason).toBeInstanceOf(NotLeaderError);
  });
});

it('a machine that sleeps while its monotonic clock stands still leads until the deadline', async () => {
  const c = new Candidate();
  await c.leads();
  c.clock.suspend(9_999);
  expect(c.election.isLeader()).toBe(true);
  c.clock.suspend(1);
  expect(c.election.isLeader()).toBe(false);
  expect(c.term.signal.aborted).toBe(true);
});

describe('a wall clock that is set', () => {
  it('forward costs the leadership', async () => {
    const c = new Candidate();
    await c.leads();
    c.clock.setWall(c.clock.now().wallMs + 3_600_000);
    expect(c.election.isLeader()).toBe(false);
  });

  it('back lengthens nothing', async () => {
    const c = new Candidate();
    await c.renews();
    c.clock.setWall(c.clock.now().wallMs - 3_600_000);
    await c.clock.advance(7_999);
    expect(c.election.isLeader()).toBe(true);
    await c.clock.advance(1);
    expect(c.election.isLeader()).toBe(false);
    expect(c.log).toContain('onStoppedLeading deadline');
  });

  it('forward and back again ends the term for the chart, as it did for the work', async () => {
    const c = new Candidate();
    await c.leads();
    const { wallMs } = c.clock.now();
    c.clock.setWall(wallMs + 3_600_000);
    expect(c.term.isLeading()).toBe(false);
    c.clock.setWall(wallMs);
    await c.clock.advance(2_000);
    expect(c.log).toContain('onStoppedLeading deadline');
    await c.lock.expectIdle();
  });
});
