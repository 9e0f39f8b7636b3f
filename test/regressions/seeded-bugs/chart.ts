import { assign, enqueueActions } from 'xstate';
import { isConflict } from '../../../machines/answer-guards.js';
import * as commits from '../../../machines/commits.js';
import * as delays from '../../../machines/delays.js';
import type { LeaderElectionMachine } from '../../../machines/leader-election.js';
import { possibleWrites } from '../../../machines/own-writes.js';
import type { Failed } from '../../../machines/phrases.js';
import { tellEnd } from '../../../machines/tell.js';
import type { ElectionContext } from '../../../machines/types.js';
import * as updates from '../../../machines/updates.js';
import { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import { altered, node, provide, write } from '../../sim/seeded-bugs/tools.js';
import { type SeededBug, writingBy } from './seeded-bug.js';

const NEVER_MS = 2 ** 31 - 1;

interface Args {
  readonly context: ElectionContext;
}

interface Telling extends Args {
  readonly enqueue: Parameters<typeof tellEnd>[1];
}

function chart(mistake: string, make: () => LeaderElectionMachine): SeededBug {
  return { mistake, make: () => ({ leaderElectionMachine: make() }) };
}

/* Errors in the chart that the simulation, which judges many candidates at once, does not have. */

export const pollsForAMinute = chart('polling ends after a minute', () =>
  provide({
    delays: {
      pollInterval: ({ context }: Args) =>
        context.config.clock.now().monotonicMs < 60_000
          ? delays.pollInterval({ context })
          : NEVER_MS,
    },
  }),
);

export const readsWhenWoken = chart('a wake-up is listened to while the lock is being read', () =>
  altered((config) => {
    const acquiring = node(config, 'participating.acquiring');
    acquiring['on'] = { ...(acquiring['on'] as object), wake: '.reading' };
  }),
);

export const revivedByWake = chart('a wake-up sends a lost leader back to acquiring', () =>
  altered((config) => {
    const lost = node(config, 'lost');
    lost['on'] = { ...(lost['on'] as object), wake: '#acquiring' };
  }),
);

export const writesUntilStored = chart(
  'a write that meets a conflict is repeated on whatever is there now',
  () =>
    writingBy(async (input, signal) => {
      for (let { base } = input; ;) {
        const answer = await write({ ...input, base }, signal);
        if (answer.ok || base === null || answer.error.kind !== 'conflict') return answer;
        const now = await input.lock.get({ signal });
        if (!now.ok) return now;
        base = now;
      }
    }),
);

export const writesAsSent = chart('a record is ours as it was sent, not as it is stored', () =>
  provide({
    actions: {
      noteCommitted: assign(({ context }: Args, snapshot: LockSnapshot) => {
        const right = commits.committed(context, snapshot);
        if (right.lease == null || context.attempt === null) return right;
        const lease = { ...right.lease, record: context.attempt.record };
        const known = { attempt: null, answerDue: false, ownWrites: context.ownWrites };
        return { ...right, lease, ownWrites: possibleWrites(known, snapshot) };
      }),
    },
  }),
);

export const startOnlyForNewHolders = chart(
  'a start callback is owed only where the holder changes',
  () =>
    provide({
      actions: {
        beginTerm: assign(({ context }: Args) => {
          const { config, lease } = context;
          const begun = updates.termBegins(context);
          const isNew = lease?.record.leaderTransitions !== 0;
          return isNew ? begun : { ...begun, config: { ...config, onStartedLeading: null } };
        }),
      },
    }),
);

export const stopEmptiesTheHolder = chart('whoever stops empties the holder', () =>
  provide({
    actions: {
      requestStop: enqueueActions(({ context: { config }, enqueue }: Telling) => {
        enqueue.assign({ stopRequested: true });
        void config.lock.get().then(async (now) => {
          if (!now.ok || now.record === null) return;
          const record = new LeaderElectionRecord({ ...now.record, holderIdentity: '' });
          await config.lock.update(record, { base: now });
        });
      }),
    },
  }),
);

export const stoppedRejoins = chart('a candidate that was stopped rejoins', () =>
  provide({
    guards: { shallRejoin: ({ context }: Args) => context.config.onLost === 'rejoin' },
  }),
);

export const everyEndIsAnnounced = chart('every end of a candidacy is announced', () =>
  provide({
    actions: {
      announceEnd: enqueueActions(({ context, enqueue }: Telling) => {
        if (context.termsLed === 0) void context.config.onStoppedLeading?.('stopped');
        tellEnd(context, enqueue);
      }),
    },
  }),
);

export const conflictEndsRelease = chart('a release that meets a conflict is over', () =>
  altered((config) => {
    const { invoke } = node(config, 'releasing.writing');
    const guard = ({ event }: Failed): boolean => isConflict(undefined, event.error);
    invoke['onError'] = [{ guard, target: 'over' }, invoke['onError']].flat();
  }),
);

export const releaseOnlyShortens = chart('a release only shortens the lease', () =>
  provide({
    actions: {
      prepareRelease: assign(({ context }: Args) => {
        const right = updates.release(context);
        if (right.attempt == null) return right;
        const { identity: holderIdentity } = context.config.lock;
        const record = new LeaderElectionRecord({ ...right.attempt.record, holderIdentity });
        return { ...right, attempt: { ...right.attempt, record } };
      }),
    },
  }),
);

export const releasesForEver = chart('a release goes on for ever', () =>
  provide({ delays: { lastWrite: NEVER_MS } }),
);
