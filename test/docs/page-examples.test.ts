import assert from 'node:assert';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { LeaderElection, LockError, type ResourceLock } from '../../src/index.js';
import { InMemoryLockStore, VirtualClock } from '../../src/testing.js';
import { codeBlocks, type Page } from './support/markdown.js';

/** Runs the first example of a page, as it stands there, with these names in place of its imports. */
function runFirst(page: Page, world: Readonly<Record<string, unknown>>, result = ''): unknown {
  const block = codeBlocks(page).find(({ info }) => info === 'ts');
  if (block === undefined) throw new Error(`${page} has no example`);
  const body = block.code.replace(/^import .*$/gm, '');
  const { outputText } = ts.transpileModule(`${body}\n${result}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is the page's own
  const program = new Function(...Object.keys(world), outputText) as (
    ...given: unknown[]
  ) => unknown;
  return program(...Object.values(world));
}

it('the test in docs/testing.md passes', async () => {
  const tests: (() => Promise<void>)[] = [];
  const test = (_name: string, run: () => Promise<void>): void => void tests.push(run);
  runFirst('docs/testing.md', { assert, test, LeaderElection, InMemoryLockStore, VirtualClock });

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
  const StoreLock = runFirst('docs/locks.md', { store, LockError }, 'return StoreLock;') as new (
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
