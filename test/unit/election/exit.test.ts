import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitLimit } from '../../../src/election/release-at-exit.js';
import { ConfigError, LeaderElection, LeaseLock, MultiLock } from '../../../src/index.js';
import { whyNoRequests } from '../../../src/kubernetes/requests-at-exit.js';
import { LEADER_ANNOTATION } from '../../../src/lock/annotation-format.js';
import {
  type EmbeddedApiServer,
  InMemoryLockStore,
  startEmbeddedApiServer,
} from '../../../src/testing.js';
import { Crasher, CRASHER, type CrasherSettings, type End } from '../../e2e/exit/crashes.js';
import { builtProgram } from '../../support/built-program.js';
import { makeAuthority } from '../kubernetes/support/certificates.js';
import { startHttpProxy } from '../kubernetes/support/proxies.js';

const TOKEN = 'a-token-that-is-nowhere-to-be-seen';
const IDENTITY = 'me';

/** No renewal comes between the beginning of the term and its end. */
const UNHURRIED = { leaseDurationSeconds: 120, renewDeadlineSeconds: 100, retryPeriodSeconds: 60 };
const POLL = { interval: 5, timeout: 30_000 };

interface Held {
  readonly holderIdentity: string;
}

interface Annotated {
  readonly annotations: Readonly<Record<string, string>>;
}

function door(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('releaseOnExit', { timeout: 90_000 }, () => {
  let program: string;
  let server: EmbeddedApiServer;
  let directory: string;
  /** Where the candidates connect to: what is there may hold requests back. */
  let front: ReturnType<typeof createServer>;
  let onRequest: (asked: IncomingMessage) => Promise<void>;
  /** It is carried out, and its answer does not arrive. */
  let isLost: (asked: IncomingMessage) => boolean;
  /** Answered with this instead, and with the object as it was; null: it is carried out. */
  let pretended: (method: string) => number | null;
  /** Method and status, as they were answered. */
  let answered: string[];
  let started: Crasher[];

  beforeAll(async () => {
    program = await builtProgram(CRASHER);
  });

  beforeEach(async () => {
    server = await startEmbeddedApiServer({ tokens: { [TOKEN]: 'somebody' } });
    directory = await mkdtemp(join(tmpdir(), 'exit-'));
    onRequest = () => Promise.resolve();
    isLost = () => false;
    pretended = () => null;
    answered = [];
    started = [];
    front = createServer((asked, answer) => void forward(asked, answer));
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
  });

  afterEach(async () => {
    for (const crasher of started) crasher.kill();
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
    const status = pretended(method);
    if (status !== null) {
      const object = server.store.get({ resource: 'leases', namespace: 'default', name: 'crash' });
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(object));
      return;
    }
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

  interface Given extends Partial<CrasherSettings> {
    readonly proxy?: string;
    readonly flags?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    /** Instead of the front. */
    readonly by?: SecureServer;
  }

  /** Candidates in a process of their own. Its end takes as long as a busy machine needs. */
  async function start({ proxy, flags, env, by, ...given }: Given = {}): Promise<Crasher> {
    const { port } = (by ?? front).address() as AddressInfo;
    const scheme = by === undefined ? 'http' : 'https';
    const cluster = { server: `${scheme}://127.0.0.1:${port}`, 'proxy-url': proxy };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'x' },
      clusters: [{ name: 'x', cluster }],
      users: [{ name: 'x', user: { token: TOKEN } }],
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x', namespace: 'default' } }],
    };
    const kubeConfigPath = join(directory, 'config');
    await writeFile(kubeConfigPath, JSON.stringify(config));
    const own = { namespace: 'default', names: ['crash'], identity: IDENTITY, options: UNHURRIED };
    const settings = { ...own, kubeConfigPath, limitMs: 60_000, ...given };
    const crasher = new Crasher(program, settings, flags, env);
    started.push(crasher);
    return crasher;
  }

  async function startLeader(given: Given = {}): Promise<Crasher> {
    const crasher = await start(given);
    await crasher.hears('leads');
    return crasher;
  }

  function specOf(name = 'crash'): Held {
    return server.store.get({ resource: 'leases', namespace: 'default', name })?.['spec'] as Held;
  }

  function holder(kind = 'lease'): string {
    if (kind === 'lease') return specOf().holderIdentity;
    const lock = { resource: 'configmaps', namespace: 'default', name: 'crash' } as const;
    const { annotations } = server.store.get(lock)?.['metadata'] as Annotated;
    return (JSON.parse(annotations[LEADER_ANNOTATION] ?? '{}') as Held).holderIdentity;
  }

  it.each<[End, number]>([
    ['throw', 1],
    ['rejection', 1],
    ['exit', 1],
    ['exit 7', 7],
    ['caught', 7],
  ])('releases the lock by one write, and the exit code stays: %s', async (how, code) => {
    const leader = await startLeader();
    expect(holder()).toBe(IDENTITY);
    const before = answered.length;
    expect(await leader.end(how)).toBe(code);
    expect(holder()).toBe('');
    expect(answered.slice(before)).toEqual(['PUT 200']);
    expect(leader.errors).toContain('the lock was released');
    // What Node itself has to say comes after that.
    expect(leader.errors.includes('Error: a bug')).toBe(how === 'throw' || how === 'rejection');
    expect(leader.errors).not.toContain(TOKEN);
  });

  it.each<[End, number]>([
    ['throw', 1],
    ['exit 7', 7],
  ])('does so whatever is done by those who hear of it: %s', async (how, code) => {
    const leader = await startLeader({ meddles: true });
    expect(await leader.end(how)).toBe(code);
    expect(holder()).toBe('');
    expect(leader.errors).toMatch(/^Leading .*\n.*the lock was released .*\nleads: false\n/);
    expect(leader.errors.includes('Error: a bug')).toBe(how === 'throw');
  });

  it('releases it when the work ends the process as soon as it begins', async () => {
    const leader = await startLeader({ endOfWork: 'exit 7' });
    expect(await leader.exited()).toBe(7);
    expect(holder()).toBe('');
  });

  it('releases all locks of a process, by one other process', async () => {
    const names = ['one', 'two', 'three'];
    const leader = await startLeader({ names });
    await expect
      .poll(() => names.map((name) => specOf(name).holderIdentity), POLL)
      .toEqual(names.map(() => IDENTITY));
    const parents: string[] = [];
    onRequest = () => {
      parents.push(...startedBy(leader.pid));
      return Promise.resolve();
    };
    await leader.end('throw');
    expect(names.map((name) => specOf(name).holderIdentity)).toEqual(['', '', '']);
    expect(new Set(parents).size).toBe(1);
  });

  it('shows the token in no arguments and no environment of any process', async () => {
    const leader = await startLeader();
    const seen: string[] = [];
    onRequest = () => {
      for (const pid of processes()) seen.push(fileOf(pid, 'cmdline'), fileOf(pid, 'environ'));
      return Promise.resolve();
    };
    await leader.end('throw');
    expect(seen.some((text) => text.includes('--eval'))).toBe(true);
    expect(seen.filter((text) => text.includes(TOKEN))).toEqual([]);
    expect(holder()).toBe('');
  });

  describe('while a renewal is under way', () => {
    it('releases before it, and the renewal is refused', async () => {
      const held = door();
      const renewing = door();
      const leader = await startLeader({ options: {} });
      let puts = 0;
      onRequest = async ({ method }) => {
        if (method !== 'PUT') return;
        puts += 1;
        if (puts > 1) return;
        renewing.open();
        await held.opened;
      };
      await renewing.opened;
      await leader.end('exit');
      expect(holder()).toBe('');
      held.open();
      await expect.poll(() => answered.at(-1), POLL).toBe('PUT 409');
      expect(holder()).toBe('');
      expect(answered.slice(-2)).toEqual(['PUT 200', 'PUT 409']);
    });

    it.each(['lease', 'configmap'])(
      'reads the renewal that came first, and releases over it: %s',
      async (kind) => {
        const held = door();
        const renewing = door();
        const leader = await startLeader({ kind, options: {} });
        let puts = 0;
        let before = 0;
        onRequest = async ({ method }) => {
          if (method !== 'PUT') return;
          puts += 1;
          const number = puts;
          if (number === 1) {
            before = answered.length;
            renewing.open();
            await held.opened;
          }
          if (number !== 2) return;
          // It is the write of the process that ends, and the renewal goes before it.
          held.open();
          await expect.poll(() => answered.length, POLL).toBeGreaterThan(before);
        };
        await renewing.opened;
        await leader.end('exit');
        expect(answered.slice(before)).toEqual(['PUT 200', 'PUT 409', 'GET 200', 'PUT 200']);
        expect(holder(kind)).toBe('');
        expect(leader.errors).toContain('the lock was released');
      },
    );
  });

  it('reads whether a write was stored whose answer was lost', async () => {
    const leader = await startLeader();
    const before = answered.length;
    isLost = ({ method }) => method === 'PUT';
    await leader.end('exit');
    expect(answered.slice(before)).toEqual(['PUT 200', 'GET 200']);
    expect(holder()).toBe('');
    expect(leader.errors).toContain('the lock was released');
  });

  it.each(['other', IDENTITY])(
    'does not touch a lock that another has taken meanwhile, by the name of %s',
    async (name) => {
      const leader = await startLeader();
      const spec = { ...specOf(), holderIdentity: name, renewTime: '2030-01-01T00:00:00.000000Z' };
      let taken = false;
      onRequest = ({ method }) => {
        if (method === 'PUT' && !taken) {
          taken = true;
          server.store.put({ kind: 'Lease', metadata: { name: 'crash' }, spec });
        }
        return Promise.resolve();
      };
      await leader.end('exit');
      expect(taken).toBe(true);
      expect(specOf()).toEqual(spec);
      expect(answered.slice(-2)).toEqual(['PUT 409', 'GET 200']);
      expect(leader.errors).toContain('the lock is not ours');
    },
  );

  it.each([
    ['takes no answer for a release that does not show it', 200, 'with no release in the answer'],
    ['asks a handful of times where all is refused', 409, 'HTTP 409'],
  ])('%s', async (_, status, why) => {
    const leader = await startLeader({ limitMs: 4_000 });
    const asked: string[] = [];
    pretended = (method) => {
      asked.push(method);
      return method === 'PUT' ? status : null;
    };
    expect(await leader.end('exit')).toBe(1);
    expect(holder()).toBe(IDENTITY);
    expect(leader.errors).toContain(why);
    expect(asked.length).toBeLessThan(16);
  });

  it.each<Given>([
    { env: { NODE_OPTIONS: '--use-openssl-ca' } },
    { env: { NODE_OPTIONS: '--title="a b" --use_openssl_ca' } },
    { flags: ['--use-openssl-ca'] },
  ])('trusts the certificates that the process trusts: %j', async ({ flags = [], env }) => {
    const authority = makeAuthority('cluster CA');
    const secure = createSecureServer(authority.issue('server', ['127.0.0.1']), (asked, answer) => {
      void forward(asked, answer);
    });
    const ca = join(directory, 'ca.pem');
    await writeFile(ca, authority.cert);
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const leader = await startLeader({ flags, env: { ...env, SSL_CERT_FILE: ca }, by: secure });
    await leader.end('exit');
    secure.closeAllConnections();
    secure.close();
    expect(leader.errors).toContain('the lock was released');
    expect(holder()).toBe('');
  });

  it('prints no token for whoever debugs', async () => {
    const leader = await startLeader({ env: { NODE_DEBUG: 'child_process' } });
    await leader.end('exit');
    expect(leader.errors).toContain('spawnSync');
    expect(leader.errors).not.toContain(TOKEN);
    expect(holder()).toBe('');
  });

  it('gives up after a second', async () => {
    const leader = await startLeader({ limitMs: exitLimit.ms });
    expect(exitLimit.ms).toBe(1_000);
    onRequest = () => new Promise(() => undefined);
    // Nothing is answered: without a limit, it would end with the time of the test.
    expect(await leader.end('exit')).toBe(1);
    expect(leader.errors).toContain(
      'could not be released (no answer in time): it runs out by itself',
    );
    expect(holder()).toBe(IDENTITY);
  });

  it('leaves a lock behind a proxy to run out', async () => {
    const proxy = await startHttpProxy();
    const leader = await startLeader({ proxy: `http://127.0.0.1:${proxy.port}` });
    await leader.end('exit');
    proxy.close();
    expect(leader.errors).toContain('could not be released (it is behind a proxy)');
    expect(holder()).toBe(IDENTITY);
  });

  it('has no effect where no other process may be started, and says so', async () => {
    const flags = ['--experimental-permission', '--allow-fs-read=*'];
    const leader = await startLeader({ flags });
    expect(leader.errors).toContain('releaseOnExit has no effect: it needs --allow-child-process');
    await leader.end('exit');
    expect(holder()).toBe(IDENTITY);
  });

  it('has no effect in a worker thread, or in a program that is not Node by itself', async () => {
    const module = await builtProgram('src/kubernetes/requests-at-exit.ts');
    const asks = `import(process.argv[2]).then(({ whyNoRequests }) =>
      require('node:worker_threads').parentPort.postMessage(whyNoRequests()))`;
    const worker = new Worker(asks, { eval: true, argv: [module] });
    expect(await once(worker, 'message')).toEqual(['this is a worker thread']);
    const { execPath } = process;
    try {
      process.execPath = '/usr/local/bin/bun';
      expect(whyNoRequests()).toBe('this program is not Node by itself');
    } finally {
      process.execPath = execPath;
    }
    expect(whyNoRequests()).toBe(null);
  });

  describe('in this process', () => {
    function make(name: string, releaseOnExit: boolean): LeaderElection {
      const kubeConfig = new KubeConfig();
      kubeConfig.loadFromOptions(server.kubeConfigObject({ token: TOKEN }));
      const lock = new LeaseLock({ name, namespace: 'default', kubeConfig });
      return new LeaderElection({ lock, onStartedLeading: null, releaseOnExit, logger: false });
    }

    it('has one handler for all elections, while one of them runs', async () => {
      const before = process.listenerCount('exit');
      const elections = ['one', 'two', 'three'].map((name) => make(name, true));
      expect(process.listenerCount('exit')).toBe(before);
      await Promise.all(elections.map((election) => election.acquire()));
      expect(process.listenerCount('exit')).toBe(before + 1);
      await Promise.all(elections.map((election) => election.stop()));
      expect(process.listenerCount('exit')).toBe(before);
    });

    it('installs nothing when it is off', async () => {
      const before = process.listenerCount('exit');
      const election = make('off', false);
      await election.acquire();
      expect(process.listenerCount('exit')).toBe(before);
      await election.stop();
    });

    it('takes an election as running from the call on', async () => {
      const election = make('twice', true);
      const first = election.lead(() => 'first');
      await expect(election.lead(() => 'second')).rejects.toThrow('use one at a time');
      expect(await first).toBe('first');
    });

    it('is stopped before it has begun', async () => {
      const election = make('stopped', true);
      const ran = election.run();
      await election.stop();
      expect(await ran).toMatchObject({ reason: 'stopped', led: false });
    });

    it('is refused for locks of another kind', () => {
      const kubeConfig = new KubeConfig();
      const [old, young] = ['old', 'new'].map(
        (name) => new LeaseLock({ name, namespace: 'default', kubeConfig, identity: IDENTITY }),
      ) as [LeaseLock, LeaseLock];
      for (const lock of [new InMemoryLockStore().lock(IDENTITY), new MultiLock([old, young])]) {
        const refused = () =>
          new LeaderElection({ lock, onStartedLeading: null, releaseOnExit: true });
        expect(refused).toThrow(ConfigError);
        expect(refused).toThrow(
          'releaseOnExit must be false unless the lock is a LeaseLock or a ConfigMapLock',
        );
      }
    });
  });
});

function processes(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

function startedBy(parent: number | undefined): string[] {
  return processes().filter((pid) => fileOf(pid, 'status').includes(`\nPPid:\t${parent}\n`));
}

/** Empty where the process has ended, or is somebody else's. */
function fileOf(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
