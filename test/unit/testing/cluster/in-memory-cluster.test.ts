import type { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LeaderElection, type Term } from '../../../../src/index.js';
import {
  type CandidateWorld,
  createTestCluster,
  InMemoryLockStore,
  type InMemoryTestCluster,
  type TestClusterOptions,
  type TestService,
} from '../../../../src/testing.js';

/** Three that know each other, of which the first leads. */
async function settled<Service extends LeaderElection | TestService = LeaderElection>(
  options: TestClusterOptions<Service> = {},
): Promise<InMemoryTestCluster<Service>> {
  const cluster = createTestCluster(options);
  onTestFinished(() => cluster.close());
  await cluster.advance(5);
  expect(cluster.leader()).not.toBeNull();
  return cluster;
}

/** A service that counts how often it has worked, once a second. */
class Counter {
  readonly election: LeaderElection;
  readonly told: string[] = [];
  count = 0;

  constructor({ lock, clock, sleep: pause }: CandidateWorld, wait: typeof sleep = pause) {
    this.election = new LeaderElection({
      ...{ lock, clock, logger: false, onLost: 'rejoin' },
      onStartedLeading: async (term: Term) => {
        this.told.push('started');
        while (term.isLeading()) {
          this.count += 1;
          await wait(1_000, undefined, { signal: term.signal });
        }
      },
      onStoppedLeading: (reason) => this.told.push(reason),
    });
  }
}

const inAll = (cluster: InMemoryTestCluster<Counter>): number =>
  cluster.candidates.reduce((sum, { service }) => sum + service.count, 0);

describe('a cluster in memory', () => {
  it('has three candidates, of which one leads at once', async () => {
    const cluster = createTestCluster();
    onTestFinished(() => cluster.close());
    expect(cluster.candidates.map(({ id, state }) => [id, state])).toEqual([
      ['candidate-1', 'running'],
      ['candidate-2', 'running'],
      ['candidate-3', 'running'],
    ]);
    expect(cluster.leader()).toBeNull();
    await cluster.advance(1);
    const leader = cluster.leader()!;
    expect(cluster.candidate(leader).election.isLeader()).toBe(true);
    expect(cluster.store.record?.holderIdentity).toBe(leader);
    expect(cluster.seconds).toBe(1);
  });

  it('comes out the same in each run', async () => {
    const story = async (): Promise<unknown> => {
      const cluster = await settled({ candidates: 5 });
      cluster.killLeader();
      await cluster.advance(30);
      return cluster.terms;
    };
    const first = await story();
    expect(first).toHaveLength(2);
    expect(await story()).toEqual(first);
  });

  it('replaces a leader that is killed, and calls nothing any more, when its lease has run out', async () => {
    const cluster = await settled({ service: (world) => new Counter(world) });
    const killed = cluster.killLeader();
    const { service, state, election } = cluster.candidate(killed);
    const [count, told] = [service.count, [...service.told]];
    expect([state, election.isLeader()]).toEqual(['killed', false]);
    await cluster.advance(12);
    expect(cluster.leader()).toBeNull();
    await cluster.advance(4);
    const next = cluster.leader()!;
    expect(next).not.toBe(killed);
    expect(cluster.store.record?.holderIdentity).toBe(next);
    expect([service.count, service.told]).toEqual([count, told]);
    const [first, second] = cluster.terms;
    expect(first!.untilSeconds).toBe(5);
    expect(second!.untilSeconds).toBeNull();
    expect(second!.fencingToken).toBeGreaterThan(first!.fencingToken);
    expect(cluster.candidate(next).election.term?.fencingToken).toBe(second!.fencingToken);
  });

  it('replaces a leader that is stopped at once, and its place can be taken again', async () => {
    const cluster = await settled();
    const first = cluster.leader()!;
    await cluster.stop(first);
    await cluster.advance(0.1);
    const second = cluster.leader();
    expect(second).not.toBe(first);
    expect(cluster.terms[0]!.untilSeconds).toBeLessThanOrEqual(5.1);

    await cluster.start(first);
    expect(cluster.candidate(first).state).toBe('running');
    await cluster.advance(1);
    expect(cluster.leader()).toBe(second);
  });

  it('lets nothing go on in a candidate that is paused, until it is healed', async () => {
    const cluster = await settled({ service: (world) => new Counter(world) });
    const paused = cluster.leader()!;
    const { service, election } = cluster.candidate(paused);
    const before = service.count;
    cluster.pause(paused);
    expect(cluster.leader()).toBeNull();
    await cluster.until(() => cluster.leader() !== null);
    expect(service.count).toBe(before);
    expect(service.told).toEqual(['started']);

    cluster.heal(paused);
    expect(election.isLeader()).toBe(false);
    await cluster.advance(1);
    expect(service.told).toEqual(['started', 'deadline']);
    expect(service.count).toBe(before);
    expect(cluster.leader()).not.toBe(paused);
  });

  it('has a leader that is cut off give up before another follows', async () => {
    const cluster = await settled({ service: (world) => new Counter(world) });
    const cut = cluster.leader()!;
    cluster.partition(cut);
    await cluster.advance(5);
    expect(cluster.leader()).toBe(cut);
    await cluster.until(() => cluster.leader() === null, 6);
    await cluster.until(() => cluster.leader() !== null, 6);
    expect(cluster.leader()).not.toBe(cut);
    const [first, second] = cluster.terms;
    expect(second!.fromSeconds - first!.untilSeconds!).toBeGreaterThan(4);

    cluster.heal();
    await cluster.advance(5);
    cluster.killLeader();
    await cluster.advance(20);
    expect(cluster.leader()).not.toBeNull();
  });

  it('keeps away from the lock who was cut off before it started', async () => {
    const cluster = createTestCluster({ candidates: ['a', 'b'], start: false });
    onTestFinished(() => cluster.close());
    cluster.partition('a');
    await cluster.start('a');
    await cluster.advance(60);
    expect(cluster.leader()).toBeNull();
    cluster.heal('a');
    await cluster.advance(10);
    expect(cluster.leader()).toBe('a');
    expect(() => cluster.candidate('b').election).toThrow('b was never started');
  });

  it('bears answers that are slow, until they are too slow', async () => {
    const cluster = await settled();
    const leader = cluster.leader();
    cluster.slow(3_000);
    await cluster.advance(120);
    expect(cluster.leader()).toBe(leader);
    cluster.slow(12_000, leader!);
    await cluster.advance(20);
    expect(cluster.leader()).not.toBe(leader);
    cluster.slow(0);
    await cluster.advance(20);
    expect(cluster.leader()).not.toBeNull();
  });

  it('takes options for its elections, for each its own', async () => {
    const cluster = await settled({
      candidates: ['fast', 'slow'],
      config: ({ id }) => ({
        leaseDurationSeconds: id === 'fast' ? 5 : 60,
        renewDeadlineSeconds: 4,
        retryPeriodSeconds: 1,
      }),
    });
    if (cluster.leader() === 'slow') {
      await cluster.stop('slow');
      await cluster.advance(1);
      await cluster.start('slow');
    }
    cluster.kill('fast');
    await cluster.advance(6);
    expect(cluster.leader()).toBe('slow');
    cluster.kill('slow');
    await cluster.start('fast');
    await cluster.advance(50);
    expect(cluster.leader()).toBeNull();
    await cluster.advance(15);
    expect(cluster.leader()).toBe('fast');
  });

  it('calls start and stop of a service', async () => {
    const calls: string[] = [];
    const cluster = createTestCluster({
      candidates: ['a'],
      service: (world) => {
        const { election } = new Counter(world);
        return {
          election,
          start: () => {
            calls.push('start');
            void election.run();
          },
          stop: async () => {
            calls.push('stop');
            await election.stop();
            calls.push('stopped');
          },
        };
      },
    });
    await cluster.advance(1);
    expect(cluster.leader()).toBe('a');
    await cluster.close();
    await cluster.close();
    expect(calls).toEqual(['start', 'stop', 'stopped']);
    expect(cluster.candidate('a').state).toBe('stopped');
    expect(cluster.store.record?.holderIdentity).toBe('');
    expect(cluster.clock.pendingTimers).toBe(0);
  });

  it('lets the faked timers of a runner go along', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const cluster = await settled({
      service: (world) => new Counter(world, faked),
      advanceTimers: (ms) => vi.advanceTimersByTime(ms),
    });
    const before = inAll(cluster);
    await cluster.advance(10);
    expect(inAll(cluster) - before).toBe(10);
  });
});

/** As a service waits that knows of no clock. */
const faked: typeof sleep = (ms, value) =>
  new Promise((resolve) => globalThis.setTimeout(() => resolve(value as never), ms));

describe('a cluster that is asked for what it cannot do', () => {
  it('names options that are wrong before anything is started', () => {
    expect(() => createTestCluster({ candidates: 0 })).toThrow('candidates must be at least 1');
    expect(() => createTestCluster({ candidates: ['a', 'a'] })).toThrow('names, each once');
    expect(() => createTestCluster({ candiates: 3 } as object)).toThrow('did you mean candidates?');
    expect(() => createTestCluster({ service: (world) => new Counter(world), config: {} })).toThrow(
      'config is for elections without a service',
    );
  });

  it('says whose service has no election, or goes by another clock', () => {
    const none = () => ({}) as unknown as LeaderElection;
    expect(() => createTestCluster({ service: none })).toThrow(
      /service of candidate-1 has no elec/,
    );
    const deaf = ({ lock }: CandidateWorld) => new LeaderElection({ lock, onStartedLeading: null });
    expect(() => createTestCluster({ service: deaf })).toThrow(/does not go by the clock/);
  });

  it('says of whom it cannot be done', async () => {
    const cluster = await settled({ candidates: ['a', 'b'] });
    expect(() => cluster.pause('c')).toThrow('There is no candidate "c", but these: a, b');
    await expect(cluster.start('a')).rejects.toThrow('a runs already');
    const leader = cluster.killLeader();
    expect(() => cluster.kill(leader)).toThrow(`kill: ${leader} does not run, it is killed`);
    expect(() => cluster.killLeader()).toThrow(/killLeader: nobody leads\. At 5 s, .* is killed/);
    const other = leader === 'a' ? 'b' : 'a';
    cluster.pause(other);
    await expect(cluster.stop(other)).rejects.toThrow('is paused');
    await expect(cluster.until(() => false, 1)).rejects.toThrow(/until: not after 1 s\. At 6 s/);
    await expect(cluster.advance(-1)).rejects.toThrow('must be given seconds, 0 or more');
    expect(() => cluster.slow(Number.NaN)).toThrow('must be given milliseconds');
  });

  it('tells of two leaders, as a lock of the test can make them', async () => {
    const other = new InMemoryLockStore();
    const cluster = createTestCluster({
      candidates: ['a', 'b'],
      config: ({ id, lock }) => ({ lock: id === 'a' ? lock : other.lock('b') }),
    });
    await expect(cluster.advance(5)).rejects.toThrow(/^Two leaders at .* s: b and a$/);
    expect(() => cluster.leader()).toThrow(/^Two leaders at 5 s: a and b$/);
    await cluster.close();
  });

  it('tells of a service that could not start', async () => {
    const error = new Error('no database');
    const cluster = createTestCluster({
      candidates: ['a'],
      service: (world) => ({ ...new Counter(world), start: () => Promise.reject(error) }),
    });
    await expect(cluster.advance(1)).rejects.toBe(error);
    await cluster.close();
  });

  it('names who does not stop', async () => {
    const cluster = createTestCluster({
      candidates: ['a', 'b'],
      service: (world) => {
        const { election } = new Counter(world);
        const stop = () => (world.id === 'a' ? new Promise(() => undefined) : election.stop());
        return { election, stop };
      },
    });
    await cluster.advance(1);
    await expect(cluster.close()).rejects.toThrow('Not stopped: a');
  });
});
