import { enqueueActions, fromPromise } from 'xstate';
import type { WriteLockInput, LockReading } from '../../../machines/actors.js';
import {
  type LeaderElectionMachine,
  makeLeaderElectionMachine,
} from '../../../machines/leader-election.js';
import { electionSetup } from '../../../machines/setup.js';
import { tellLeader } from '../../../machines/tell.js';
import type { ElectionContext, HeldLease } from '../../../machines/types.js';
import * as updates from '../../../machines/updates.js';
import type { LockError } from '../../../src/errors/lock-error.js';
import type { Decision } from '../../../src/lock/decide.js';
import { claimRecord } from '../../../src/lock/next-record.js';
import type { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockSnapshot, ResourceLock } from '../../../src/lock/resource-lock.js';
import type { Seeded } from '../candidates/ours.js';

/** An error made on purpose, to see whether the simulation finds it. */
export interface SeededBug {
  readonly name: string;
  /** What is wrong. */
  readonly what: string;
  readonly seeded: Seeded;
  /** Nothing is seeded in the product: the clocks run further apart than it allows. */
  readonly beyondBound?: boolean;
  /** It is about what kubelets say of the pods that candidates are in. */
  readonly pods?: boolean;
}

export function bug(name: string, what: string, seeded: Seeded): SeededBug {
  return { name, what, seeded };
}

/** One in the implementations of the statechart. */
export function providing(name: string, what: string, implementations: object): SeededBug {
  return bug(name, what, { machine: provide(implementations) });
}

/** The statechart with some of its implementations replaced. */
export function provide(implementations: object): LeaderElectionMachine {
  return makeLeaderElectionMachine().provide(implementations);
}

/** A node of the chart's configuration, as far as it is edited here. */
export interface Node {
  states: Record<string, Node>;
  invoke: Record<string, unknown>;
  always: unknown[];
  [key: string]: unknown;
}

/** The statechart made from an edited copy of its configuration. */
export function altered(
  edit: (config: Node) => void,
  implementations: object = {},
): LeaderElectionMachine {
  const config = copy(makeLeaderElectionMachine().config) as Node;
  edit(config);
  const machine = electionSetup.createMachine(config as never) as unknown as LeaderElectionMachine;
  return machine.provide(implementations);
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
}

/** The node at that path of state names. */
export function node(config: Node, path: string): Node {
  return path.split('.').reduce<Node>((at, name) => {
    const next = at.states[name];
    if (next === undefined) throw new Error(`The chart has no state ${path}`);
    return next;
  }, config);
}

interface Deciding {
  readonly context: ElectionContext;
  readonly enqueue: Parameters<typeof tellLeader>[2];
}

/** A candidate that decides otherwise on what it has read; null: as it should. */
export function deciding(
  decideWrongly: (args: {
    readonly context: ElectionContext;
    readonly reading: LockReading;
    readonly right: Partial<ElectionContext>;
  }) => Decision | null,
): LeaderElectionMachine {
  return provide({
    actions: {
      noteReading: enqueueActions(({ context, enqueue }: Deciding, reading: LockReading) => {
        const right = updates.reading(context, reading);
        const decision = decideWrongly({ context, reading, right }) ?? right.decision ?? null;
        enqueue.assign({ ...right, decision });
        tellLeader(context, right, enqueue);
      }),
    },
  });
}

/** A candidate that makes something else of a write that has failed; null: the failure. */
export function writing(
  excuse: (error: LockError, input: WriteLockInput) => LockSnapshot | null,
): LeaderElectionMachine {
  return provide({
    actors: {
      writeLock: fromPromise<LockSnapshot, WriteLockInput>(async ({ input, signal }) => {
        const answer = await write(input, signal);
        if (answer.ok) return answer;
        const excused = excuse(answer.error, input);
        if (excused === null) throw answer.error;
        return excused;
      }),
    },
  });
}

export function write(
  { lock, record, base }: WriteLockInput,
  signal?: AbortSignal,
): ReturnType<ResourceLock['get']> {
  return base === null ? lock.create(record, { signal }) : lock.update(record, { base, signal });
}

/** What a lock would look like if that write had succeeded. */
export function pretended({ record, base }: WriteLockInput): LockSnapshot {
  const blank = { unreadable: null, version: '1', object: null };
  return { ...(base ?? blank), record, fingerprint: JSON.stringify(record) };
}

export function heldRecord(reading: LockReading): LeaderElectionRecord | null {
  const record = reading.snapshot?.record;
  return record == null || record.isReleased ? null : record;
}

/** A lock whose updates go another way. */
export function updatingBy(
  update: (
    lock: ResourceLock,
    ...args: Parameters<ResourceLock['update']>
  ) => ReturnType<ResourceLock['update']>,
): (lock: ResourceLock) => ResourceLock {
  return (lock) => ({
    identity: lock.identity,
    description: lock.description,
    get: (options) => lock.get(options),
    create: (record, options) => lock.create(record, options),
    update: (...args) => update(lock, ...args),
  });
}

/** A lease out of nothing: what the lock shows is taken for a write of our own. */
export function founded(context: ElectionContext, base: LockSnapshot | null): HeldLease {
  const { config } = context;
  const now = config.clock.now();
  const record = claimRecord({
    before: base,
    identity: config.lock.identity,
    leaseDurationMs: config.leaseDurationMs,
    wallMs: now.wallMs,
    random: config.random,
  });
  return { record, validFrom: now, confirmedAt: now, base, preferredAtFirst: null };
}
