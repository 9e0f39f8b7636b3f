import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
  readonly #running: LeaderElection[] = [];

  /** A candidate in a process of its own, that runs. */
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
    const place = { name: 'jobs', namespace: 'default', identity: name };
    const lock = new LeaseLock({ ...place, kubeConfig, podEvidence });
    const how = { clock: this.clock, random: () => 0.5, logger };
    const election = new LeaderElection({ lock, onStartedLeading: null, ...how });
    election.run().catch(() => undefined);
    this.#running.push(election);
    return election;
  }

  tell(parts: PodParts & { readonly name: string }): void {
    const object = podJson({ uid: `uid-${parts.name}`, ...parts });
    this.pods.set(parts.name, object);
    this.#podWatches.get(parts.name)?.write(line({ type: 'MODIFIED', object }));
  }

  get openPodWatches(): string[] {
    return [...this.#podWatches.keys()];
  }

  get lease(): { metadata: { annotations?: Record<string, string> } } {
    const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases/jobs';
    const answer = this.#ask({ method: 'GET', path });
    if (answer.type === 'watch') throw new Error('no watch was asked for');
    return answer.body as Cluster['lease'];
  }

  of(name: string): string[] {
    return this.requests.filter((line) => line.startsWith(`${name} `) && line.includes('/pods'));
  }

  #ask({ method, path, query, body }: ApiRequest): ReturnType<KubernetesApi['handle']> {
    const headers = { 'content-type': 'application/json' };
    const text = body === undefined ? '' : JSON.stringify(body);
    const search = new URLSearchParams(query);
    return this.#api.handle({ method, path, query: search, headers, body: text });
  }

  #transport(who: string): ApiTransport {
    return {
      request: (request) => {
        this.#note(who, request);
        const pod = /\/pods\/([^/]+)$/.exec(request.path)?.[1];
        if (pod !== undefined) return Promise.resolve(this.#podAnswer(this.pods.get(pod)));
        const answer = this.#ask(request);
        if (answer.type === 'watch') throw new Error('no watch was asked for');
        const json: unknown = JSON.parse(JSON.stringify(answer.body));
        return Promise.resolve({ status: answer.status, headers: {}, json, address: 'test:1' });
      },
      stream: (request) => {
        this.#note(who, request);
        const stream = new PassThrough();
        request.signal?.addEventListener('abort', () => stream.destroy());
        const isOfPods = request.path.endsWith('/pods');
        if (isOfPods) this.#watchPod(request, stream);
        else {
          const watch = this.#ask(request);
          if (watch.type !== 'watch') throw new Error('a watch was asked for');
          const close = watch.open((event) => stream.write(line(event)));
          stream.on('close', close);
        }
        const status = isOfPods && this.forbidsPods ? 403 : 200;
        const body = stream as unknown as IncomingMessage;
        const scrub = (text: string): string => text;
        return Promise.resolve({ status, headers: {}, body, address: 'test:1', scrub });
      },
    };
  }

  #watchPod({ query }: ApiRequest, stream: PassThrough): void {
    if (this.forbidsPods) {
      stream.end(JSON.stringify(FORBIDDEN));
      return;
    }
    const name = (query?.['fieldSelector'] ?? '').replace('metadata.name=', '');
    this.#podWatches.set(name, stream);
    stream.on('close', () => this.#podWatches.delete(name));
    const object = this.pods.get(name);
    if (object !== undefined) stream.write(line({ type: 'ADDED', object }));
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

  /** Ends the candidates, of which none has been stopped. */
  async end(): Promise<void> {
    const stopping = this.#running.map((one) => one.stop().catch(() => undefined));
    await Promise.all([...stopping, this.pass(3000)]);
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

const line = (event: object): string => `${JSON.stringify(event)}\n`;

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
  afterEach(() => cluster.end());

  async function leaderAndFollower(): Promise<LeaderElection[]> {
    cluster.tell({ name: 'a' });
    cluster.tell({ name: 'b' });
    const a = cluster.candidate('a', {});
    await cluster.pass(3000);
    const b = cluster.candidate('b', {});
    await cluster.pass(3000);
    expect([a.isLeader(), b.isLeader()]).toEqual([true, false]);
    return [a, b];
  }

  it('a leader reads its own pod once and says who it is, and a follower watches that pod alone', async () => {
    const [a] = await leaderAndFollower();
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
    await cluster.end();
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
  });

  it('and waits for the lease where the pod only fails, or is gone', async () => {
    const [a, b] = await leaderAndFollower();
    a?.actor.stop();
    cluster.tell({ name: 'a', status: { phase: 'Failed' } });
    await cluster.pass(10_000);
    expect(b?.isLeader()).toBe(false);
    await cluster.pass(7000);
    expect(b?.isLeader()).toBe(true);
  });

  it('whoever begins anew in the same instance of a container needs no pod to be read', async () => {
    const [a, b] = await leaderAndFollower();
    a?.actor.stop();
    await Promise.all([b?.stop(), cluster.pass(500)]);
    cluster.forbidsPods = true;
    const next = cluster.candidate('a', { startTicks: '9' });
    await cluster.pass(500);
    expect(next.isLeader()).toBe(true);
    expect(cluster.logged).toContain(
      'a: Takes over: the process before this one in container app has ended',
    );
  });

  it.each([
    ['has ended', 'Error', 500, true],
    ['was lost by its runtime', 'Unknown', 8000, false],
  ])(
    'of an instance before its own it believes the kubelet alone: it %s',
    async (_, reason, ms, isDead) => {
      const [a, b] = await leaderAndFollower();
      a?.actor.stop();
      await Promise.all([b?.stop(), cluster.pass(500)]);
      const state = { running: { startedAt: at(61) } };
      cluster.tell({ name: 'a', state, lastState: ended(at(60), reason) });
      const next = cluster.candidate('a', { startTicks: '9', pidNamespace: 'pid:[9]' });
      await cluster.pass(ms);
      expect(next.isLeader()).toBe(isDead);
    },
  );

  it('without the right, it says so once for each request, shows the Role, and waits for the lease', async () => {
    const [a, b] = await leaderAndFollower();
    await Promise.all([b?.stop(), cluster.pass(500)]);
    cluster.forbidsPods = true;
    cluster.candidate('c', {});
    await cluster.pass(60_000);
    expect(a?.isLeader()).toBe(true);
    const said = cluster.logged.filter((line) => line.startsWith('c: podEvidence'));
    expect(said.length).toBeLessThanOrEqual(2);
    expect(said.length).toBeGreaterThan(0);
  });

  it('a process that cannot tell who it is leads without an offer', async () => {
    cluster.tell({ name: 'b' });
    const a = cluster.candidate('a', null);
    await cluster.pass(20_000);
    expect(a.isLeader()).toBe(true);
    expect(cluster.lease.metadata.annotations).toBeUndefined();
    expect(cluster.logged.filter((line) => line.includes('podEvidence does nothing'))).toHaveLength(
      1,
    );
  });

  it('a leader without it, that keeps what it finds, is not taken for the one before', async () => {
    const [a, b] = await leaderAndFollower();
    await Promise.all([b?.stop(), cluster.pass(500)]);
    const offer = cluster.lease.metadata.annotations?.[HOLDER_ANNOTATION];
    a?.actor.stop();
    const plain = cluster.candidate('plain', null, false);
    await cluster.pass(20_000);
    expect(plain.isLeader()).toBe(true);
    expect(cluster.lease.metadata.annotations?.[HOLDER_ANNOTATION]).toBe(offer);
    const again = cluster.candidate('b', {});
    cluster.tell({ name: 'a', state: ended(at(60)) });
    await cluster.pass(5000);
    expect([plain.isLeader(), again.isLeader()]).toEqual([true, false]);
    expect(cluster.openPodWatches).toEqual([]);
  });
});

it('without podEvidence no pod is asked for, and nothing is written beside the record', async () => {
  const cluster = new Cluster();
  const a = cluster.candidate('a', {}, false);
  await cluster.pass(1000);
  cluster.candidate('b', {}, false);
  await cluster.pass(30_000);
  expect(a.isLeader()).toBe(true);
  expect(cluster.requests.filter((line) => line.includes('/pods'))).toEqual([]);
  expect(cluster.lease.metadata.annotations).toBeUndefined();
  await cluster.end();
});
