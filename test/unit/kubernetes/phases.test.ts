import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaderElection } from '../../../src/election/leader-election.js';
import type { LockError } from '../../../src/errors/lock-error.js';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import type { ApiRequest } from '../../../src/kubernetes/api-request.js';
import { LeaseLock } from '../../../src/lock/locks.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';
import { callCli } from '../../cli/support/call-cli.js';
import { failure } from './support/failure.js';
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

  const expectClosed = (): Promise<void> =>
    vi.waitFor(() => {
      expect(peer.open()).toBe(0);
    });

  it('holds no request beyond its deadline, and nothing that the request had', async () => {
    const client = new ApiClient(peer.kubeConfig);
    const requests = Array.from({ length: CROWD }, (_, at) =>
      client.request({ ...(at % 2 === 0 ? get : post), timeoutMs: 300 }),
    );
    const streams = peer.begins === true ? [] : [client.stream({ ...watch, timeoutMs: 300 })];

    const errors = await Promise.all([...requests, ...streams].map(failure));

    expect(errors[0]?.message).toMatch(peer.waitsFor ?? /no whole answer from the API server/);
    for (const { kind, message } of errors) {
      expect(kind).toMatch(/^(timeout|credentials)$/);
      if (peer.waitsFor !== null) expect(message).toContain('nothing was sent');
    }
    await expectClosed();
    await peer.recover();
    const answers = Array.from({ length: CROWD }, () => client.request(get));
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
    const stream = await client.stream(watch);
    expect(stream.status).toBe(200);
    stream.body.destroy();
  });

  it('holds no request that is aborted', async () => {
    const client = new ApiClient(peer.kubeConfig);
    const controller = new AbortController();
    const { signal } = controller;
    const requests = Array.from({ length: CROWD }, () => client.request({ ...get, signal }));
    const streams = peer.begins === true ? [] : [client.stream({ ...watch, signal })];
    const settled = Promise.all([...requests, ...streams].map(failure));

    setTimeout(() => {
      controller.abort();
    }, 100);

    for (const { kind } of await settled) expect(kind).toBe('aborted');
    await expectClosed();
    await peer.recover();
    expect((await client.request(get)).status).toBe(200);
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
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'silent-'));
    const start = new Map(silentPeers).get('CONNECT of an HTTP proxy');
    peer = await start!(Number(new URL(server.url).port));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
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
    const file = join(folder, 'config');
    const { exportConfig } = peer.kubeConfig as unknown as { exportConfig(): string };
    writeFileSync(file, exportConfig.call(peer.kubeConfig));
    const called = callCli('status', 'job', '--lock', 'lease', '--kubeconfig', file);
    await tenSeconds();

    const { code, stderr } = await called;
    expect(code).toBe(1);
    expect(stderr).toContain('nothing was sent within 10000 ms');
  });
});
