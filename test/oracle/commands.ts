import fc from 'fast-check';

import type { LockErrorKind } from '../../src/errors/lock-error.js';
import type { Driver } from './driver.js';
import type { Question, StoredRecord } from './trace.js';
import type { Outage } from './world.js';

/** What somebody else does to the object. */
export type Deed =
  | 'take'
  | 'renew'
  | 'release'
  | 'delete'
  | 'corrupt'
  | 'strip'
  | 'relabel'
  | 'impersonate'
  | 'restore';

export type Command =
  | { readonly do: 'advance' | 'freeze' | 'suspend' | 'setWall'; readonly ms: number }
  /** To one of the moments at which something is to happen, or one millisecond beside it. */
  | { readonly do: 'advanceTo' | 'freezeTo'; readonly mark: number; readonly offset: -1 | 0 | 1 }
  | { readonly do: 'start' }
  /** The server has stored the object that much longer ago. */
  | { readonly do: 'age'; readonly ms: number }
  | { readonly do: 'answer' | 'execute' | 'land' | 'throw' | 'stop' | 'wake' | 'endStopping' }
  /** It is told that the process which holds the lock has died. */
  | { readonly do: 'die' }
  | {
      readonly do: 'fail';
      readonly kind: LockErrorKind;
      readonly retryAfter: number | null;
      /** The server has done what was asked, its answer was lost. */
      readonly executed: boolean;
    }
  | { readonly do: 'serve'; readonly latency: number | null }
  /** It lasts until another takes its place; null: all is well again. */
  | { readonly do: 'outage'; readonly outage: Outage | null }
  | { readonly do: 'cut'; readonly cuts: boolean }
  | { readonly do: 'other'; readonly deed: Deed; readonly lease: number }
  | { readonly do: 'endWork'; readonly fails: boolean }
  | { readonly do: 'ask'; readonly question: Question };

const offsets = fc.constantFrom(-1 as const, 0 as const, 1 as const);
const lostKinds = fc.constantFrom<LockErrorKind>('network', 'timeout', 'serverError');
const refusedKinds = fc.constantFrom<LockErrorKind>(
  'forbidden',
  'conflict',
  'throttled',
  'unauthorized',
  'invalid',
  'credentials',
);
const patience = fc.constantFrom(500, 1000, 3000, 20_000);
const plain = <T extends Command['do']>(name: T) => fc.constant({ do: name });

export const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 14, arbitrary: plain('answer') },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('advanceTo' as const),
      mark: fc.nat({ max: 5 }),
      offset: offsets,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 3000 }), fc.nat({ max: 40_000 })),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('serve' as const),
      latency: fc.constantFrom(null, 0, 1, 20, 400, 1700),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      kind: lostKinds,
      retryAfter: fc.constant(null),
      executed: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      kind: refusedKinds,
      retryAfter: fc.constant(null),
      executed: fc.constant(false),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      kind: fc.constantFrom<LockErrorKind>('throttled', 'serverError'),
      retryAfter: patience,
      executed: fc.constant(false),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('outage' as const),
      outage: fc.constantFrom<Outage | null>(
        null,
        { reads: null, writes: 'serverError', stored: false },
        { reads: null, writes: 'serverError', stored: true },
        { reads: null, writes: 'conflict', stored: true },
        { reads: 'serverError', writes: null, stored: false },
        { reads: 'network', writes: 'network', stored: true },
      ),
    }),
  },
  // A proxy has repeated a write that was stored.
  {
    weight: 1,
    arbitrary: fc.constant({
      do: 'fail' as const,
      kind: 'conflict' as const,
      retryAfter: null,
      executed: true,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('cut' as const), cuts: fc.boolean() }),
  },
  { weight: 1, arbitrary: plain('throw') },
  { weight: 2, arbitrary: plain('execute') },
  { weight: 2, arbitrary: plain('land') },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('other' as const),
      deed: fc.constantFrom<Deed>(
        ...(['take', 'renew', 'release', 'delete'] as const),
        ...(['corrupt', 'strip', 'relabel', 'impersonate', 'restore'] as const),
      ),
      lease: fc.constantFrom(15, 4, 40, 0),
    }),
  },
  { weight: 2, arbitrary: plain('wake') },
  { weight: 2, arbitrary: plain('stop') },
  { weight: 2, arbitrary: plain('endStopping') },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('endWork' as const), fails: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      question: fc.constantFrom<Question>('isLeader', 'isLeading', 'aborted'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('freezeTo' as const),
      mark: fc.nat({ max: 5 }),
      offset: offsets,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('freeze' as const, 'suspend' as const),
      ms: fc.nat({ max: 20_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('setWall' as const),
      ms: fc.integer({ min: -20_000, max: 20_000 }),
    }),
  },
);

/** The same, where processes die that hold the lock, and whoever watches is told. */
export const mortalCommands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: commands },
  { weight: 1, arbitrary: plain('die') },
);

/** Runs one command against the candidate under test. Most do nothing where they do not fit. */
export async function perform(driver: Driver, command: Command): Promise<void> {
  const timePasses = command.do === 'advance' || command.do === 'advanceTo';
  await driver.command(JSON.stringify(command), timePasses, () => run(driver, command));
}

function run(driver: Driver, command: Command): unknown {
  const { clock, world } = driver;
  switch (command.do) {
    case 'start': {
      driver.start();
      return;
    }
    case 'advance':
      return clock.advance(command.ms);
    case 'advanceTo':
      return clock.advance(distanceTo(driver, command));
    case 'freeze': {
      driver.freeze(command.ms);
      return;
    }
    case 'freezeTo': {
      driver.freeze(distanceTo(driver, command));
      return;
    }
    case 'suspend': {
      clock.suspend(command.ms);
      return;
    }
    case 'setWall': {
      clock.setWall(Math.round(clock.now().wallMs) + command.ms);
      return;
    }
    case 'answer':
      return world.answerTruthfully();
    case 'execute': {
      world.execute();
      return;
    }
    case 'land': {
      world.land();
      return;
    }
    case 'throw':
      return world.throw();
    case 'die': {
      world.die();
      return;
    }
    case 'fail':
      if (command.executed) world.execute();
      return world.fail(command.kind, command.retryAfter);
    case 'age': {
      world.age(command.ms);
      return;
    }
    case 'serve': {
      world.serve(command.latency);
      return;
    }
    case 'outage': {
      world.outage = command.outage;
      return;
    }
    case 'cut': {
      world.cuts = command.cuts;
      return;
    }
    case 'other': {
      meddle(driver, command.deed, command.lease);
      return;
    }
    case 'wake': {
      driver.wake();
      return;
    }
    case 'stop': {
      driver.stop();
      return;
    }
    case 'endStopping': {
      driver.endStopping();
      return;
    }
    case 'endWork': {
      driver.endWork(command.fails ? new Error('the work fails') : undefined);
      return;
    }
    case 'ask': {
      driver.ask(command.question);
      return;
    }
  }
}

function distanceTo(
  { clock, model }: Driver,
  { mark, offset }: { readonly mark: number; readonly offset: number },
): number {
  const { marks } = model;
  const target = marks[mark % Math.max(1, marks.length)];
  return Math.max(0, Math.round(target ?? 0) + offset - clock.now().monotonicMs);
}

function meddle({ world }: Driver, deed: Deed, lease: number): void {
  const { record: before = null, process = null } = world.stored ?? {};
  const write = (holderIdentity: string, leaseDurationSeconds: number) => {
    const renewed = holderIdentity !== '' && before?.holderIdentity === holderIdentity;
    const changes = renewed || holderIdentity === '' ? 0 : 1;
    const record: StoredRecord = {
      holderIdentity,
      leaseDurationSeconds,
      acquireTime: renewed ? before.acquireTime : world.foreignTime(),
      renewTime: world.foreignTime(),
      leaderTransitions: (before?.leaderTransitions ?? 0) + changes,
    };
    // Each that takes it is another process, and none of ours.
    const another = holderIdentity === 'other' ? `process of ${record.acquireTime}` : null;
    world.put(record, null, renewed ? process : another);
  };
  switch (deed) {
    case 'take':
      return write('other', lease);
    case 'renew':
      if (before?.holderIdentity === 'other') write('other', before.leaseDurationSeconds);
      return;
    case 'release':
      if (before !== null) write('', 1);
      return;
    case 'impersonate':
      return write(world.lock.identity, lease);
    case 'delete':
      return world.delete();
    case 'corrupt':
      return world.put(null, `a record that cannot be read (${world.foreignTime()})`);
    case 'strip':
      return world.put(null);
    case 'relabel':
      return world.relabel();
    // An older state of the cluster: its dates are from long ago, though it has just come.
    case 'restore': {
      write('other', lease);
      world.age(1_000_000);
      return;
    }
  }
}
