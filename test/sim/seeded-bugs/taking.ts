import { assign } from 'xstate';
import type { LockReading } from '../../../machines/actors.js';
import { isConflict, isExplainedConflict } from '../../../machines/answer-guards.js';
import { findOwnWrite, mayFoundTerm } from '../../../machines/own-writes.js';
import type { ElectionContext } from '../../../machines/types.js';
import {
  type SeededBug,
  bug,
  providing,
  altered,
  deciding,
  founded,
  heldRecord,
  node,
  pretended,
  updatingBy,
  writing,
} from './tools.js';

const TAKE = { kind: 'take', because: 'expired' } as const;

/** What each candidate observes now, and since when by its wall clock. */
const seenAtWall = new WeakMap<object, { readonly fingerprint: string; readonly wallMs: number }>();

/** Errors about when the lock may be taken, and what makes a leader. */
export const takingBugs: readonly SeededBug[] = [
  bug(
    'steal-by-wall-clock',
    'a lease is expired when its renewTime is long ago by the own wall clock',
    {
      machine: deciding(({ context, reading }) => {
        const held = heldRecord(reading);
        if (held === null) return null;
        const untilMs = Date.parse(held.renewTime) + held.leaseDurationSeconds * 1000;
        return untilMs < context.config.clock.now().wallMs ? TAKE : null;
      }),
    },
  ),
  bug('missing-acquire-time-is-free', 'a record without acquireTime counts as free', {
    machine: deciding(({ reading }) => (heldRecord(reading)?.acquireTime === '' ? TAKE : null)),
  }),
  bug('own-duration', 'a follower counts its own lease duration and not that of the record', {
    machine: deciding(({ context: { config }, reading, right }) => {
      const sinceMs = right.observation?.observedAtMs ?? Infinity;
      const overMs = config.clock.now().monotonicMs - sinceMs - config.leaseDurationMs;
      return heldRecord(reading) !== null && overMs >= 0 ? TAKE : null;
    }),
  }),
  bug('own-name-is-ours', 'a record in the own name counts as the own one, whoever wrote it', {
    machine: deciding(({ context: { config }, reading }) =>
      heldRecord(reading)?.holderIdentity === config.lock.identity ? TAKE : null,
    ),
  }),
  bug('deletion-is-release', 'the object is created at once when it has vanished', {
    machine: deciding(({ reading }) => (reading.snapshot === null ? { kind: 'create' } : null)),
  }),
  bug(
    'age-by-larger-clock',
    'a follower counts the age of a lease by the larger of its two clocks',
    {
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
  ),
  bug('unreadable-is-free', 'a record that cannot be read is written over at once', {
    machine: deciding(({ reading }) => (reading.snapshot?.unreadable == null ? null : TAKE)),
  }),
  bug('grant-by-name', 'whoever sees its own name in the lock leads, without a write', {
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
  }),
  bug('callback-before-write', 'whoever finds the lock free leads, and writes afterwards', {
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
  }),
  providing(
    'former-term-is-claim',
    'a record left from an earlier term counts as the claim that went unanswered',
    {
      guards: {
        claimWasCommitted: ({ context }: Seen, { snapshot }: LockReading) => {
          const own = findOwnWrite(context, snapshot);
          return own !== null && !own.record.isReleased && mayFoundTerm(context, own);
        },
      },
    },
  ),
  bug('conflict-is-success', 'a write that is answered with 409 counts as stored', {
    machine: writing((error, input) => (error.kind === 'conflict' ? pretended(input) : null)),
  }),
  providing(
    'conflict-is-explained',
    'a write that is answered with 409 is sent again, without a look at what is there',
    {
      guards: { isExplainedConflict: (_: unknown, error: unknown) => isConflict(_, error) },
    },
  ),
  providing(
    'creation-is-explained',
    'the same for creations alone, of what had been there before',
    {
      guards: {
        isExplainedConflict: ({ context }: Seen, error: unknown) =>
          isExplainedConflict({ context }, error) ||
          (isConflict(null, error) &&
            context.attempt?.baseVersion === null &&
            context.observation?.version != null),
      },
    },
  ),
  bug('unanswered-is-success', 'a write without an answer counts as stored', {
    machine: writing((error, input) => (error.mayHaveCommitted ? pretended(input) : null)),
  }),
  bug('unconditional-writes', 'updates do not depend on the version that was read', {
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
  }),
];

interface Seen {
  readonly context: ElectionContext;
  readonly event: { readonly type: string; readonly output?: LockReading };
}
