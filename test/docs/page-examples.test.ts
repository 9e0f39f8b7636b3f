import assert from 'node:assert';
import { EventEmitter } from 'node:events';
import { setInterval, setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import ts from 'typescript';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  LeaderElection,
  type LeaderElectionConfig,
  LeaseLock,
  LockError,
  type ResourceLock,
} from '../../src/index.js';
import {
  createTestCluster,
  electionPaths,
  InMemoryLockStore,
  startTestCluster,
  testResourceLock,
  VirtualClock,
  type WalkedService,
} from '../../src/testing.js';
import { Wire } from '../../src/testing/cluster/wire.js';
import { settle } from '../../src/testing/virtual-clock.js';
import { codeBlocks, quoted, table } from './support/markdown.js';

type World = Readonly<Record<string, unknown>>;

/** Runs these examples, as they stand there, with these names in place of their imports. */
async function runAll(codes: readonly string[], world: World, result = ''): Promise<unknown> {
  const body = codes
    .join('\n')
    .replace(/^import .*$/gm, '')
    .replace(/^export /gm, '');
  const { outputText } = ts.transpileModule(`return (async () => {${body}\n${result}})();`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is the page's own
  const program = new Function(...Object.keys(world), outputText) as (
    ...given: unknown[]
  ) => Promise<unknown>;
  return program(...Object.values(world));
}

/** Runs the first example of a page. */
function runFirst(page: string, world: World, result = ''): Promise<unknown> {
  return runThatWith('', page, world, result);
}

/** Runs the first example of a page that has this in it. */
async function runThatWith(
  text: string,
  page: string,
  world: World,
  result = '',
): Promise<unknown> {
  const block = codeBlocks(page).find(({ info, code }) => info === 'ts' && code.includes(text));
  if (block === undefined) throw new Error(`${page} has no such example`);
  return runAll([block.code], world, result);
}

describe('docs/testing.md', () => {
  const blocks = codeBlocks('docs/testing.md');
  const code = (has: string): string => {
    const found = blocks.filter((block) => block.code.includes(has));
    expect(found, has).toHaveLength(1);
    return found[0]!.code;
  };
  const service = blocks.find(({ info }) => info === 'ts outbox.ts')!.code;
  const testing = { createTestCluster, startTestCluster, InMemoryLockStore, VirtualClock };

  /** Runs what the examples declare as tests. */
  async function runTests(codes: readonly string[], world: object): Promise<void> {
    const tests: (() => Promise<void>)[] = [];
    const it = (_name: string, run: () => Promise<void>): void => void tests.push(run);
    await runAll(codes, { ...testing, assert, LeaderElection, it, test: it, ...world });
    expect(tests).toHaveLength(1);
    await tests[0]?.();
  }

  it('has a service of about thirty lines whose failover its test finds', async () => {
    const lines = service.split('\n').filter((line) => line.trim() !== '');
    expect(lines.length).toBeLessThanOrEqual(30);
    const example = blocks.find(({ info }) => info === 'ts outbox.test.ts')!.code;
    await runTests([service, example], { setTimeout: sleep });
  });

  it('has a test that fails where a copy sends by another token than that of its term', async () => {
    const example = blocks.find(({ info }) => info === 'ts outbox.test.ts')!.code;
    const planted = service.replace('sendNext(term.fencingToken)', 'sendNext(1n)');
    expect(planted).not.toBe(service);
    const running = runTests([planted, example], { setTimeout: sleep });
    await expect(running).rejects.toThrow('deep-equal');
  });

  it('has a test of late writes', async () => {
    let newest = 0n;
    const outbox = {
      sendNext: async (token: bigint): Promise<void> => {
        if (token < newest) throw new Error('late');
        newest = token;
      },
    };
    await runAll([code('cluster.heal(late)')], { ...testing, assert, outbox });
    expect(newest).toBeGreaterThan(0n);
  });

  it('has a test with faked timers', async () => {
    onTestFinished(() => void vi.useRealTimers());
    let sent = 0;
    const outbox = { sendNext: async () => void (sent += 1) };
    const codes = [service, code('advanceTimers: (ms) => vi')];
    await runTests(codes, { outbox, vi });
    expect(sent).toBe(20);
  });

  it('has a cluster for services that make their own lock', async () => {
    const world = { ...testing, LeaderElection, LeaseLock, KubeConfig };
    const result = 'return [first, second];';
    const [first, second] = (await runAll([code('startTestCluster({')], world, result)) as string[];
    expect(first).toMatch(/^candidate-/);
    expect(second).toMatch(/^candidate-/);
    expect(second).not.toBe(first);
  });

  it('has a test of one election, in steps', async () => {
    await runTests([code("test('the other copy takes over'")], {});
  });

  it('names what there is', () => {
    const cluster = createTestCluster({ start: false });
    const parts = [new VirtualClock(), cluster.store, cluster];
    const rows = [
      ...table('docs/testing.md', 'verbs'),
      ...table('docs/testing.md', 'clock and store'),
    ];
    const cells = rows.map(([cell = '']) => cell.replace(/\([^)]*\)/g, ''));
    const names = cells.flatMap((cell) => quoted(cell).map((name) => name.replace(/^\w+\./, '')));
    expect(names.length).toBeGreaterThanOrEqual(25);
    expect(names.filter((name) => !parts.some((part) => name in part))).toEqual([]);
  });
});

/** What the lock of docs/locks.md stores in. */
class Store {
  readonly #rows = new Map<string, { version: bigint; text: string }>();
  #writes = 0n;

  read = (name: string) => Promise.resolve(this.#rows.get(name) ?? null);
  insert = (name: string, text: string) => this.#write(!this.#rows.has(name), name, text);
  replace = (name: string, version: string, text: string) =>
    this.#write(version === String(this.#rows.get(name)?.version), name, text);
  delete = (name: string): boolean => this.#rows.delete(name);

  #write(isAllowed: boolean, name: string, text: string) {
    if (!isAllowed) return Promise.resolve(null);
    this.#writes += 1n;
    const row = { version: this.#writes, text };
    this.#rows.set(name, row);
    return Promise.resolve(row);
  }
}

type StoreLock = new (name: string, identity: string) => ResourceLock;

const storeLock = async (store: Store): Promise<StoreLock> =>
  (await runFirst('docs/locks.md', { store, LockError }, 'return StoreLock;')) as StoreLock;

describe('the lock of docs/locks.md', () => {
  const store = new Store();
  const made = storeLock(store);
  testResourceLock({
    test: it,
    create: async ({ name, identity }) => new (await made)(name, identity),
    remove: (name) => store.delete(name),
  });
});

it('the first example of the README takes part again after an outage, until SIGTERM', async () => {
  const clock = new VirtualClock();
  const store = new InMemoryLockStore();
  const wire = new Wire(store, clock, 'me');
  const process = new EventEmitter();
  const elections: LeaderElection[] = [];
  class Example extends LeaderElection {
    constructor(config: LeaderElectionConfig) {
      super({ ...config, lock: wire, clock, logger: false, random: () => 0 });
      elections.push(this);
    }
  }
  const sleep = (ms: number, _: undefined, { signal }: { signal: AbortSignal }) =>
    new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        clock.clearTimeout(timer);
        reject(new DOMException('Aborted', 'AbortError'));
      };
      const timer = clock.setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal.addEventListener('abort', onAbort);
    });
  const console = { log: () => undefined };
  let ended = false;
  const world = { LeaderElection: Example, LeaseLock: Object, process, sleep, console };
  void runFirst('README.md', world).then(() => (ended = true));
  await settle();
  const [election] = elections;
  expect(election?.isLeader()).toBe(true);

  wire.cut = 'silent';
  await clock.advance(60_000);
  expect([election?.isLeader(), ended]).toEqual([false, false]);
  wire.cut = null;
  await clock.advance(30_000);
  expect(election?.isLeader()).toBe(true);

  process.emit('SIGTERM');
  await settle();
  expect(ended).toBe(true);
  const answer = await store.lock('other').get();
  expect(answer.ok && answer.record?.holderIdentity).toBe('');
});

it('the server of docs/health.md is live unless its work overruns, and ready whoever leads', async () => {
  const clock = new VirtualClock();
  const lock = new InMemoryLockStore().lock('me');
  const process = new EventEmitter();
  const works: (() => void)[] = [];
  /** The work of the page does nothing; this one ends when the test says so. */
  const onStartedLeading = () => new Promise<void>((resolve) => works.push(resolve));
  class Example extends LeaderElection {
    constructor(config: LeaderElectionConfig) {
      super({ ...config, lock, clock, logger: false, onStartedLeading });
    }
  }
  let handler: (request: object, response: object) => void = () => undefined;
  let isClosed = false;
  const createServer = (given: typeof handler) => {
    handler = given;
    return { listen: () => undefined, close: () => (isClosed = true) };
  };
  const ask = (url: string): number => {
    let code = 0;
    const response = { writeHead: (status: number) => ((code = status), response), end: () => 0 };
    handler({ url }, response);
    return code;
  };
  const world = { createServer, LeaderElection: Example, LeaseLock: Object, process };
  const program = runFirst('docs/health.md', world);

  expect([ask('/livez'), ask('/readyz'), ask('/other')]).toEqual([200, 200, 404]);
  await clock.advance(5_000);
  expect(works).toHaveLength(1);
  expect(ask('/livez')).toBe(200);
  clock.freeze(36_000);
  expect([ask('/livez'), ask('/readyz')]).toEqual([503, 200]);

  works[0]?.();
  await clock.advance(30_000);
  expect(works).toHaveLength(2);
  expect([ask('/livez'), ask('/readyz')]).toEqual([200, 200]);
  process.emit('SIGTERM');
  works[1]?.();
  await clock.advance(1_000);
  await program;
  expect(isClosed).toBe(true);
});

it('the interval of docs/faq.md ends with its term, and stop() waits for what it has begun', async () => {
  const clock = new VirtualClock();
  let ticks = 0;
  let finish = (): void => undefined;
  const tick = ({ signal }: { signal: AbortSignal }): Promise<void> => {
    expect(signal.aborted).toBe(false);
    ticks += 1;
    return new Promise((resolve) => (finish = resolve));
  };
  class Example extends LeaderElection {
    constructor(config: LeaderElectionConfig) {
      super({ ...config, clock });
    }
  }
  // The interval of Node, only faster.
  const every: typeof setInterval = (_, value, options) => setInterval(1, value, options);
  const lock = new InMemoryLockStore().lock('me');
  const world = { every, lock, tick, LeaderElection: Example };
  const election = (await runFirst('docs/faq.md', world, 'return election;')) as LeaderElection;

  void election.run();
  await vi.waitFor(() => expect(ticks).toBe(1));
  finish();
  await vi.waitFor(() => expect(ticks).toBe(2));

  let over = false;
  const stopped = election.stop().finally(() => (over = true));
  await clock.advance(5_000);
  expect(over).toBe(false);
  finish();
  await vi.waitFor(() => expect(over).toBe(true));
  expect(await stopped).toMatchObject({ reason: 'stopped', released: true, workFinished: true });
  expect(ticks).toBe(2);
});

const MENDED = { timeout: 120_000 };

it(
  'the bug in docs/testing.md is found by its three lines, and none once mended',
  MENDED,
  async () => {
    const source = codeBlocks('docs/testing.md').find(({ code }) =>
      code.includes('class Exporter'),
    );
    const mended = source!.code.replace(
      'await connect();',
      'await connect();\n    if (!_term.isLeading()) return;',
    );
    expect(mended).not.toBe(source!.code);
    const failuresOf = async (code: string): Promise<string[]> => {
      const connect = () => Promise.resolve({ send: () => undefined });
      const Exporter = (await runAll(
        [code],
        { connect },
        'return Exporter;',
      )) as new () => WalkedService;
      const tests: [string, () => Promise<void>][] = [];
      const test = (name: string, walk: () => Promise<void>): void => void tests.push([name, walk]);
      await runThatWith('of electionPaths()', 'docs/testing.md', { electionPaths, test, Exporter });
      const failures: string[] = [];
      for (const [name, walk] of tests) {
        await walk().catch((error: unknown) =>
          failures.push(`${name}\n  ${(error as Error).message}`),
        );
      }
      return failures;
    };
    expect(await failuresOf(mended)).toEqual([]);
    const shown = codeBlocks('docs/testing.md').find(({ code }) => code.startsWith('✖'));
    expect(await failuresOf(source!.code)).toContain(shown?.code.replace('✖ ', '').trimEnd());
  },
);
