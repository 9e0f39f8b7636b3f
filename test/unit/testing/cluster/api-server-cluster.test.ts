import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  ConfigMapLock,
  LeaderElection,
  type LeaderElectionConfig,
  LeaseLock,
} from '../../../../src/index.js';
import {
  type ApiCandidateWorld,
  type ApiServerTestCluster,
  startTestCluster,
  type StartTestClusterOptions,
} from '../../../../src/testing.js';

type World = Pick<ApiCandidateWorld, 'kubeConfig'> & Partial<ApiCandidateWorld>;

/** An application that makes its own lock, of what it finds in a kubeconfig. */
function application(
  { kubeConfig, clock }: World,
  options: Partial<LeaderElectionConfig> = {},
): LeaderElection {
  const found = new KubeConfig();
  found.loadFromString(kubeConfig);
  return new LeaderElection({
    lock: new LeaseLock({ name: 'application', namespace: 'default', kubeConfig: found }),
    ...(clock === undefined ? {} : { clock }),
    ...{ onStartedLeading: null, onLost: 'rejoin', logger: false },
    ...options,
  });
}

async function started(
  options: Partial<StartTestClusterOptions<LeaderElection>> = {},
): Promise<ApiServerTestCluster> {
  const cluster = await startTestCluster({ service: application, ...options });
  onTestFinished(() => cluster.close());
  await cluster.advance(5);
  expect(cluster.leader()).not.toBeNull();
  return cluster;
}

describe('a cluster on an embedded API server', { timeout: 30_000 }, () => {
  it('has a leader that the server knows by name, and replaces it when it is killed', async () => {
    const cluster = await started();
    const killed = cluster.killLeader();
    const { server } = cluster;
    const lease = () => server.store.get({ resource: 'leases', name: 'application' });
    expect(lease()).toMatchObject({
      spec: { holderIdentity: cluster.candidate(killed).election.identity },
    });
    await cluster.advance(12);
    expect(cluster.leader()).toBeNull();
    const asked = server.requests.filter(({ user }) => user === killed).length;
    await cluster.advance(4);
    const next = cluster.leader()!;
    expect(next).not.toBe(killed);
    expect(lease()).toMatchObject({
      spec: { holderIdentity: cluster.candidate(next).election.identity },
    });
    await cluster.start(killed);
    await cluster.advance(20);
    expect(cluster.leader()).toBe(next);
    expect(server.requests.filter(({ user }) => user === killed).length).toBeGreaterThan(asked);
    expect(cluster.terms.map(({ candidate }) => candidate)).toEqual([killed, next]);
  });

  it('cuts off one candidate alone, watches included', async () => {
    const cluster = await started();
    const cut = cluster.leader()!;
    cluster.partition(cut);
    await cluster.until(() => cluster.leader() === null, 12);
    await cluster.until(() => cluster.leader() !== null, 8);
    const next = cluster.leader()!;
    expect(next).not.toBe(cut);
    const { election } = cluster.candidate(cut);
    expect(election.leader).not.toBe(cluster.candidate(next).election.identity);
    cluster.heal(cut);
    await cluster.advance(5);
    expect(election.leader).toBe(cluster.candidate(next).election.identity);
    await cluster.stop(next);
    await cluster.advance(1);
    expect(cluster.leader()).not.toBeNull();
  });

  it('lets nothing go on in a candidate that is paused', async () => {
    const cluster = await started({ candidates: ['a', 'b'] });
    const paused = cluster.leader()!;
    const asked = () => cluster.server.requests.filter(({ user }) => user === paused).length;
    const before = asked();
    cluster.pause(paused);
    await cluster.until(() => cluster.leader() !== null);
    expect(asked()).toBe(before);
    cluster.heal(paused);
    expect(cluster.candidate(paused).election.isLeader()).toBe(false);
    await cluster.advance(5);
    expect(cluster.leader()).not.toBe(paused);
    expect(asked()).toBeGreaterThan(before);
  });

  it('slows down answers by its own time', async () => {
    const cluster = await started({ candidates: 2 });
    const leader = cluster.leader()!;
    cluster.slow(3_000);
    await cluster.advance(60);
    expect(cluster.leader()).toBe(leader);
    cluster.slow(11_000, leader);
    await cluster.advance(12);
    expect(cluster.leader()).toBeNull();
    cluster.slow(0);
    await cluster.advance(20);
    expect(cluster.leader()).not.toBeNull();
    expect(cluster.terms).toHaveLength(2);
  });

  it('takes a service that is made in a while, and locks of other kinds', async () => {
    const cluster = await started({
      candidates: 1,
      namespaces: ['production'],
      service: async (world) => {
        await new Promise((resolve) => setImmediate(resolve));
        const kubeConfig = new KubeConfig();
        kubeConfig.loadFromOptions(world.kubeConfigObject);
        const lock = new ConfigMapLock({ name: 'app', namespace: 'production', kubeConfig });
        return application(world, { lock });
      },
    });
    expect(cluster.server.requests.at(-1)).toMatchObject({
      resource: 'configmaps',
      namespace: 'production',
      user: 'candidate-1',
    });
  });

  it('goes by the real time for services that take no clock', async () => {
    const timings = { leaseDurationSeconds: 3, renewDeadlineSeconds: 2, retryPeriodSeconds: 1 };
    const cluster = await startTestCluster({
      time: 'real',
      candidates: 2,
      service: ({ kubeConfig }) => application({ kubeConfig }, timings),
    });
    onTestFinished(() => cluster.close());
    await cluster.until(() => cluster.leader() !== null);
    const killed = cluster.killLeader();
    expect(cluster.leader()).toBeNull();
    await cluster.until(() => cluster.leader() !== null, 20);
    expect(cluster.leader()).not.toBe(killed);
    const [, second] = cluster.terms;
    expect(second!.fromSeconds - cluster.terms[0]!.untilSeconds!).toBeGreaterThan(1.5);
  });

  it('goes by the faked timers of the runner, where those are to pass', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const cluster = await started({
      time: 'real',
      service: ({ kubeConfig }) => application({ kubeConfig }),
      advanceTimers: (ms) => vi.advanceTimersByTime(ms),
    });
    const killed = cluster.killLeader();
    await cluster.advance(17);
    expect(cluster.leader()).not.toBeNull();
    expect(cluster.leader()).not.toBe(killed);
  });

  it('names options that are wrong, and an election that goes by another clock', async () => {
    await expect(startTestCluster({} as never)).rejects.toThrow('service must be a function');
    await expect(
      startTestCluster({ service: application, time: 'fast' as 'real' }),
    ).rejects.toThrow('time must be "virtual" or "real"');
    await expect(
      startTestCluster({ service: ({ kubeConfig }) => application({ kubeConfig }) }),
    ).rejects.toThrow(
      /candidate-1 does not go by the clock .* or `time: 'real'` to startTestCluster/,
    );
  });
});
