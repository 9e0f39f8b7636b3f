import { describe, expect, it, vi } from 'vitest';
import { settle } from '../../../src/testing/virtual-clock.js';
import { deferred } from '../../model/support/deferred.js';
import { Candidate } from './support/candidate.js';
import { spyLogger } from './support/spy-logger.js';

const failure = new Error('the callback failed');
const logged = { lock: 'Lease test/controllable', identity: 'me', err: failure };
const throwing = (): never => {
  throw failure;
};
const hanging = (): Promise<never> => new Promise(() => undefined);

/* Callbacks that throw, reject or never return do not disturb the election. */
describe('work that fails', () => {
  it.each([
    ['throws', throwing],
    ['rejects', () => Promise.reject(failure)],
  ])('because it %s gives the lock back and ends the term with that error', async (_, work) => {
    const c = new Candidate({ onStartedLeading: work });
    c.listen('callbackFailed', 'draining', 'released');
    c.log.length = 0;
    const claim = await c.leads();
    await c.allowRelease(claim);
    expect(c.log.filter((entry) => !entry.startsWith('onNewLeader'))).toEqual([
      'callbackFailed: onStartedLeading',
      'draining: failed',
      'onStoppedLeading failed',
      'released',
    ]);
    const outcome = { reason: 'failed', led: true, released: true, workFinished: true };
    expect(c.outcome).toEqual({ ...outcome, error: failure });
    expect(c.clock.pendingTimers).toBe(0);
  });

  it('without saying why is a failure nevertheless', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as users may do
    const c = new Candidate({ onStartedLeading: () => Promise.reject(undefined) });
    await c.allowRelease(await c.leads());
    expect(c.outcome?.reason).toBe('failed');
    expect(c.outcome?.error).toBeInstanceOf(Error);
  });

  it('does not keep the lease renewed', async () => {
    const c = new Candidate();
    await c.leads();
    c.work.reject(failure);
    await settle();
    expect(c.election.isLeader()).toBe(false);
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.heldBy('other'));
    await c.clock.advance(60_000);
    await c.lock.expectIdle();
  });
});

describe('work that ends by itself', () => {
  it('leaves the leadership as it is', async () => {
    const c = new Candidate();
    await c.leads();
    await c.finishWork();
    expect(c.election.state).toBe('leading');
    await c.clock.advance(2_000);
    await c.lock.commit();
    expect(c.election.isLeader()).toBe(true);
  });

  it('is not needed: null leads as well', async () => {
    const c = new Candidate({ onStartedLeading: null });
    const claim = await c.leads();
    expect(c.election.isLeader()).toBe(true);
    await c.stop();
    await c.allowRelease(claim);
    expect(c.outcome).toMatchObject({ released: true, workFinished: true });
  });
});

describe('onStoppedLeading', () => {
  it('is never called for a candidate that never led', async () => {
    const onStoppedLeading = vi.fn();
    const c = new Candidate({ onStoppedLeading });
    await c.claims();
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.heldBy('other'));
    await c.stop();
    expect(c.outcome?.led).toBe(false);
    expect(onStoppedLeading).not.toHaveBeenCalled();
  });
});

describe('onNewLeader', () => {
  it('is called at the first holder seen and at each change, ours included', async () => {
    const c = new Candidate();
    await c.waits('first');
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.heldBy('first', { renewTime: 'later' }));
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.heldBy('second'));
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.free());
    await c.lock.commit();
    const calls = c.log.filter((entry) => entry.startsWith('onNewLeader'));
    expect(calls).toEqual(['onNewLeader first', 'onNewLeader second', 'onNewLeader me']);
    expect(c.election.leader).toBe('me');
  });

  it.each([
    ['throws', throwing],
    ['rejects', () => Promise.reject(failure)],
  ])('that %s is reported, and the election goes on', async (_, onNewLeader) => {
    const c = new Candidate({ onNewLeader });
    c.listen('callbackFailed');
    await c.leads();
    expect(c.log).toEqual(['onStartedLeading', 'callbackFailed: onNewLeader']);
    await c.clock.advance(2_000);
    await c.lock.commit();
    expect(c.election.isLeader()).toBe(true);
  });

  it('that never returns delays nothing, not even the next call', async () => {
    const onNewLeader = vi.fn(hanging);
    const c = new Candidate({ onNewLeader });
    await c.waits('first');
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.heldBy('second'));
    expect(onNewLeader.mock.calls).toEqual([['first'], ['second']]);
    await c.stop();
    expect(c.outcome?.reason).toBe('stopped');
  });
});

describe('onOverrun', () => {
  it.each([
    ['throws', throwing],
    ['rejects', () => Promise.reject(failure)],
  ])('that %s as the candidacy ends is reported to the log', async (_, onOverrun) => {
    const logger = spyLogger();
    const c = new Candidate({ onOverrun, logger });
    await c.leads();
    await c.clock.advance(15_000);
    expect(c.outcome).toMatchObject({ reason: 'deadline', workFinished: false });
    expect(logger.error).toHaveBeenCalledWith(logged, 'onOverrun failed');
  });
});

describe('onStoppedLeading that fails', () => {
  const late = async (onLost: 'return' | 'rejoin', stopping: Promise<void>) => {
    const logger = spyLogger();
    const c = new Candidate({ onLost, onStoppedLeading: () => stopping, logger });
    c.listen('callbackFailed');
    await c.leads();
    await c.clock.advance(10_000);
    await c.finishWork();
    return { c, error: logger.error };
  };

  it('while the election waits for it is told once, by its event', async () => {
    const stopping = deferred();
    const { c, error } = await late('return', stopping.promise);
    stopping.reject(failure);
    await settle();
    expect(c.log.filter((e) => e === 'callbackFailed: onStoppedLeading')).toHaveLength(1);
    expect(error).toHaveBeenCalledTimes(1);
  });

  it.each(['return', 'rejoin'] as const)(
    'after the lease has run out is reported to the log (onLost %s)',
    async (onLost) => {
      const stopping = deferred();
      const { c, error } = await late(onLost, stopping.promise);
      await c.clock.advance(5_000);
      expect(error).not.toHaveBeenCalled();
      stopping.reject(failure);
      await settle();
      expect(error.mock.calls).toEqual([[logged, 'onStoppedLeading failed']]);
      expect(c.log).not.toContain('callbackFailed: onStoppedLeading');
      await c.stop();
    },
  );
});

describe('a callback that asks the election', () => {
  it('finds it leading in onStartedLeading', async () => {
    const seen: unknown[] = [];
    const c: Candidate = new Candidate({
      onStartedLeading: (term) => {
        seen.push(c.election.isLeader(), c.election.state, c.election.term === term);
        seen.push(c.election.leader, term.isLeading());
      },
    });
    await c.leads();
    expect(seen).toEqual([true, 'leading', true, 'me', true]);
  });

  it.each<[string, (c: Candidate) => Promise<void>, unknown[]]>([
    ['draining in onStoppedLeading after stop()', (c) => c.stop(), [true, 'draining']],
    ['lost in onStoppedLeading after a loss', (c) => c.clock.advance(10_000), [false, 'lost']],
  ])('finds it %s', async (_, end, expected) => {
    const seen: unknown[] = [];
    const c: Candidate = new Candidate({
      onStoppedLeading: () => void seen.push(c.election.isLeader(), c.election.state),
    });
    await c.leads();
    await end(c);
    expect(seen).toEqual(expected);
  });
});
