import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { LeaderElection } from '../../../../src/election/leader-election.js';
import type { ApiTransport } from '../../../../src/kubernetes/api-client.js';
import type { ApiRequest } from '../../../../src/kubernetes/api-request.js';
import { clientFor } from '../../../../src/kubernetes/clients.js';
import type { KubeConfigLike } from '../../../../src/kubernetes/kube-config-like.js';
import { groundsFor, REAL } from '../../../../src/lock/evidence/grounds.js';
import { HOLDER_ANNOTATION } from '../../../../src/lock/evidence/offer.js';
import type { OwnProcess } from '../../../../src/lock/evidence/own-process.js';
import { loadEvidence } from '../../../../src/lock/load-evidence.js';
import { LeaseLock } from '../../../../src/lock/locks.js';
import type { Logger } from '../../../../src/logging/logger.js';
import { KubernetesApi } from '../../../../src/testing/apiserver/kubernetes-api.js';
import { VirtualClock } from '../../../../src/testing/virtual-clock.js';
import { at, ended, podJson, type PodParts, self } from './support.js';

/** One cluster: a real API server's rules for the lock, and pods as the test has them. */
class Cluster {
  readonly clock = new VirtualClock();
  readonly requests: string[] = [];
  readonly logged: string[] = [];
  readonly pods = new Map<string, object>();
  forbidsPods = false;
  readonly #api = new KubernetesApi({
    now: () => new Date(Date.UTC(2026, 0, 1) + this.clock.now().monotonicMs),
    random: () => 0.5,
  });
  readonly #podWatches = new Map<string, PassThrough>();

  /** A candidate in a process of its own. */
  candidate(name: string, own: Partial<OwnProcess> | null, podEvidence = true): LeaderElection {
    const kubeConfig: KubeConfigLike = {
      getCurrentContext: () => name,
      getContextObject: () => null,
      getCurrentCluster: () => null,
      getCurrentUser: () => null,
      applyToHTTPSOptions: () => Promise.resolve(),
    };
    clientFor(kubeConfig, () => this.#transport(name));
    const process = (): Promise<OwnProcess | string> =>
      Promise.resolve(
        own === null ? 'a test has it so' : { ...self, pod: name, uid: `uid-${name}`, ...own },
      );
    groundsFor(kubeConfig, { ...REAL, process });
    const log = (_: object, message: string): void => void this.logged.push(`${name}: ${message}`);
    const logger: Logger = { debug: () => undefined, info: log, warn: log, error: log };
    const lock = new LeaseLock({
      name: 'jobs',
      namespace: 'default',
      identity: name,
      kubeConfig,
      podEvidence,
    });
    return new LeaderElection({
      lock,
      onStartedLeading: null,
      logger,
      clock: this.clock,
      random: () => 0.5,
    });
  }

  tell(parts: PodParts & { readonly name: string }): void {
    const pod = podJson({ uid: `uid-${parts.name}`, ...parts });
    this.pods.set(parts.name, pod);
    this.#podWatches
      .get(parts.name)
      ?.write(`${JSON.stringify({ type: 'MODIFIED', object: pod })}\n`);
  }

  get openPodWatches(): string[] {
    return [...this.#podWatches.keys()];
  }

  get lease(): {
    spec: { holderIdentity: string };
    metadata: { annotations?: Record<string, string> };
  } {
    const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases/jobs';
    const answer = this.#api.handle({
      method: 'GET',
      path,
      query: new URLSearchParams(),
      headers: {},
      body: '',
    });
    if (answer.type === 'watch') throw new Error('no watch was asked for');
    return answer.body as Cluster['lease'];
  }

  of(name: string): string[] {
    return this.requests.filter((line) => line.startsWith(`${name} `) && line.includes('/pods'));
  }

  #transport(who: string): ApiTransport {
    return {
      request: (request) => {
        this.#note(who, request);
        const pod = /\/pods\/([^/]+)$/.exec(request.path)?.[1];
        if (pod !== undefined) return Promise.resolve(this.#podAnswer(this.pods.get(pod)));
        const body = request.body === undefined ? '' : JSON.stringify(request.body);
        const headers = { 'content-type': 'application/json' };
        const answer = this.#api.handle({
          ...request,
          query: new URLSearchParams(request.query),
          headers,
          body,
        });
        if (answer.type === 'watch') throw new Error('no watch was asked for');
        const json: unknown = JSON.parse(JSON.stringify(answer.body));
        return Promise.resolve({ status: answer.status, headers: {}, json, address: 'test:1' });
      },
      stream: (request) => {
        this.#note(who, request);
        const stream = new PassThrough();
        request.signal?.addEventListener('abort', () => stream.destroy());
        const body = stream as unknown as IncomingMessage;
        const answer = {
          status: 200,
          headers: {},
          body,
          address: 'test:1',
          scrub: (text: string) => text,
        };
        if (!request.path.endsWith('/pods'))
          return Promise.resolve(this.#leaseWatch(request, answer, stream));
        if (this.forbidsPods) {
          stream.end(JSON.stringify(FORBIDDEN));
          return Promise.resolve({ ...answer, status: 403 });
        }
        const name = (request.query?.['fieldSelector'] ?? '').replace('metadata.name=', '');
        this.#podWatches.set(name, stream);
        stream.on('close', () => this.#podWatches.delete(name));
        const pod = this.pods.get(name);
        if (pod !== undefined) stream.write(`${JSON.stringify({ type: 'ADDED', object: pod })}\n`);
        return Promise.resolve(answer);
      },
    };
  }

  #leaseWatch<T>({ path, query }: ApiRequest, answer: T, stream: PassThrough): T {
    const watch = this.#api.handle({
      method: 'GET',
      path,
      query: new URLSearchParams(query),
      headers: {},
      body: '',
    });
    if (watch.type !== 'watch') throw new Error('a watch was asked for');
    const close = watch.open((event) => stream.write(`${JSON.stringify(event)}\n`));
    stream.on('close', close);
    return answer;
  }

  #podAnswer(pod: object | undefined): Awaited<ReturnType<ApiTransport['request']>> {
    const [status, json] = this.forbidsPods
      ? [403, FORBIDDEN]
      : pod === undefined
        ? [404, {}]
        : [200, pod];
    return { status, headers: {}, json, address: 'test:1' };
  }

  #note(who: string, { method, path, query }: ApiRequest): void {
    const watch = query?.['watch'] === undefined ? '' : ` watch ${query['fieldSelector'] ?? ''}`;
    this.requests.push(`${who} ${method} ${path}${watch}`);
  }

  /** Streams need turns of the real event loop besides. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      await this.clock.advance(Math.min(250, left));
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const FORBIDDEN = {
  kind: 'Status',
  status: 'Failure',
  reason: 'Forbidden',
  code: 403,
  message:
    'pods is forbidden: User "system:serviceaccount:default:app" cannot watch resource "pods" in API group "" in the namespace "default"',
};

describe('with podEvidence', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    await loadEvidence();
    cluster = new Cluster();
  });

  async function leaderAndFollower(): Promise<LeaderElection[]> {
    cluster.tell({ name: 'a' });
    cluster.tell({ name: 'b' });
    const a = cluster.candidate('a', {});
    const b = cluster.candidate('b', {});
    a.run().catch(() => undefined);
    await cluster.pass(3000);
    b.run().catch(() => undefined);
    await cluster.pass(3000);
    expect([a.isLeader(), b.isLeader()]).toEqual([true, false]);
    return [a, b];
  }

  it('a leader reads its own pod once and says who it is, and a follower watches that pod alone', async () => {
    const [a, b] = await leaderAndFollower();
    await cluster.pass(30_000);
    expect(cluster.of('a')).toEqual(['a GET /api/v1/namespaces/default/pods/a']);
    expect(cluster.of('b')).toEqual([
      'b GET /api/v1/namespaces/default/pods/b',
      'b GET /api/v1/namespaces/default/pods watch metadata.name=a',
    ]);
    const offer = JSON.parse(
      cluster.lease.metadata.annotations?.[HOLDER_ANNOTATION] ?? '{}',
    ) as object;
    expect(offer).toMatchObject({ pod: 'a', uid: 'uid-a', container: 'app' });
    expect(a?.isLeader()).toBe(true);
    await Promise.all([a?.stop(), b?.stop(), cluster.pass(3000)]);
    expect(cluster.openPodWatches).toEqual([]);
    expect(cluster.lease.metadata.annotations?.[HOLDER_ANNOTATION]).toBeUndefined();
  });

  it('the follower leads within a moment of the word of the kubelet, and says by what', async () => {
    const [a, b] = await leaderAndFollower();
    // It renews no more, as after SIGKILL.
    a?.actor.stop();
    await cluster.pass(1000);
    expect(b?.isLeader()).toBe(false);
    cluster.tell({ name: 'a', state: { waiting: {} }, lastState: ended(at(60)) });
    await cluster.pass(500);
    expect(b?.isLeader()).toBe(true);
    const evidence = 'the kubelet says that container app of Pod default/a has ended';
    expect(cluster.logged).toContain(`b: Takes over: ${evidence}`);
    await Promise.all([b?.stop(), cluster.pass(1000)]);
  });

  it('and waits for the lease where the pod only fails, or is gone', async () => {
    const [a, b] = await leaderAndFollower();
    a?.actor.stop();
    cluster.tell({ name: 'a', status: { phase: 'Failed' } });
    await cluster.pass(10_000);
    expect(b?.isLeader()).toBe(false);
    await cluster.pass(7000);
    expect(b?.isLeader()).toBe(true);
    await Promise.all([b?.stop(), cluster.pass(1000)]);
  });

  it('whoever restarts in the same container needs no pod to be read', async () => {
    const [a, b] = await leaderAndFollower();
    a?.actor.stop();
    await Promise.all([b?.stop(), cluster.pass(500)]);
    cluster.forbidsPods = true;
    const next = cluster.candidate('a', {
      instance: 'ffff',
      startTicks: '9',
      pidNamespace: 'pid:[9]',
    });
    next.run().catch(() => undefined);
    await cluster.pass(500);
    expect(next.isLeader()).toBe(true);
    expect(cluster.logged).toContain(
      'a: Takes over: the process before this one in container app has ended',
    );
    await Promise.all([next.stop(), cluster.pass(1000)]);
  });

  it('without the right, it says so once for each request, shows the Role, and waits for the lease', async () => {
    const [a, b] = await leaderAndFollower();
    await Promise.all([b?.stop(), cluster.pass(500)]);
    cluster.forbidsPods = true;
    const c = cluster.candidate('c', {});
    c.run().catch(() => undefined);
    await cluster.pass(60_000);
    expect(a?.isLeader()).toBe(true);
    const said = cluster.logged.filter((line) => line.startsWith('c: podEvidence'));
    expect(said.length).toBeLessThanOrEqual(2);
    expect(said.length).toBeGreaterThan(0);
    await Promise.all([a?.stop(), c.stop(), cluster.pass(1000)]);
  });

  it('a process that cannot tell who it is leads without an offer', async () => {
    cluster.tell({ name: 'b' });
    const a = cluster.candidate('a', null);
    a.run().catch(() => undefined);
    await cluster.pass(20_000);
    expect(a.isLeader()).toBe(true);
    expect(cluster.lease.metadata.annotations).toBeUndefined();
    expect(cluster.logged.filter((line) => line.includes('podEvidence does nothing'))).toHaveLength(
      1,
    );
    await Promise.all([a.stop(), cluster.pass(1000)]);
  });

  it('a leader without it, that keeps what it finds, is not taken for the one before', async () => {
    const [a, b] = await leaderAndFollower();
    await Promise.all([b?.stop(), cluster.pass(500)]);
    const offer = cluster.lease.metadata.annotations?.[HOLDER_ANNOTATION];
    a?.actor.stop();
    const plain = cluster.candidate('plain', null, false);
    plain.run().catch(() => undefined);
    await cluster.pass(20_000);
    expect(plain.isLeader()).toBe(true);
    expect(cluster.lease.metadata.annotations?.[HOLDER_ANNOTATION]).toBe(offer);
    const again = cluster.candidate('b', {});
    again.run().catch(() => undefined);
    cluster.tell({ name: 'a', state: ended(at(60)) });
    await cluster.pass(5000);
    expect([plain.isLeader(), again.isLeader()]).toEqual([true, false]);
    expect(cluster.openPodWatches).toEqual([]);
    await Promise.all([plain.stop(), again.stop(), cluster.pass(2000)]);
  });
});

it('without podEvidence no pod is asked for, and nothing is written beside the record', async () => {
  const cluster = new Cluster();
  const a = cluster.candidate('a', {}, false);
  const b = cluster.candidate('b', {}, false);
  a.run().catch(() => undefined);
  await cluster.pass(1000);
  b.run().catch(() => undefined);
  await cluster.pass(30_000);
  expect(a.isLeader()).toBe(true);
  expect(cluster.requests.filter((line) => line.includes('/pods'))).toEqual([]);
  expect(cluster.lease.metadata.annotations).toBeUndefined();
  await Promise.all([a.stop(), b.stop(), cluster.pass(1000)]);
});
