import { assign, fromPromise } from 'xstate';
import type { StoppedInput, WorkInput, WriteLockInput } from '../../../machines/actors.js';
import * as delays from '../../../machines/delays.js';
import type { ElectionContext } from '../../../machines/types.js';
import * as updates from '../../../machines/updates.js';
import { TermHandle } from '../../../src/term/term.js';
import { LockError } from '../../../src/errors/lock-error.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import { type Node, type SeededBug, altered, node, provide, updatingBy, write } from './tools.js';

/** Tries of a renewal that nobody waits for any more. */
const ZOMBIE_TRIES = 6;

/** Errors about keeping the lock and letting go of it, about callbacks, and about foreign content. */
export const endingBugs: readonly SeededBug[] = [
  {
    name: 'release-unchecked',
    what: 'whoever releases empties the record, whosever it is',
    seeded: {
      machine: provide({
        guards: {
          stillHeldByUs: (_: unknown, { snapshot }: { snapshot: LockSnapshot | null }) =>
            snapshot?.record != null && !snapshot.record.isReleased,
        },
      }),
    },
  },
  {
    name: 'known-loss-ignored',
    what: "a leader that reads another's record goes on until its deadline",
    seeded: {
      machine: altered((config) => {
        const { invoke } = node(config, 'participating.elected.lease.renewing.reading');
        for (const transition of (invoke as { onDone: Transition[] }).onDone) {
          if (nameOf(transition.guard) === 'heldByAnother') transition.target = 'retrying';
        }
      }),
    },
  },
  {
    name: 'zombie-renewal',
    what: 'a renewal that was given up goes on by itself, with a fresh version each time',
    seeded: { machine: provide({ actors: { writeLock: fromPromise(stubbornWrite) } }) },
  },
  {
    name: 'release-before-drained',
    what: 'nobody waits for the work before the release',
    seeded: {
      machine: provide({ actors: { workSettled: fromPromise(() => Promise.resolve({})) } }),
    },
  },
  {
    name: 'release-before-stop-callback',
    what: 'the application is told, and nobody waits for what it does about it',
    seeded: {
      machine: provide({
        actors: {
          stoppedCallback: fromPromise<void, StoppedInput>(({ input }) => {
            const { term, callback, reason } = input;
            term.tellStopped(() => callback?.(reason)).catch(() => undefined);
            return Promise.resolve();
          }),
        },
      }),
    },
  },
  {
    name: 'stop-callback-twice',
    what: 'the application is told of the end at the drain and again at the loss',
    seeded: { machine: provide({ guards: { stopAnnounced: () => false } }) },
  },
  {
    name: 'rejoins-beside-stop-callback',
    what: 'a candidate rejoins though its stop callback runs, under a lease that does, too',
    seeded: {
      machine: provide({ actors: { stopSettled: fromPromise(() => Promise.resolve()) } }),
    },
  },
  {
    name: 'failed-work-ignored',
    what: 'the work has failed, and the lease is renewed on and on',
    seeded: {
      machine: provide({
        actors: {
          work: fromPromise<void, WorkInput>(async ({ input: { term, callback } }) => {
            if (callback !== null) await term.run(callback);
          }),
        },
      }),
    },
  },
  {
    name: 'foreign-content-dropped',
    what: 'updates send only what the election knows of',
    seeded: {
      lock: updatingBy((lock, record, options) => {
        const base = options?.base;
        if (base === undefined) return lock.update(record, options);
        const { kind, apiVersion, metadata } = base.object as Node & { metadata: Node };
        const { name, namespace, resourceVersion } = metadata;
        const object = { kind, apiVersion, metadata: { name, namespace, resourceVersion } };
        return lock.update(record, { ...options, base: { ...base, object } });
      }),
    },
  },
  {
    name: 'token-from-transitions',
    what: 'the fencing token is the count of transitions, which a deletion sets back',
    seeded: {
      machine: provide({
        actions: {
          beginTerm: assign(({ context }: { context: ElectionContext }) => {
            const right = updates.termBegins(context);
            const { lease, config } = context;
            if (lease === null) return right;
            const term = new TermHandle({
              identity: config.lock.identity,
              version: String(lease.record.leaderTransitions),
              validFrom: lease.validFrom,
              renewDeadlineMs: config.renewDeadlineMs,
              clock: config.clock,
            });
            return { ...right, term };
          }),
        },
      }),
    },
  },
  {
    name: 'transitions-not-counted',
    what: 'the count of transitions stays as it is when the lock changes hands',
    seeded: {
      lock: updatingBy((lock, record, options) => {
        const kept = options?.base?.record?.leaderTransitions ?? record.leaderTransitions;
        return lock.update(Object.assign(record, { leaderTransitions: kept }), options);
      }),
    },
  },
  {
    name: 'gives-up',
    what: 'a candidate stops trying after three failures in a row',
    seeded: {
      machine: provide({
        delays: {
          retryDelay: ({ context }: { context: ElectionContext }) =>
            context.failures >= 3 ? 2 ** 31 - 1 : delays.retryDelay({ context }),
        },
      }),
    },
  },
  {
    name: 'retries-at-once',
    what: 'there is no pause after a failure',
    seeded: { machine: provide({ delays: { retryDelay: () => 0 } }) },
  },
  {
    name: 'released-is-created',
    what: 'an empty holder is answered with a create, which conflicts for ever',
    seeded: {
      lock: updatingBy((lock, record, options) =>
        options?.base?.record?.isReleased === true
          ? lock.create(record, options)
          : lock.update(record, options),
      ),
    },
  },
];

interface Transition {
  guard?: unknown;
  target?: string;
}

function nameOf(guard: unknown): unknown {
  return typeof guard === 'object' && guard !== null ? (guard as { type?: unknown }).type : guard;
}

/** Pays no heed to its signal, and repeats a renewal that has failed. */
async function stubbornWrite({ input }: { input: WriteLockInput }): Promise<LockSnapshot> {
  const { lock, record, base } = input;
  let answer = await write(input);
  const isRenewal = base?.record?.acquireTime === record.acquireTime && !record.isReleased;
  for (let i = 0; isRenewal && !answer.ok && i < ZOMBIE_TRIES; i++) {
    const now = await lock.get();
    const isOurs = now.ok && now.record?.holderIdentity === lock.identity;
    if (isOurs) answer = await write({ lock, record, base: now });
  }
  if (answer.ok) return answer;
  throw LockError.from(answer.error);
}
