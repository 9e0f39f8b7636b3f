import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaderElection } from '../../../src/election/leader-election.js';
import type { LockError } from '../../../src/errors/lock-error.js';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import type { ApiRequest } from '../../../src/kubernetes/api-request.js';
import { LeaseLock } from '../../../src/lock/locks.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';
import { callCli } from '../../cli/support/call-cli.js';
import { failure } from './support/failure.js';
import { folderOfEachTest } from './support/folder.js';
import { silentPeers, type SilentPeer } from './support/silent-peers.js';

const path = '/api/v1/namespaces/default/configmaps';
const get = { method: 'GET', path, subject: 'Lease a/b' } as const;
const post: ApiRequest = { ...get, method: 'POST', body: { metadata: { name: 'new' } } };
const watch = { ...get, query: { watch: 'true' } } as const;

/** More than may be under way at a time. */
const CROWD = 9;

let server: EmbeddedApiServer;
let peer: SilentPeer;

beforeEach(async () => {
  server = await startEmbeddedApiServer();
});

afterEach(async () => {
  vi.useRealTimers();
  await peer.close();
  await server.close();
});

describe.each(silentPeers)('a peer that goes silent in %s', (_, startPeer) => {
  beforeEach(async () => {
    peer = await startPeer(Number(new URL(server.url).port));
  });

  it('holds no request that is late or aborted, and nothing that the request had', async () => {
    const client = new ApiClient(peer.kubeConfig);
    const controller = new AbortController();
    const late = { timeoutMs: 300 };
    const aborted = { signal: controller.signal };
    const send = (more: Partial<ApiRequest>): Promise<unknown>[] => [
      ...Array.from({ length: CROWD }, (_, at) =>
        client.request({ ...(at % 2 === 0 ? get : post), ...more }),
      ),
      ...(peer.begins === true ? [] : [client.stream({ ...watch, ...more })]),
    ];
    const errors = Promise.all(send(late).map(failure));
    const abortions = Promise.all(send(aborted).map(failure));
    setTimeout(() => {
      controller.abort();
    }, 100);

    for (const { kind } of await abortions) expect(kind).toBe('aborted');
    expect((await errors)[0]?.message).toMatch(
      peer.waitsFor ?? /no whole answer from the API server/,
    );
    for (const { kind, message } of await errors) {
      expect(kind).toMatch(/^(timeout|credentials)$/);
      if (peer.waitsFor !== null) expect(message).toContain('nothing was sent');
    }
    await vi.waitFor(() => {
      expect(peer.open()).toBe(0);
    });
    await peer.recover();
    const answers = Array.from({ length: CROWD }, () => client.request(get));
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
    const stream = await client.stream(watch);
    expect(stream.status).toBe(200);
    stream.body.destroy();
  });
});

// What is told apart by then is only whether a request was sent.
const twoKinds = silentPeers.filter(([name]) =>
  ['the head of the answer', 'the TLS handshake behind a proxy'].includes(name),
);

describe.each(twoKinds)('a peer that goes silent in %s', (_, startPeer) => {
  beforeEach(async () => {
    peer = await startPeer(Number(new URL(server.url).port));
  });

  it('keeps a candidate from leading only as long as it is silent', async () => {
    const failures: LockError[] = [];
    const election = new LeaderElection({
      lock: new LeaseLock({ name: 'job', kubeConfig: peer.kubeConfig, namespace: 'default' }),
      leaseDurationSeconds: 3,
      renewDeadlineSeconds: 2,
      retryPeriodSeconds: 1,
      logger: false,
      onStartedLeading: null,
    });
    const failed = new Promise<void>((resolve) => {
      election.on('acquireFailed', ({ error }) => {
        failures.push(error);
        if (failures.length === 2) resolve();
      });
    });
    const running = election.acquire();
    await failed;

    await peer.recover();
    const recoveredAt = performance.now();

    expect(await running).toBe(true);
    expect(performance.now() - recoveredAt).toBeLessThan(4_000);
    expect((await election.stop()).released).toBe(true);
    expect(failures[0]?.message).toMatch(peer.waitsFor ?? /the API server did not answer/);
    if (peer.waitsFor !== null) expect(failures[0]?.message).not.toContain('did not answer');
  });
});

describe('behind a proxy that goes silent', () => {
  const folder = folderOfEachTest();

  beforeEach(async () => {
    const start = new Map(silentPeers).get('CONNECT of an HTTP proxy');
    peer = await start!(Number(new URL(server.url).port));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });

  /** Ten seconds pass once the proxy has been asked. */
  async function tenSeconds(): Promise<void> {
    while (peer.open() === 0) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(10_000);
  }

  it('lock.get() comes back', async () => {
    const lock = new LeaseLock({ name: 'job', kubeConfig: peer.kubeConfig });
    const reading = lock.get();
    await tenSeconds();

    expect(await reading).toMatchObject({ ok: false, error: { kind: 'timeout' } });
  });

  it('`status` comes back', async () => {
    const { exportConfig } = peer.kubeConfig as unknown as { exportConfig(): string };
    const file = folder.write('config', exportConfig.call(peer.kubeConfig));
    const called = callCli('status', 'job', '--lock', 'lease', '--kubeconfig', file);
    await tenSeconds();

    const { code, stderr } = await called;
    expect(code).toBe(1);
    expect(stderr).toContain('nothing was sent within 10000 ms');
  });
});
