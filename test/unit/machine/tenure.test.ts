import { describe, expect, it } from 'vitest';
import { type Actor, createActor, setup } from 'xstate';
import {
  leaderElectionMachine,
  type LeaderElectionActor,
} from '../../../machines/leader-election.js';
import type { LeaderElectionConfig } from '../../../src/config/leader-election-config.js';
import type { Term } from '../../../src/term/term.js';
import { LeaderElection } from '../../../src/election/leader-election.js';
import { InMemoryLockStore } from '../../../src/testing/in-memory-lock.js';
import { settle, VirtualClock } from '../../../src/testing/virtual-clock.js';

/*
 * A chart that is halted renews nothing and releases nothing. The work must hear of that at once,
 * and not when it looks at the clock, or another leads.
 */
interface Halted {
  readonly clock: VirtualClock;
  readonly store: InMemoryLockStore;
  readonly terms: Term[];
  /** The abort event of the term's signal has been fired. */
  aborts: number;
}

function world(onStartedLeading?: (term: Term) => unknown) {
  const clock = new VirtualClock();
  const store = new InMemoryLockStore();
  const seen: Halted = { clock, store, terms: [], aborts: 0 };
  const input: LeaderElectionConfig = {
    lock: store.lock('me'),
    clock,
    logger: false,
    onStartedLeading: (term) => {
      seen.terms.push(term);
      term.signal.addEventListener('abort', () => (seen.aborts += 1));
      return onStartedLeading?.(term) ?? new Promise(() => undefined);
    },
  };
  return { clock, input, seen };
}

/** A program of which the election is a part, as long as it is in the state `competing`. */
const program = setup({
  types: {
    input: {} as LeaderElectionConfig,
    context: {} as LeaderElectionConfig,
    events: {} as { type: 'leave' | 'fail' },
    children: {} as { election: 'election' },
  },
  actors: { election: leaderElectionMachine },
}).createMachine({
  context: ({ input }) => input,
  initial: 'competing',
  states: {
    competing: {
      invoke: { id: 'election', src: 'election', input: ({ context }) => context },
      on: { leave: 'elsewhere', fail: 'over' },
    },
    elsewhere: {},
    over: { type: 'final' },
  },
});

async function invoked(onStartedLeading?: (term: Term) => unknown) {
  const { clock, input, seen } = world(onStartedLeading);
  const parent = createActor(program, { input, clock });
  parent.start();
  const election = parent.getSnapshot().children.election as LeaderElectionActor;
  election.send({ type: 'start' });
  await settle();
  expect(seen.terms[0]?.isLeading()).toBe(true);
  return { clock, parent, election, seen };
}

function expectOver({ terms, aborts }: Halted): void {
  const term = terms[0]!;
  expect(aborts).toBe(1);
  expect(term.isLeading()).toBe(false);
  expect(term.signal.aborted).toBe(true);
  expect(() => term.assertLeading()).toThrow('does not lead any more');
}

describe('an election that a parent machine invokes', () => {
  it.each<[string, (parent: Actor<typeof program>) => void]>([
    ['leaves the state', (parent) => parent.send({ type: 'leave' })],
    ['comes to its end', (parent) => parent.send({ type: 'fail' })],
    ['is stopped', (parent) => parent.stop()],
  ])('has its term ended in the very step in which the parent %s', async (_, end) => {
    const { clock, parent, seen } = await invoked();
    end(parent);
    expectOver(seen);
    expect(clock.pendingTimers).toBe(0);
  });

  it('has its term ended while it drains, in which the lock was still held', async () => {
    const { parent, election, seen } = await invoked();
    election.send({ type: 'stop' });
    const { term } = election.getSnapshot().context;
    expect(term?.holdsLock()).toBe(true);
    parent.send({ type: 'leave' });
    expect(term?.holdsLock()).toBe(false);
    expectOver(seen);
  });

  it('has its term ended though the work has ended long before', async () => {
    const { parent, seen } = await invoked(() => undefined);
    parent.send({ type: 'leave' });
    expectOver(seen);
  });

  it('does not release the lock, which runs out by itself', async () => {
    const { clock, parent, seen } = await invoked();
    parent.send({ type: 'leave' });
    await clock.advance(1_000);
    const answer = await seen.store.lock('other').get();
    expect(answer.ok && answer.record?.holderIdentity).toBe('me');
  });
});

describe('a chart that is stopped', () => {
  it('ends its term in that step', async () => {
    const { clock, input, seen } = world();
    const actor = createActor(leaderElectionMachine, { input, clock });
    actor.start();
    actor.send({ type: 'start' });
    await settle();
    actor.stop();
    expectOver(seen);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leads no more for who asks the election', async () => {
    const { input, seen } = world();
    const election = new LeaderElection(input);
    expect(await election.acquire()).toBe(true);
    election.actor.stop();
    expectOver(seen);
    expect(election.isLeader()).toBe(false);
    expect(election.term).toBeNull();
  });
});
