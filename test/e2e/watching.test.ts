import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, it as test, vi } from 'vitest';
import { LeaderElection, LeaseLock, type ResourceLock } from '../../src/index.js';
import { STEP_DOWN_ANNOTATION, stepDownValue } from '../../src/lock/step-down.js';
import type { RunningApiServer } from '../support/api-server-types.js';
import { CANDIDATE_RULES } from '../support/api-server-rbac.js';
import { describeWithApiServer, describeWithOwnApiServer } from '../support/shared-api-server.js';
import { measured } from './fleet/setup.js';

/*
 * What candidates hear by watching the lock, on a real API server. Durations are measured and shown;
 * the limits that are tested are those that a candidate without a watch would miss by far.
 */

const TIMINGS = { leaseDurationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 5 };

/** They wait most of the time, and each has a namespace of its own. */
const it = test.concurrent;

class Candidate {
  reads = 0;
  readonly election: LeaderElection;
  readonly log: string[] = [];

  constructor(server: RunningApiServer, user: string, namespace: string, identity: string) {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfig(user));
    const lock = new LeaseLock({ name: 'watched', namespace, identity, kubeConfig });
    const log = (_: object, message: string): void => {
      this.log.push(message);
    };
    this.election = new LeaderElection({
      ...TIMINGS,
      lock: this.#counting(lock),
      onStartedLeading: null,
      onLost: 'rejoin',
      logger: { debug: () => undefined, info: () => undefined, warn: log, error: log },
    });
  }

  /** Resolves when that has been told. */
  hears(event: 'startedLeading' | 'watching' | 'watchFailed' | 'stoppedLeading'): Promise<void> {
    return new Promise((resolve) => {
      const off = this.election.on(event, () => {
        off();
        resolve();
      });
    });
  }

  #counting(lock: LeaseLock): ResourceLock {
    return {
      identity: lock.identity,
      description: lock.description,
      get: (options) => {
        this.reads += 1;
        return lock.get(options);
      },
      create: (record, options) => lock.create(record, options),
      update: (record, options) => lock.update(record, options),
      watch: (watcher) => lock.watch(watcher),
      writtenAgo: (base, options) => lock.writtenAgo(base, options),
    };
  }
}

function leads(candidate: Candidate | undefined): Promise<void> {
  const look = (): void => {
    expect(candidate?.election.isLeader()).toBe(true);
  };
  return vi.waitFor(look, { timeout: 60_000 });
}

/** Candidates in a namespace of their own, of which the first leads and the others watch. */
async function watchingCandidates(
  server: RunningApiServer,
  namespace: string,
  count: number,
): Promise<{ candidates: Candidate[] } & AsyncDisposable> {
  await server.createNamespace(namespace);
  await server.grant('candidate', namespace, CANDIDATE_RULES);
  const candidates = Array.from(
    { length: count },
    (_, i) => new Candidate(server, 'candidate', namespace, `${namespace}-${i}`),
  );
  for (const candidate of candidates) {
    const watches = candidate.hears('watching');
    void candidate.election.run();
    await watches;
    await leads(candidates[0]);
  }
  const stop = async (): Promise<void> => {
    await Promise.all(candidates.map(({ election }) => election.stop()));
  };
  return { candidates, [Symbol.asyncDispose]: stop };
}

const leasePath = (namespace: string): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/watched`;

interface StoredLease {
  metadata: { annotations?: Record<string, string> };
  spec: { holderIdentity: string; acquireTime: string; leaseDurationSeconds: number };
}

async function edit(
  server: RunningApiServer,
  namespace: string,
  change: (lease: StoredLease) => void,
): Promise<void> {
  const { body } = await server.request('admin', 'GET', leasePath(namespace));
  const lease = body as StoredLease;
  change(lease);
  const { status } = await server.request('admin', 'PUT', leasePath(namespace), lease);
  expect(status).toBe(200);
}

describeWithApiServer('candidates that watch', (server) => {
  it('ask nothing while they wait, and take over as soon as the lock is released', async () => {
    await using fleet = await watchingCandidates(server(), 'watch-release', 3);
    const [leader, ...waiting] = fleet.candidates as [Candidate, ...Candidate[]];
    const before = waiting.map(({ reads }) => reads);
    await sleep(7000);
    expect(waiting.map(({ reads }) => reads)).toEqual(before);
    const next = Promise.race(waiting.map((candidate) => candidate.hears('startedLeading')));
    await leader.election.stop();
    const releasedAt = performance.now();
    await next;
    measured('watching: hand-over after a clean stop', performance.now() - releasedAt);
    expect(performance.now() - releasedAt).toBeLessThan(2000);
  }, 60_000);

  it('stop leading as soon as another holder is written over theirs', async () => {
    await using fleet = await watchingCandidates(server(), 'watch-steal', 1);
    const [leader] = fleet.candidates as [Candidate];
    const stopped = leader.hears('stoppedLeading');
    await edit(server(), 'watch-steal', ({ spec }) => {
      spec.holderIdentity = 'somebody-else';
    });
    const stolenAt = performance.now();
    await stopped;
    measured('watching: another holder written to isLeader() false', performance.now() - stolenAt);
    expect(performance.now() - stolenAt).toBeLessThan(2000);
    expect(leader.election.isLeader()).toBe(false);
  }, 60_000);

  it('hand over when somebody asks for it by an annotation', async () => {
    await using fleet = await watchingCandidates(server(), 'watch-step-down', 2);
    const [leader, other] = fleet.candidates as [Candidate, Candidate];
    const next = other.hears('startedLeading');
    await edit(server(), 'watch-step-down', ({ metadata, spec }) => {
      const value = stepDownValue({ ...spec, renewTime: '', leaderTransitions: 0 } as never);
      metadata.annotations = { ...metadata.annotations, [STEP_DOWN_ANNOTATION]: value };
    });
    const askedAt = performance.now();
    await next;
    measured('watching: asked to step down to the next leader', performance.now() - askedAt);
    expect(leader.election.isLeader()).toBe(false);
    // The request was for that term alone.
    await sleep(1500);
    expect(other.election.isLeader()).toBe(true);
  }, 60_000);

  it('poll without the right to watch, say so once, and watch when it is granted', async () => {
    const namespace = 'watch-refused';
    await server().createNamespace(namespace);
    const blind = CANDIDATE_RULES.map((rule) => ({
      ...rule,
      verbs: rule.verbs.filter((verb) => verb !== 'watch'),
    }));
    await server().grant('candidate', namespace, blind);
    const candidate = new Candidate(server(), 'candidate', namespace, 'blind');
    const refused = candidate.hears('watchFailed');
    void candidate.election.run();
    await refused;
    await leads(candidate);
    const watches = candidate.hears('watching');
    await server().grant('candidate', namespace, CANDIDATE_RULES);
    await watches;
    expect(candidate.log.filter((line) => line.includes('cannot be watched'))).toHaveLength(1);
    await candidate.election.stop();
  }, 90_000);
});

describeWithOwnApiServer(
  'candidates whose API server is killed and started again',
  {},
  (server) => {
    it('watch on, and take over as soon as the lock is released', async () => {
      await using fleet = await watchingCandidates(server(), 'watch-restart', 2);
      const [leader, other] = fleet.candidates as [Candidate, Candidate];
      await server().killApiServer('SIGKILL');
      const broken = other.hears('watchFailed');
      await broken;
      const watches = other.hears('watching');
      await server().startApiServerAgain();
      await watches;
      await leads(leader);
      const next = other.hears('startedLeading');
      await leader.election.stop();
      const releasedAt = performance.now();
      await next;
      measured(
        'watching: hand-over after a restart of the API server',
        performance.now() - releasedAt,
      );
      expect(performance.now() - releasedAt).toBeLessThan(2000);
    }, 90_000);
  },
);
