import assert from 'node:assert';
import { EventEmitter } from 'node:events';
import { setInterval } from 'node:timers/promises';
import ts from 'typescript';
import { expect, it, vi } from 'vitest';
import {
  LeaderElection,
  type LeaderElectionConfig,
  LockError,
  type ResourceLock,
} from '../../src/index.js';
import { InMemoryLockStore, VirtualClock } from '../../src/testing.js';
import { codeBlocks } from './support/markdown.js';

/** Runs the first example of a page, as it stands there, with these names in place of its imports. */
async function runFirst(
  page: string,
  world: Readonly<Record<string, unknown>>,
  result = '',
): Promise<unknown> {
  const block = codeBlocks(page).find(({ info }) => info === 'ts');
  if (block === undefined) throw new Error(`${page} has no example`);
  const body = block.code.replace(/^import .*$/gm, '');
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

it('two candidates with the lock of docs/locks.md take turns', async () => {
  let row: { version: bigint; text: string } | null = null;
  let writes = 0n;
  const write = (text: string) => Promise.resolve((row = { version: ++writes, text }));
  const store = {
    read: () => Promise.resolve(row),
    insert: (text: string) => (row === null ? write(text) : Promise.resolve(null)),
    replace: (version: string, text: string) =>
      version === String(row?.version) ? write(text) : Promise.resolve(null),
  };
  const world = { store, LockError };
  const StoreLock = (await runFirst('docs/locks.md', world, 'return StoreLock;')) as new (
    identity: string,
  ) => ResourceLock;
  const clock = new VirtualClock();
  const candidate = (name: string): LeaderElection =>
    new LeaderElection({ lock: new StoreLock(name), clock, onStartedLeading: null });
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
