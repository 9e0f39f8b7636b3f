import { EventEmitter } from 'node:events';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { LeaderElection, type LeaderElectionConfig } from '../../src/index.js';
import { InMemoryLockStore } from '../../src/testing/in-memory-lock.js';
import { settle, VirtualClock } from '../../src/testing/virtual-clock.js';
import { Wire } from '../../src/testing/cluster/wire.js';
import { codeBlocks } from './support/markdown.js';

/** The first program of the README, run as it stands there, on a lock and a clock of the test. */
function runFirstExample() {
  const block = codeBlocks('README.md').find(({ info }) => info === 'ts');
  if (block === undefined) throw new Error('The README has no example');
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
  const world = {
    LeaderElection: Example,
    LeaseLock: Object,
    process,
    processNextBatch: ({ signal }: { signal: AbortSignal }) =>
      new Promise<void>((resolve) => {
        const done = () => {
          clock.clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = clock.setTimeout(done, 1_000);
        signal.addEventListener('abort', done);
      }),
  };
  const body = block.code.replace(/^import .*$/m, '');
  const { outputText } = ts.transpileModule(`return (async () => {${body}})();`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is the README's own
  const program = new Function(...Object.keys(world), outputText) as (
    ...given: unknown[]
  ) => Promise<void>;
  const running = { ended: false };
  void program(...Object.values(world)).then(() => (running.ended = true));
  return { clock, store, wire, process, election: elections[0]!, running };
}

it('the first example of the README takes part again after an outage, until SIGTERM', async () => {
  const { clock, store, wire, process, election, running } = runFirstExample();
  await settle();
  expect(election.isLeader()).toBe(true);

  wire.cut = 'silent';
  await clock.advance(60_000);
  expect(election.isLeader()).toBe(false);
  expect(running.ended).toBe(false);

  wire.cut = null;
  await clock.advance(30_000);
  expect(election.isLeader()).toBe(true);

  process.emit('SIGTERM');
  await settle();
  expect(running.ended).toBe(true);
  const answer = await store.lock('other').get();
  expect(answer.ok && answer.record?.holderIdentity).toBe('');
});
