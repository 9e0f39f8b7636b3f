import { assign, fromPromise } from 'xstate';
import type { LockReading, StoppedInput } from '../../../machines/actors.js';
import * as answerGuards from '../../../machines/answer-guards.js';
import type { Failure } from '../../../machines/tell.js';
import type { ElectionContext } from '../../../machines/types.js';
import * as updates from '../../../machines/updates.js';
import { LockError } from '../../../src/errors/lock-error.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import { type SeededBug, bug, providing, deciding, heldRecord, updatingBy } from './tools.js';

/** So many of its own writes one version of this package remembered. */
const WRITES_REMEMBERED = 8;

const TAKE = { kind: 'take', because: 'expired' } as const;

interface Args {
  readonly context: ElectionContext;
}

/** What each answer was dated, in ms; by the object that it brought. */
const dates = new WeakMap<object, number>();

/** Errors about outages that last, and about what stands between a candidate and the store. */
export const betweenBugs: readonly SeededBug[] = [
  providing(
    'eight-writes-remembered',
    'only the last eight of its own writes are remembered, whatever stands in the lock',
    {
      actions: {
        prepareRenewal: assign(({ context }: Args) => {
          const { ownWrites = [], ...right } = updates.renewal(context);
          return { ...right, ownWrites: ownWrites.slice(-WRITES_REMEMBERED) };
        }),
      },
    },
  ),
  providing(
    'conflict-is-refusal',
    'a write that is answered with 409 is taken for one that is not stored',
    {
      actions: {
        noteFailure: assign(({ context }: Args, { of, error }: Failure) => {
          const known = LockError.from(error ?? new LockError('timeout', { kind: 'timeout' }));
          const right = updates.failure(context, { of, error: known });
          if (of === 'read' || known.kind !== 'conflict') return right;
          const ownWrites = context.ownWrites.filter((one) => one !== context.attempt);
          return { ...right, attempt: null, ownWrites };
        }),
      },
    },
  ),
  providing('altered-is-anothers', "a record that admission has altered is taken for another's", {
    guards: {
      heldByAnother: (args: Args, reading: LockReading) =>
        answerGuards.heldByAnother(args, reading) || isAltered(args, reading.snapshot),
      stillHeldByUs: (args: Args, reading: LockReading) =>
        answerGuards.stillHeldByUs(args, reading) && !isAltered(args, reading.snapshot),
    },
  }),
  bug('answers-unread', 'whatever a 2xx answer says, the write is stored as it was sent', {
    lock: updatingBy(async (lock, record, options) => {
      const answer = await lock.update(record, options);
      if (!answer.ok) return answer;
      const over = options?.base?.version ?? '0';
      const version = answer.version === over ? String(BigInt(over) + 1n) : answer.version;
      return { ...answer, record, version };
    }),
  }),
  bug(
    'date-believed',
    'the age of a lease is to the Date header, which anything in between may write',
    {
      hears: ({ headers, json }) => {
        const at = Date.parse(String(headers['date']));
        if (typeof json === 'object' && json !== null) dates.set(json, at);
      },
      machine: deciding(({ context: { config }, reading }) => {
        const held = heldRecord(reading);
        const { object } = reading.snapshot ?? {};
        if (held === null || typeof object !== 'object' || object === null) return null;
        const { metadata } = object as { metadata?: { managedFields?: { time: string }[] } };
        const times = metadata?.managedFields?.map(({ time }) => Date.parse(time)) ?? [];
        const ageMs = (dates.get(object) ?? -Infinity) - Math.max(...times);
        const isOld = ageMs > 2 * held.leaseDurationSeconds * 1000;
        return isOld && ageMs >= config.leaseDurationMs + 5000 ? TAKE : null;
      }),
    },
  ),
  providing(
    'stop-callback-after-work',
    'the application is told of the end when its work has ended, and not before',
    {
      actors: {
        stoppedCallback: fromPromise<void, StoppedInput>(async ({ input }) => {
          const { term, callback, reason } = input;
          await term.workSettled;
          await term.tellStopped(() => callback?.(reason));
        }),
      },
    },
  ),
];

/** It is in our name, and has not the digits or the duration with which we write. */
function isAltered({ context: { config } }: Args, snapshot: LockSnapshot | null): boolean {
  const record = snapshot?.record;
  if (record?.holderIdentity !== config.lock.identity) return false;
  const isCapped = record.leaseDurationSeconds * 1000 !== config.leaseDurationMs;
  return isCapped || record.renewTime.endsWith('.000000Z');
}
