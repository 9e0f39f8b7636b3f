import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { WebSocketServer } from 'ws';
import { leaderElectionMachine } from '../../machines/leader-election.js';
import { LeaderElection, LeaseLock, type ResourceLock } from '../../src/index.js';
import { connectInspector, connectStately, startInspector } from '../../src/inspect.js';
import { InMemoryLockStore, startEmbeddedApiServer } from '../../src/testing.js';
import { pageFiles } from '../../src/inspect/page-files.js';
import { SHORT } from './support/candidates.js';
import { StreamReader } from './support/reports.js';

/** In everything that an election is given and that is nobody else's business. */
const MARK = 'MARKED';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Every byte that is posted to it. */
async function postOffice(): Promise<{ url: string; bytes: () => string }> {
  let bytes = '';
  const server = createServer((request, response) => {
    bytes += JSON.stringify(request.headers);
    request.on('data', (part: Buffer) => (bytes += part.toString()));
    request.on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/a-token-for-this-test/`, bytes: () => bytes };
}

/** Every byte that is sent to it, on a WebSocket. */
async function statelyViewer(): Promise<{ url: string; bytes: () => string }> {
  let bytes = '';
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket, request) => {
    bytes += JSON.stringify(request.headers);
    socket.on('message', (data) => (bytes += (data as Buffer).toString()));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  cleanups.push(() => server.close());
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
  };
}

/** All ways in which an election is told of, and everything that has left by them. */
async function allViewers() {
  const inspector = await startInspector();
  const [post, viewer] = [await postOffice(), await statelyViewer()];
  const remote = connectInspector({ url: post.url });
  const stately = await connectStately(null, { url: viewer.url });
  const stream = await StreamReader.open(inspector.url);
  cleanups.push(async () => {
    stream.close();
    await Promise.all([inspector.close(), remote.close(), stately.close()]);
  });
  const ways = [inspector, remote, stately];
  return {
    ways,
    stream,
    sent: () => ({ page: stream.bytes, remote: post.bytes(), stately: viewer.bytes() }),
  };
}

function expectNoMark(sent: Readonly<Record<string, string>>, told: string): void {
  for (const [way, bytes] of Object.entries(sent)) {
    expect(bytes, way).toContain(told);
    const at = bytes.indexOf(MARK);
    expect(at < 0 ? '' : bytes.slice(Math.max(0, at - 80), at + 80), way).toBe('');
  }
}

describe('no byte that a viewer gets holds', () => {
  it('a token, a kubeconfig, labels or what else is in the lock, through a whole term', async () => {
    const token = `${MARK}-token`;
    await using server = await startEmbeddedApiServer({ tokens: { [token]: 'ada' } });
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(
      server
        .kubeConfig({ token })
        .replaceAll('embedded', `${MARK}-name`)
        .replace('users:', `preferences: { note: ${MARK} }\nusers:`),
    );
    const election = new LeaderElection({
      lock: new LeaseLock({
        name: 'watched',
        namespace: 'default',
        identity: 'ada',
        kubeConfig,
        labels: { note: `${MARK}-label` },
      }),
      ...SHORT,
      logger: false,
      onStartedLeading: () => Promise.reject(new Error(`${MARK}-callback`)),
      onStoppedLeading: () => {
        throw Object.assign(new Error(`${MARK}-callback`), { name: `${MARK}-name` });
      },
    });
    const viewers = await allViewers();
    for (const way of viewers.ways) way.attach(election, { name: 'pod-a' });
    // One renewal fails, so that an error of the API server is told of too.
    server.faults.add({
      match: { verb: 'update' },
      fault: { kind: 'status', status: 500, body: `${MARK}-body` },
      times: 1,
    });
    expect((await election.run()).reason).toBe('failed');
    await expect.poll(() => viewers.stream.steps.at(-1)?.view.status).toBe('done');
    await expect.poll(() => viewers.sent().remote).toContain('"gone"');
    await expect.poll(() => viewers.sent().stately).toContain('"value":"stopped"');
    const { page } = viewers.sent();
    expect(page).toContain('callbackFailed');
    expectNoMark(viewers.sent(), 'pod-a');
  });

  it("what a lock or a record of the user's own says, or events that the chart does not know", async () => {
    const store = new InMemoryLockStore();
    const inner = store.lock('ada');
    let calls = 0;
    const lock: ResourceLock = {
      identity: 'ada',
      description: 'a lock of ours',
      get: async () => {
        calls += 1;
        if (calls === 1) throw new Error(`${MARK}-lock`);
        if (calls === 2) return { ok: true, ...store.put(null, `${MARK}-unreadable`) };
        return inner.get();
      },
      create: (record, options) => inner.create(record, options),
      update: (record, options) => inner.update(record, options),
    };
    const viewers = await allViewers();
    const input = { lock, onStartedLeading: null, logger: false as const };
    const actor = createActor(leaderElectionMachine, { input }).start();
    for (const way of viewers.ways) way.attach(actor);
    actor.send({ type: 'start' });
    await expect.poll(() => viewers.sent().page).toContain('withheld');
    actor.send({ type: `${MARK}-event`, payload: MARK } as never);
    actor.send({ type: 'wake', payload: `${MARK}-payload` } as never);
    await expect.poll(() => viewers.sent().page).toContain('"other"');
    await expect.poll(() => viewers.sent().page).toContain('"unreadable"');
    actor.send({ type: 'stop' });
    await expect.poll(() => viewers.sent().remote).toContain('"gone"');
    await expect.poll(() => viewers.sent().stately).toContain('"value":"stopped"');
    expectNoMark(viewers.sent(), '"other"');
  });

  it('anything of this machine in the page itself', () => {
    for (const [path, { content }] of pageFiles()) {
      expect(content, path).not.toContain(process.cwd());
      expect(content, path).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    }
  });
});
