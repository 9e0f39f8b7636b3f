import { assign, fromPromise } from 'xstate';
import type { News } from '../../../machines/answer-guards.js';
import { aged } from '../../../machines/cold-start.js';
import * as delays from '../../../machines/delays.js';
import type { ElectionContext } from '../../../machines/types.js';
import * as updates from '../../../machines/updates.js';
import type { Age } from '../../../src/lock/decide.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import type { Clock } from '../../../src/time/clock.js';
import { type SeededBug, bug, providing, altered, founded, node } from './tools.js';

const NEVER_MS = 2 ** 31 - 1;
const TAKE = { kind: 'take', because: 'expired' } as const;

interface Args {
  readonly context: ElectionContext;
}

interface Heard extends Args {
  readonly event: { readonly type: string; readonly news?: News };
}

/** Errors about what a watch and the server's clock tell. */
export const watchingBugs: readonly SeededBug[] = [
  bug('grant-by-watch', 'whoever hears its own name from the watch leads, without a write', {
    machine: altered((config) => {
      const grant = {
        guard: ({ context, event: { news } }: Heard) =>
          news?.snapshot?.record?.holderIdentity === context.config.lock.identity,
        target: '#elected',
        actions: assign(({ context, event: { news } }: Heard) => ({
          lease: founded(context, news?.snapshot ?? null),
        })),
      };
      const acquiring = node(config, 'participating.acquiring');
      for (const state of [acquiring, node(acquiring, 'dating'), node(acquiring, 'waiting')]) {
        const on = state['on'] as Record<string, unknown>;
        on['lockChanged'] = [grant, on['lockChanged']].flat();
      }
    }),
  }),
  providing(
    'heard-loss-ignored',
    "a leader that hears of another's record goes on until its next renewal",
    { guards: { takenByAnother: () => false } },
  ),
  providing(
    'heard-deletion-is-release',
    'the object is created at once when the watch tells that it has vanished',
    {
      actions: {
        noteNews: assign(({ context }: Args, news: News) => ({
          ...updates.news(context, news),
          ...(news.snapshot === null ? { decision: { kind: 'create' as const } } : {}),
        })),
      },
    },
  ),
  providing(
    'watch-is-trusted',
    'no timer runs beside a watch, so that a lease which runs out is never noticed',
    {
      delays: {
        pollInterval: ({ context }: Args) =>
          context.watching ? NEVER_MS : delays.pollInterval({ context }),
        leaseDuration: ({ context }: Args) =>
          context.watching && context.lease === null ? NEVER_MS : delays.leaseDuration({ context }),
      },
    },
  ),
  providing(
    'server-age-hasty',
    "a lease is expired when it is one lease old by the server's clock",
    {
      actions: {
        noteAge: assign(({ context }: Args, age: Age | undefined) => {
          const right = aged(context, age);
          const held = context.observation?.snapshot?.record ?? null;
          const ageMs = age?.writtenAgoMs ?? -Infinity;
          const isOld = held !== null && ageMs > held.leaseDurationSeconds * 1000;
          return isOld ? { ...right, decision: TAKE } : right;
        }),
      },
    },
  ),
  providing(
    'server-age-by-own-clock',
    "the age of a lease is from the server's date to the own wall clock",
    {
      actors: {
        askAge: fromPromise<Age, { readonly clock: Clock; readonly base: LockSnapshot | null }>(
          ({ input: { clock, base } }) => {
            const { wallMs, monotonicMs } = clock.now();
            const writtenAgoMs = wallMs - (base?.writtenAtMs ?? wallMs);
            const version = base?.version ?? '';
            return Promise.resolve({ version, writtenAgoMs, receivedAtMs: monotonicMs });
          },
        ),
      },
    },
  ),
];
