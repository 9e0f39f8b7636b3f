import assert from 'node:assert';
import { EventEmitter } from 'node:events';
import { setInterval } from 'node:timers/promises';
import ts from 'typescript';
import { describe, expect, it, vi } from 'vitest';
import {
  LeaderElection,
  type LeaderElectionConfig,
  LockError,
  type ResourceLock,
} from '../../src/index.js';
import {
  electionPaths,
  InMemoryLockStore,
  testResourceLock,
  VirtualClock,
  type WalkedService,
} from '../../src/testing.js';
import { codeBlocks } from './support/markdown.js';

type World = Readonly<Record<string, unknown>>;

/** Runs the first example of a page, as it stands there, with these names in place of its imports. */
function runFirst(page: string, world: World, result = ''): Promise<unknown> {
  return runThatWith('', page, world, result);
}

/** The same with the first example that has this in it. */
async function runThatWith(
  text: string,
  page: string,
  world: World,
  result = '',
): Promise<unknown> {
  const block = codeBlocks(page).find(({ info, code }) => info === 'ts' && code.includes(text));
  if (block === undefined) throw new Error(`${page} has no such example`);
  return run(block.code, world, result);
}

async function run(code: string, world: World, result: string): Promise<unknown> {
  const body = code.replace(/^import .*$/gm, '');
  const { outputText } = ts.transpileModule(`return (async () => {${body}\n${result}})();`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is the page's own
  const program = new Function(...Object.keys(world), outputText) as (
    ...given: unknown[]
  ) => Promise<unknown>;
  return program(...Object.values(world));
}

it('the test in docs/testing.md passes', async () => {
  const tests: (() => Promise<void>)[] = [];
  const test = (_name: string, run: () => Promise<void>): void => void tests.push(run);
  await runFirst('docs/testing.md', {
    assert,
    test,
    LeaderElection,
    InMemoryLockStore,
    VirtualClock,
  });

  expect(tests).toHaveLength(1);
  await tests[0]?.();
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

it('two candidates with the lock of docs/locks.md take turns', async () => {
  const StoreLock = await storeLock(new Store());
  const clock = new VirtualClock();
  const candidate = (name: string): LeaderElection =>
    new LeaderElection({ lock: new StoreLock('lock', name), clock, onStartedLeading: null });
  const [first, second] = [candidate('first'), candidate('second')];

  void first.run();
  await clock.advance(1_000);
  const over = second.run();
  await clock.advance(60_000);
  expect([first.isLeader(), second.isLeader()]).toEqual([true, false]);

  const stopped = first.stop();
  await clock.advance(10_000);
  expect(await stopped).toMatchObject({ reason: 'stopped', released: true });
  expect(second.isLeader()).toBe(true);

  void second.stop();
  await clock.advance(10_000);
  expect(await over).toMatchObject({ reason: 'stopped', released: true });
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
      const Exporter = (await run(
        code,
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
