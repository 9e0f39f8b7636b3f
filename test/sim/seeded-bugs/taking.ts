import { assign } from 'xstate';
import type { LockReading } from '../../../machines/actors.js';
import { isConflict, isExplainedConflict } from '../../../machines/answer-guards.js';
import { findOwnWrite, mayFoundTerm } from '../../../machines/own-writes.js';
import type { ElectionContext } from '../../../machines/types.js';
import {
  type SeededBug,
  altered,
  deciding,
  founded,
  heldRecord,
  node,
  pretended,
  provide,
  updatingBy,
  writing,
} from './tools.js';

const TAKE = { kind: 'take', because: 'expired' } as const;

/** What each candidate observes now, and since when by its wall clock. */
const seenAtWall = new WeakMap<object, { readonly fingerprint: string; readonly wallMs: number }>();

/** Errors about when the lock may be taken, and what makes a leader. */
export const takingBugs: readonly SeededBug[] = [
  {
    name: 'steal-by-wall-clock',
    what: 'a lease is expired when its renewTime is long ago by the own wall clock',
    seeded: {
      machine: deciding(({ context, reading }) => {
        const held = heldRecord(reading);
        if (held === null) return null;
        const untilMs = Date.parse(held.renewTime) + held.leaseDurationSeconds * 1000;
        return untilMs < context.config.clock.now().wallMs ? TAKE : null;
      }),
    },
  },
  {
    name: 'missing-acquire-time-is-free',
    what: 'a record without acquireTime counts as free',
    seeded: {
      machine: deciding(({ reading }) => (heldRecord(reading)?.acquireTime === '' ? TAKE : null)),
    },
  },
  {
    name: 'own-duration',
    what: 'a follower counts its own lease duration and not that of the record',
    seeded: {
      machine: deciding(({ context: { config }, reading, right }) => {
        const sinceMs = right.observation?.observedAtMs ?? Infinity;
        const overMs = config.clock.now().monotonicMs - sinceMs - config.leaseDurationMs;
        return heldRecord(reading) !== null && overMs >= 0 ? TAKE : null;
      }),
    },
  },
  {
    name: 'own-name-is-ours',
    what: 'a record in the own name counts as the own one, whoever wrote it',
    seeded: {
      machine: deciding(({ context: { config }, reading }) =>
        heldRecord(reading)?.holderIdentity === config.lock.identity ? TAKE : null,
      ),
    },
  },
  {
    name: 'deletion-is-release',
    what: 'the object is created at once when it has vanished',
    seeded: {
      machine: deciding(({ reading }) => (reading.snapshot === null ? { kind: 'create' } : null)),
    },
  },
  {
    name: 'age-by-larger-clock',
    what: 'a follower counts the age of a lease by the larger of its two clocks',
    seeded: {
      machine: deciding(({ context: { config }, reading, right }) => {
        const held = heldRecord(reading);
        const fingerprint = right.observation?.snapshot?.fingerprint ?? '';
        const { wallMs } = config.clock.now();
        const before = seenAtWall.get(config);
        const since = before?.fingerprint === fingerprint ? before : { fingerprint, wallMs };
        seenAtWall.set(config, since);
        if (held === null) return null;
        return wallMs - since.wallMs >= held.leaseDurationSeconds * 1000 ? TAKE : null;
      }),
    },
  },
  {
    name: 'unreadable-is-free',
    what: 'a record that cannot be read is written over at once',
    seeded: {
      machine: deciding(({ reading }) => (reading.snapshot?.unreadable == null ? null : TAKE)),
    },
  },
  {
    name: 'grant-by-name',
    what: 'whoever sees its own name in the lock leads, without a write',
    seeded: {
      machine: altered((config) => {
        const reading = node(config, 'participating.acquiring.reading');
        reading.invoke['onDone'] = [
          {
            guard: ({ context, event }: Seen) =>
              event.output?.snapshot?.record?.holderIdentity === context.config.lock.identity,
            target: '#elected',
            actions: assign(({ context, event }: Seen) => ({
              lease: founded(context, event.output?.snapshot ?? null),
            })),
          },
          reading.invoke['onDone'],
        ];
      }),
    },
  },
  {
    name: 'callback-before-write',
    what: 'whoever finds the lock free leads, and writes afterwards',
    seeded: {
      machine: altered((config) => {
        node(config, 'participating.acquiring.deciding').always.unshift({
          guard: ({ context }: { context: ElectionContext }) =>
            context.decision?.kind === 'take' && context.observation?.snapshot != null,
          target: '#elected',
          actions: assign(({ context }: { context: ElectionContext }) => ({
            lease: founded(context, context.observation?.snapshot ?? null),
          })),
        });
      }),
    },
  },
  {
    name: 'former-term-is-claim',
    what: 'a record left from an earlier term counts as the claim that went unanswered',
    seeded: {
      machine: provide({
        guards: {
          claimWasCommitted: ({ context }: Seen, { snapshot }: LockReading) => {
            const own = findOwnWrite(context, snapshot);
            return own !== null && !own.record.isReleased && mayFoundTerm(context, own);
          },
        },
      }),
    },
  },
  {
    name: 'conflict-is-success',
    what: 'a write that is answered with 409 counts as stored',
    seeded: {
      machine: writing((error, input) => (error.kind === 'conflict' ? pretended(input) : null)),
    },
  },
  {
    name: 'conflict-is-explained',
    what: 'a write that is answered with 409 is sent again, without a look at what is there',
    seeded: {
      machine: provide({
        guards: { isExplainedConflict: (_: unknown, error: unknown) => isConflict(_, error) },
      }),
    },
  },
  {
    name: 'creation-is-explained',
    what: 'the same for creations alone, of what had been there before',
    seeded: {
      machine: provide({
        guards: {
          isExplainedConflict: ({ context }: Seen, error: unknown) =>
            isExplainedConflict({ context }, error) ||
            (isConflict(null, error) &&
              context.attempt?.baseVersion === null &&
              context.observation?.version != null),
        },
      }),
    },
  },
  {
    name: 'unanswered-is-success',
    what: 'a write without an answer counts as stored',
    seeded: {
      machine: writing((error, input) => (error.mayHaveCommitted ? pretended(input) : null)),
    },
  },
  {
    name: 'unconditional-writes',
    what: 'updates do not depend on the version that was read',
    seeded: {
      // A ConfigMap may be sent without a version; a Lease is read again just before.
      spoil: (body) => {
        const { kind, metadata } = body as { kind: string; metadata: object };
        const rest: Record<string, unknown> = { ...metadata };
        if (kind === 'ConfigMap') delete rest['resourceVersion'];
        return { ...(body as object), metadata: rest };
      },
      lock: updatingBy(async (lock, record, options) => {
        const reads = lock.description.startsWith('Lease');
        const now = reads ? await lock.get(options) : null;
        return lock.update(record, now?.ok === true ? { ...options, base: now } : options);
      }),
    },
  },
];

interface Seen {
  readonly context: ElectionContext;
  readonly event: { readonly type: string; readonly output?: LockReading };
}
