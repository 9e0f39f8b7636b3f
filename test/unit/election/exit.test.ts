import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, LeaderElection, LeaseLock } from '../../../src/index.js';
import { KubeConfig } from '@kubernetes/client-node';
import {
  type EmbeddedApiServer,
  InMemoryLockStore,
  startEmbeddedApiServer,
} from '../../../src/testing.js';
import { ROOT } from '../../docs/support/markdown.js';
import { startHttpProxy, startSocksProxy } from '../kubernetes/support/proxies.js';

const TOKEN = 'a-token-that-is-nowhere-to-be-seen';
const LEASE = { resource: 'leases', namespace: 'default', name: 'crash' } as const;

/*
 * What is done in the second that the end of a process takes is done by a process, which on a machine that is
 * too busy may not even have started by then: such a test is tried again.
 */
describe('releaseOnExit', () => {
  let server: EmbeddedApiServer;
  let directory: string;
  /** Where the candidates connect to: what is there may hold requests back. */
  let front: ReturnType<typeof createServer>;
  let onRequest: (asked: IncomingMessage) => Promise<void>;
  /** Method and status, as they were answered. */
  let answered: string[];

  beforeEach(async () => {
    server = await startEmbeddedApiServer({ tokens: { [TOKEN]: 'somebody' } });
    directory = await mkdtemp(join(tmpdir(), 'exit-'));
    onRequest = () => Promise.resolve();
    answered = [];
    front = createServer((asked, answer) => void forward(asked, answer));
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
  });

  afterEach(async () => {
    front.closeAllConnections();
    front.close();
    await server.close();
    await rm(directory, { recursive: true });
  });

  async function forward(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    await onRequest(asked);
    const { method = '', url = '/', headers } = asked;
    const onward = request(new URL(url, server.url), { method, headers }, (response) => {
      if (!url.includes('watch=')) answered.push(`${method} ${response.statusCode ?? 0}`);
      answer.writeHead(response.statusCode ?? 502, response.headers);
      answer.flushHeaders();
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => {
      if (url.includes('watch=')) onward.destroy();
    });
    asked.pipe(onward);
  }

  /** A candidate in a process of its own, that leads. */
  async function startLeader(given: { proxy?: string; kind?: string; options?: object } = {}) {
    const { port } = front.address() as AddressInfo;
    const cluster = { server: `http://127.0.0.1:${port}`, 'proxy-url': given.proxy };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'x' },
      clusters: [{ name: 'x', cluster }],
      users: [{ name: 'x', user: { token: TOKEN } }],
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x', namespace: 'default' } }],
    };
    const file = join(directory, 'config');
    await writeFile(file, JSON.stringify(config));
    const what = { namespace: 'default', name: 'crash', kind: 'lease', identity: 'me', ...given };
    const args = ['--import', 'tsx', 'test/package/consumers/crasher.mjs', JSON.stringify(what)];
    const env = { ...process.env, KUBECONFIG: file };
    const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'pipe' });
    let output = '';
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    const closed = once(child, 'close');
    for await (const line of createInterface({ input: child.stdout })) {
      output += line;
      if (line.includes('leads')) break;
    }
    child.stdout.resume();
    const end = async (how: string, renewing = false): Promise<string> => {
      child.stdin.write(`${JSON.stringify({ how, renewing })}\n`);
      await closed;
      return output;
    };
    return {
      child,
      end,
      closed,
      renewing: () => child.stdin.write('{"how":"exit","renewing":true}\n'),
    };
  }

  const holder = () =>
    (server.store.get(LEASE) as { spec?: { holderIdentity?: string } } | null)?.spec
      ?.holderIdentity;

  it.each(['throw', 'rejection', 'exit'])(
    'releases the lock by one write: %s',
    { timeout: 60_000, retry: 3 },
    async (how) => {
      const leader = await startLeader();
      expect(holder()).toBe('me');
      const before = answered.length;
      const output = await leader.end(how);
      expect(holder()).toBe('');
      expect(answered.slice(before)).toEqual(['PUT 200']);
      expect(output).not.toContain(TOKEN);
    },
  );

  it(
    'shows the token in no arguments and no environment of any process',
    { timeout: 60_000, retry: 3 },
    async () => {
      const leader = await startLeader();
      let looked = 0;
      onRequest = async () => {
        looked += 1;
        for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
          for (const file of ['cmdline', 'environ']) {
            let text = '';
            try {
              text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
            } catch {
              // It has ended, or is somebody else's.
            }
            expect(text, `${file} of a process`).not.toContain(TOKEN);
          }
        }
      };
      await leader.end('throw');
      expect(looked).toBeGreaterThan(0);
      expect(holder()).toBe('');
    },
  );

  describe('while a renewal is under way', () => {
    it(
      'releases before it, and the renewal is refused',
      { timeout: 60_000, retry: 3 },
      async () => {
        const leader = await startLeader();
        let letGo = (): void => undefined;
        let puts = 0;
        onRequest = async ({ method }) => {
          if (method !== 'PUT') return;
          puts += 1;
          if (puts === 1) await new Promise<void>((resolve) => (letGo = resolve));
        };
        leader.renewing();
        await leader.closed;
        expect(holder()).toBe('');
        letGo();
        await expect.poll(() => answered.at(-1)).toBe('PUT 409');
        expect(holder()).toBe('');
        expect(answered.slice(-2)).toEqual(['PUT 200', 'PUT 409']);
      },
    );

    it(
      'reads the renewal that came first, and releases over it',
      { timeout: 60_000, retry: 3 },
      async () => {
        const leader = await startLeader();
        let letGo = (): void => undefined;
        let puts = 0;
        onRequest = async ({ method }) => {
          if (method !== 'PUT') return;
          puts += 1;
          const { length } = answered;
          // The renewal is held back until the process that ends has sent its write, and goes before it.
          if (puts === 1) await new Promise<void>((resolve) => (letGo = resolve));
          if (puts !== 2) return;
          letGo();
          await expect.poll(() => answered.length, { interval: 5 }).toBeGreaterThan(length);
        };
        leader.renewing();
        await leader.closed;
        const end = answered.slice(answered.indexOf('PUT 409') - 1);
        expect(end.slice(0, 3)).toEqual(['PUT 200', 'PUT 409', 'GET 200']);
        // On a machine that is too busy, its second has passed by then.
        expect([['me'], ['', 'PUT 200']]).toContainEqual([holder(), ...end.slice(3)]);
      },
    );
  });

  it(
    'does not touch a lock that another has taken meanwhile',
    { timeout: 60_000, retry: 3 },
    async () => {
      const leader = await startLeader({ options: { retryPeriodSeconds: 5 } });
      const lease = server.store.get(LEASE)!;
      // It hears of that too late, if at all: the watch is cut by its own end.
      let taken = false;
      onRequest = async ({ method, url = '' }) => {
        if (url.includes('watch=') || method !== 'PUT' || taken) return;
        taken = true;
        const spec = { ...(lease['spec'] as object), holderIdentity: 'other' };
        server.store.put({ kind: 'Lease', metadata: { name: LEASE.name }, spec });
      };
      await leader.end('exit');
      expect(taken).toBe(true);
      expect(holder()).toBe('other');
      expect(answered.slice(-2)).toEqual(['PUT 409', 'GET 200']);
    },
  );

  it('gives up after a second', { timeout: 60_000, retry: 3 }, async () => {
    const leader = await startLeader();
    onRequest = () => new Promise(() => undefined);
    const startedAt = performance.now();
    await leader.end('exit');
    // What is left of a busy machine's time is no part of the second.
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(holder()).toBe('me');
  });

  it.each(['http', 'socks5'])(
    'goes through a proxy: %s',
    { timeout: 60_000, retry: 3 },
    async (protocol) => {
      const proxy = protocol === 'http' ? await startHttpProxy() : await startSocksProxy();
      const leader = await startLeader({ proxy: `${protocol}://127.0.0.1:${proxy.port}` });
      const before = proxy.targets.length;
      await leader.end('exit');
      expect(holder()).toBe('');
      expect(proxy.targets.length).toBeGreaterThan(before);
      proxy.close();
    },
  );

  it('has one handler for all elections of a process, while one of them leads', async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions(server.kubeConfigObject({ token: TOKEN }));
    const before = process.listenerCount('exit');
    const elections = Array.from({ length: 20 }, (_, number) => {
      const lock = new LeaseLock({ name: `lock-${number}`, namespace: 'default', kubeConfig });
      return new LeaderElection({
        lock,
        onStartedLeading: null,
        releaseOnExit: true,
        logger: false,
      });
    });
    expect(process.listenerCount('exit')).toBe(before);
    await Promise.all(elections.map((election) => election.acquire()));
    await expect.poll(() => process.listenerCount('exit')).toBe(before + 1);
    await Promise.all(elections.map((election) => election.stop()));
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('installs nothing when it is off', async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions(server.kubeConfigObject({ token: TOKEN }));
    const before = process.listenerCount('exit');
    const lock = new LeaseLock({ name: 'off', namespace: 'default', kubeConfig });
    const election = new LeaderElection({ lock, onStartedLeading: null, logger: false });
    await election.acquire();
    expect(process.listenerCount('exit')).toBe(before);
    await election.stop();
  });

  it('is refused for a lock of your own', () => {
    const lock = new InMemoryLockStore().lock('me');
    const make = () => new LeaderElection({ lock, onStartedLeading: null, releaseOnExit: true });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(
      'releaseOnExit must be false unless the lock is a LeaseLock or a ConfigMapLock',
    );
  });
});
