import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitLimit } from '../../../src/election/release-at-exit.js';
import { LEADER_ANNOTATION } from '../../../src/lock/annotation-format.js';
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
const CONFIG_MAP = { resource: 'configmaps', namespace: 'default', name: 'crash' } as const;
const LEASE = { resource: 'leases', namespace: 'default', name: 'crash' } as const;

/** No renewal comes between the beginning of the term and its end. */
const UNHURRIED = { leaseDurationSeconds: 120, renewDeadlineSeconds: 100, retryPeriodSeconds: 60 };
const PATIENT = './test/unit/election/support/patient-exit.ts';
const POLL = { interval: 5, timeout: 30_000 };

interface Given {
  readonly proxy?: string;
  readonly kind?: string;
  readonly options?: object;
  /** Its end may take longer than a second. Default: true. */
  readonly isPatient?: boolean;
}

interface Held {
  readonly holderIdentity: string;
}

interface Annotated {
  readonly annotations: Readonly<Record<string, string>>;
}

function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

describe('releaseOnExit', () => {
  let server: EmbeddedApiServer;
  let directory: string;
  /** Where the candidates connect to: what is there may hold requests back. */
  let front: ReturnType<typeof createServer>;
  let onRequest: (asked: IncomingMessage) => Promise<void>;
  /** It is carried out, and its answer does not arrive. */
  let isLost: (asked: IncomingMessage) => boolean;
  /** Method and status, as they were answered. */
  let answered: string[];

  beforeEach(async () => {
    server = await startEmbeddedApiServer({ tokens: { [TOKEN]: 'somebody' } });
    directory = await mkdtemp(join(tmpdir(), 'exit-'));
    onRequest = () => Promise.resolve();
    isLost = () => false;
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
    // Whoever has sent it may end meanwhile, and it is on its way all the same.
    const body = await buffer(asked);
    await onRequest(asked);
    const { method = '', url = '/', headers } = asked;
    const onward = request(new URL(url, server.url), { method, headers }, (response) => {
      if (!url.includes('watch=')) answered.push(`${method} ${response.statusCode ?? 0}`);
      if (isLost(asked)) {
        response.resume();
        answer.destroy();
        return;
      }
      answer.writeHead(response.statusCode ?? 502, response.headers);
      answer.flushHeaders();
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => {
      if (url.includes('watch=')) onward.destroy();
    });
    onward.end(body);
  }

  /** A candidate in a process of its own, that leads. */
  async function startLeader(given: Given = {}) {
    const { proxy, isPatient = true, kind = 'lease', options = UNHURRIED } = given;
    const { port } = front.address() as AddressInfo;
    const cluster = { server: `http://127.0.0.1:${port}`, 'proxy-url': proxy };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'x' },
      clusters: [{ name: 'x', cluster }],
      users: [{ name: 'x', user: { token: TOKEN } }],
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x', namespace: 'default' } }],
    };
    const file = join(directory, 'config');
    await writeFile(file, JSON.stringify(config));
    const what = { namespace: 'default', name: 'crash', identity: 'me', kind, options };
    const imports = ['tsx', ...(isPatient ? [PATIENT] : [])].flatMap((one) => ['--import', one]);
    const args = [...imports, 'test/package/consumers/crasher.mjs', JSON.stringify(what)];
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
    return async (how: string): Promise<string> => {
      child.stdin.write(`${JSON.stringify({ how, renewing: false })}\n`);
      await closed;
      return output;
    };
  }

  function holder(kind = 'lease'): unknown {
    if (kind === 'lease') return (server.store.get(LEASE)?.['spec'] as Held).holderIdentity;
    const { annotations } = server.store.get(CONFIG_MAP)?.['metadata'] as Annotated;
    return (JSON.parse(annotations[LEADER_ANNOTATION] ?? '{}') as Held).holderIdentity;
  }

  it.each(['throw', 'rejection', 'exit'])(
    'releases the lock by one write: %s',
    { timeout: 90_000 },
    async (how) => {
      const end = await startLeader();
      expect(holder()).toBe('me');
      const before = answered.length;
      const output = await end(how);
      expect(holder()).toBe('');
      expect(answered.slice(before)).toEqual(['PUT 200']);
      expect(output).toContain('the lock was released');
      expect(output).not.toContain(TOKEN);
    },
  );

  it(
    'shows the token in no arguments and no environment of any process',
    { timeout: 90_000 },
    async () => {
      const end = await startLeader();
      const seen: string[] = [];
      onRequest = () => {
        for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
          for (const file of ['cmdline', 'environ']) {
            try {
              seen.push(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
            } catch {
              // It has ended, or is somebody else's.
            }
          }
        }
        return Promise.resolve();
      };
      await end('throw');
      expect(seen.some((text) => text.includes('--eval'))).toBe(true);
      expect(seen.filter((text) => text.includes(TOKEN))).toEqual([]);
      expect(holder()).toBe('');
    },
  );

  describe('while a renewal is under way', () => {
    it('releases before it, and the renewal is refused', { timeout: 90_000 }, async () => {
      const { promise: held, resolve: letGo } = gate();
      const { promise: isRenewing, resolve: renews } = gate();
      const end = await startLeader({ options: {} });
      let puts = 0;
      onRequest = async ({ method }) => {
        if (method !== 'PUT') return;
        puts += 1;
        if (puts > 1) return;
        renews();
        await held;
      };
      await isRenewing;
      await end('exit');
      expect(holder()).toBe('');
      letGo();
      await expect.poll(() => answered.at(-1), POLL).toBe('PUT 409');
      expect(holder()).toBe('');
      expect(answered.slice(-2)).toEqual(['PUT 200', 'PUT 409']);
    });

    it.each(['lease', 'configmap'])(
      'reads the renewal that came first, and releases over it: %s',
      { timeout: 90_000 },
      async (kind) => {
        const { promise: held, resolve: letGo } = gate();
        const { promise: isRenewing, resolve: renews } = gate();
        const end = await startLeader({ kind, options: {} });
        let puts = 0;
        let before = 0;
        onRequest = async ({ method }) => {
          if (method !== 'PUT') return;
          puts += 1;
          const number = puts;
          if (number === 1) {
            before = answered.length;
            renews();
            await held;
          }
          if (number !== 2) return;
          // It is the write of the process that ends, and the renewal goes before it.
          letGo();
          await expect.poll(() => answered.length, POLL).toBeGreaterThan(before);
        };
        await isRenewing;
        const output = await end('exit');
        expect(answered.slice(before)).toEqual(['PUT 200', 'PUT 409', 'GET 200', 'PUT 200']);
        expect(holder(kind)).toBe('');
        expect(output).toContain('the lock was released');
      },
    );
  });

  it('reads whether a write was stored whose answer was lost', { timeout: 90_000 }, async () => {
    const end = await startLeader();
    const before = answered.length;
    isLost = ({ method }) => method === 'PUT';
    const output = await end('exit');
    expect(answered.slice(before)).toEqual(['PUT 200', 'GET 200']);
    expect(holder()).toBe('');
    expect(output).toContain('the lock was released');
  });

  it.each(['other', 'me'])(
    'does not touch a lock that another has taken meanwhile, by the name of %s',
    { timeout: 90_000 },
    async (name) => {
      const end = await startLeader();
      const lease = server.store.get(LEASE)!;
      const renewTime = '2030-01-01T00:00:00.000000Z';
      let taken = false;
      onRequest = ({ method }) => {
        if (method === 'PUT' && !taken) {
          taken = true;
          const spec = { ...(lease['spec'] as object), holderIdentity: name, renewTime };
          server.store.put({ kind: 'Lease', metadata: { name: LEASE.name }, spec });
        }
        return Promise.resolve();
      };
      const output = await end('exit');
      expect(taken).toBe(true);
      expect(server.store.get(LEASE)?.['spec']).toMatchObject({ holderIdentity: name, renewTime });
      expect(answered.slice(-2)).toEqual(['PUT 409', 'GET 200']);
      expect(output).toContain('the lock is not ours');
    },
  );

  it('gives up after a second', { timeout: 90_000 }, async () => {
    expect(exitLimit.ms).toBe(1_000);
    const end = await startLeader({ isPatient: false });
    onRequest = () => new Promise(() => undefined);
    // Nothing is answered: without a limit, it would end with the time of the test.
    const output = await end('exit');
    expect(output).toContain('could not be released');
    expect(holder()).toBe('me');
  });

  it.each(['http', 'socks5'])('goes through a proxy: %s', { timeout: 90_000 }, async (protocol) => {
    const proxy = protocol === 'http' ? await startHttpProxy() : await startSocksProxy();
    const end = await startLeader({ proxy: `${protocol}://127.0.0.1:${proxy.port}` });
    const before = proxy.targets.length;
    await end('exit');
    expect(holder()).toBe('');
    expect(proxy.targets.length).toBeGreaterThan(before);
    proxy.close();
  });

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
