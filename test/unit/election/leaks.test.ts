import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { LeaderElectionConfig } from '../../../src/config/leader-election-config.js';
import { LeaderElection } from '../../../src/election/leader-election.js';
import type { LockCallOptions } from '../../../src/lock/resource-lock.js';
import { type InMemoryLock, InMemoryLockStore } from '../../../src/testing/in-memory-lock.js';
import { settle, VirtualClock } from '../../../src/testing/virtual-clock.js';
import { Candidate } from './support/candidate.js';

/* What an election leaves behind: nothing. */
function inMemory(options: Partial<LeaderElectionConfig> = {}) {
  const clock = new VirtualClock();
  const store = new InMemoryLockStore();
  const election = new LeaderElection({
    lock: store.lock('me'),
    clock,
    logger: false,
    onStartedLeading: null,
    ...options,
  });
  return { clock, store, election };
}

describe('an election that is over', () => {
  it('leaves no timer and no listener on the signal of its caller', async () => {
    const { clock, election } = inMemory();
    const { signal } = new AbortController();
    const running = election.run({ signal });
    await settle();
    expect(election.isLeader()).toBe(true);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await election.stop();
    await running;
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('leaves no listener there after a loss, nor after its actor broke', async () => {
    const lost = new Candidate();
    const broken = new Candidate();
    const { signal } = new AbortController();
    const outcome = lost.election.run({ signal });
    const rejected = expect(broken.election.run({ signal })).rejects.toThrow();
    await lost.answer('get', lost.lock.free());
    await lost.lock.commit();
    await lost.clock.advance(20_000);
    broken.election.actor.stop();
    await rejected;
    expect((await outcome).reason).toBe('deadline');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('leaves the signals and events of the process to the application', async () => {
    const listeners = (): string[] =>
      process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`);
    const before = listeners();
    const { election } = inMemory({ overrun: 'exit' });
    await election.acquire();
    expect(listeners()).toEqual(before);
    await election.stop();
    expect(listeners()).toEqual(before);
  });
});

/** The calls of a lock from here on: how many, those under way, and what they leave on their signals. */
function counted(lock: InMemoryLock) {
  const methods = [vi.spyOn(lock, 'get'), vi.spyOn(lock, 'create'), vi.spyOn(lock, 'update')];
  const calls = () => methods.flatMap(({ mock }) => mock.calls.map((call) => call.at(-1)));
  return {
    count: () => calls().length,
    underWay: () =>
      methods.flatMap(({ mock }) =>
        mock.settledResults.filter(({ type }) => type === 'incomplete'),
      ),
    listeners: () =>
      calls().flatMap((options) =>
        getEventListeners((options as LockCallOptions).signal!, 'abort'),
      ),
  };
}

describe('a thousand candidacies one after another', () => {
  it('leave one loop running at a time, and nothing behind', async () => {
    const store = new InMemoryLockStore();
    const lock = store.lock('me');
    const calls = counted(lock);
    const { clock, election } = inMemory({ lock });
    const { signal } = new AbortController();
    let stopped = 0;
    election.on('stoppedLeading', () => (stopped += 1));
    for (let cycle = 0; cycle < 1_000; cycle += 1) {
      expect(await election.acquire({ signal })).toBe(true);
      const { released } = await election.stop();
      expect(released).toBe(true);
    }
    expect(stopped).toBe(1_000);
    // A read and a write to acquire, a write to release.
    expect(calls.count()).toBe(3_000);
    expect(calls.underWay()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(calls.listeners()).toEqual([]);
    expect(store.record?.leaderTransitions).toBe(999);
  }, 120_000);

  it('of one that rejoins leave as little', async () => {
    const store = new InMemoryLockStore();
    const lock = store.lock('me');
    const calls = counted(lock);
    const { clock, election } = inMemory({ lock, onLost: 'rejoin', random: () => 0 });
    void election.run();
    await settle();
    for (let term = 0; term < 200; term += 1) {
      expect(election.isLeader()).toBe(true);
      clock.freeze(10_000);
      await clock.advance(1_000);
    }
    expect(clock.pendingTimers).toBeLessThanOrEqual(3);
    await election.stop();
    expect(clock.pendingTimers).toBe(0);
    expect(calls.underWay()).toEqual([]);
  });
});

describe('a leader that has renewed many times', () => {
  it('has no more timers, listeners or memories than after the first', async () => {
    const { clock, election } = inMemory();
    void election.run();
    await settle();
    const timers = clock.pendingTimers;
    await clock.advance(2_000 * 1_000);
    expect(election.isLeader()).toBe(true);
    expect(clock.pendingTimers).toBe(timers);
    expect(election.actor.getSnapshot().context.ownWrites.length).toBe(1);
    expect(Object.keys(election.actor.getSnapshot().children).sort()).toEqual([
      'notifier',
      'tenure',
      'watch',
      'work',
    ]);
    await election.stop();
  });
});
