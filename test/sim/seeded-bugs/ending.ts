import { assign, fromPromise } from 'xstate';
import type { StoppedInput, WorkInput, WriteLockInput } from '../../../machines/actors.js';
import * as delays from '../../../machines/delays.js';
import type { ElectionContext } from '../../../machines/types.js';
import * as updates from '../../../machines/updates.js';
import { TermHandle } from '../../../src/term/term.js';
import { LockError } from '../../../src/errors/lock-error.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import {
  type Node,
  type SeededBug,
  bug,
  providing,
  altered,
  node,
  updatingBy,
  write,
} from './tools.js';

/** Tries of a renewal that nobody waits for any more. */
const ZOMBIE_TRIES = 6;

/** Errors about keeping the lock and letting go of it, about callbacks, and about foreign content. */
export const endingBugs: readonly SeededBug[] = [
  providing('release-unchecked', 'whoever releases empties the record, whosever it is', {
    guards: {
      stillHeldByUs: (_: unknown, { snapshot }: { snapshot: LockSnapshot | null }) =>
        snapshot?.record != null && !snapshot.record.isReleased,
    },
  }),
  bug('known-loss-ignored', "a leader that reads another's record goes on until its deadline", {
    machine: altered((config) => {
      const { invoke } = node(config, 'participating.elected.lease.renewing.reading');
      for (const transition of (invoke as { onDone: Transition[] }).onDone) {
        if (nameOf(transition.guard) === 'heldByAnother') transition.target = 'retrying';
      }
    }),
  }),
  providing(
    'zombie-renewal',
    'a renewal that was given up goes on by itself, with a fresh version each time',
    { actors: { writeLock: fromPromise(stubbornWrite) } },
  ),
  providing('release-before-drained', 'nobody waits for the work before the release', {
    actors: { workSettled: fromPromise(() => Promise.resolve({})) },
  }),
  providing(
    'release-before-stop-callback',
    'the application is told, and nobody waits for what it does about it',
    {
      actors: {
        stoppedCallback: fromPromise<void, StoppedInput>(({ input }) => {
          const { term, callback, reason } = input;
          term.tellStopped(() => callback?.(reason)).catch(() => undefined);
          return Promise.resolve();
        }),
      },
    },
  ),
  providing(
    'stop-callback-twice',
    'the application is told of the end at the drain and again at the loss',
    { guards: { stopAnnounced: () => false } },
  ),
  providing(
    'rejoins-beside-stop-callback',
    'a candidate rejoins though its stop callback runs, under a lease that does, too',
    { actors: { stopSettled: fromPromise(() => Promise.resolve()) } },
  ),
  providing('failed-work-ignored', 'the work has failed, and the lease is renewed on and on', {
    actors: {
      work: fromPromise<void, WorkInput>(async ({ input: { term, callback } }) => {
        if (callback !== null) await term.run(callback);
      }),
    },
  }),
  bug('foreign-content-dropped', 'updates send only what the election knows of', {
    lock: updatingBy((lock, record, options) => {
      const base = options?.base;
      if (base === undefined) return lock.update(record, options);
      const { kind, apiVersion, metadata } = base.object as Node & { metadata: Node };
      const { name, namespace, resourceVersion } = metadata;
      const object = { kind, apiVersion, metadata: { name, namespace, resourceVersion } };
      return lock.update(record, { ...options, base: { ...base, object } });
    }),
  }),
  providing(
    'token-from-transitions',
    'the fencing token is the count of transitions, which a deletion sets back',
    {
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
    },
  ),
  bug(
    'transitions-not-counted',
    'the count of transitions stays as it is when the lock changes hands',
    {
      lock: updatingBy((lock, record, options) => {
        const kept = options?.base?.record?.leaderTransitions ?? record.leaderTransitions;
        return lock.update(Object.assign(record, { leaderTransitions: kept }), options);
      }),
    },
  ),
  providing('gives-up', 'a candidate stops trying after three failures in a row', {
    delays: {
      retryDelay: ({ context }: { context: ElectionContext }) =>
        context.failures >= 3 ? 2 ** 31 - 1 : delays.retryDelay({ context }),
    },
  }),
  providing('retries-at-once', 'there is no pause after a failure', {
    delays: { retryDelay: () => 0 },
  }),
  bug(
    'released-is-created',
    'an empty holder is answered with a create, which conflicts for ever',
    {
      lock: updatingBy((lock, record, options) =>
        options?.base?.record?.isReleased === true
          ? lock.create(record, options)
          : lock.update(record, options),
      ),
    },
  ),
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
