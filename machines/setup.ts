import { assign, emit, enqueueActions, raise, setup } from 'xstate';
import type {
  EndReason,
  LeaderElectionConfig,
  Outcome,
} from '../src/config/leader-election-config.js';
import type { WorkResult } from '../src/term/term.js';
import { LockError } from '../src/errors/lock-error.js';
import type { Age } from '../src/lock/decide.js';
import type { HolderDeath, LockSnapshot } from '../src/lock/resource-lock.js';
import * as actors from './actors.js';
import * as answerGuards from './answer-guards.js';
import type { LockReading } from './actors.js';
import { aged } from './cold-start.js';
import * as commits from './commits.js';
import { death } from './death.js';
import * as delays from './delays.js';
import * as guards from './guards.js';
import { findOwnWrite } from './own-writes.js';
import {
  type Failure,
  notAnswered,
  tellAltered,
  tellEnd,
  tellFailure,
  tellLeader,
  tellUnreadable,
  tooShort,
  type TooShort,
  toPassOn,
} from './tell.js';
import type {
  CallbackName,
  ElectionChildren,
  ElectionContext,
  ElectionEmitted,
  ElectionEvent,
  ElectionTag,
} from './types.js';
import * as updates from './updates.js';

/**
 * The vocabulary of the chart: its types, and what the names in it stand for. Actions change the
 * context by way of `updates.ts`, and tell the outside by emitting events.
 */
export const electionSetup = setup({
  types: {
    context: {} as ElectionContext,
    events: {} as ElectionEvent,
    emitted: {} as ElectionEmitted,
    input: {} as LeaderElectionConfig,
    output: {} as Outcome,
    tags: {} as ElectionTag,
    children: {} as ElectionChildren,
  },
  actors,
  delays,
  guards: { ...guards, ...answerGuards },
  actions: {
    /** Draws the random part of the wait that is about to begin. */
    drawJitter: assign(({ context }) => ({ jitter: context.config.random() })),
    resetFailures: assign({ failures: 0, retryAfterMs: null }),

    noteReading: enqueueActions(({ context, enqueue }, reading: LockReading) => {
      const update = updates.reading(context, reading);
      enqueue.assign(update);
      tellLeader(context, update, enqueue);
      tellUnreadable(context, update, enqueue);
      if (answerGuards.watchMissedIt({ context }, reading))
        enqueue.sendTo('watch', { type: 'doubt' });
    }),
    noteNews: enqueueActions(({ context, enqueue }, news: answerGuards.News) => {
      const update = updates.news(context, news);
      enqueue.assign(update);
      tellLeader(context, update, enqueue);
      tellUnreadable(context, update, enqueue);
    }),
    noteDeath: enqueueActions(({ context, enqueue }, told: HolderDeath) => {
      enqueue.assign(death(context, told));
      enqueue.emit({ type: 'holderDied', evidence: told.evidence });
    }),
    tellEvidenceFailed: emit((_, error: LockError) => ({ type: 'evidenceFailed', error })),
    noteAge: assign(({ context }, age: Age | undefined) => aged(context, age)),
    noteWatching: enqueueActions(({ enqueue }) => {
      enqueue.assign({ watching: true });
      enqueue.emit({ type: 'watching' });
    }),
    noteWatchLost: enqueueActions(({ enqueue }, error: LockError) => {
      enqueue.assign({ watching: false });
      enqueue.emit({ type: 'watchFailed', error });
    }),
    forgetWatch: assign({ watching: false }),
    noteLostRace: assign(({ context }) => updates.lostRace(context)),
    noteYielded: assign(() => updates.yielded()),
    prepareClaim: assign(({ context }) => updates.claim(context)),
    prepareRenewal: assign(({ context }) => updates.renewal(context)),
    prepareRelease: assign(({ context }) => updates.release(context)),
    noteCommitted: enqueueActions(({ context, enqueue }, snapshot: LockSnapshot) => {
      const update = commits.committed(context, snapshot);
      tellAltered(context, context.attempt, snapshot, enqueue);
      enqueue.assign(update);
      tellLeader(context, update, enqueue);
    }),
    noteFoundCommitted: enqueueActions(({ context, enqueue }, reading: LockReading) => {
      const update = commits.foundCommitted(context, reading);
      tellAltered(context, findOwnWrite(context, reading.snapshot), reading.snapshot, enqueue);
      enqueue.assign(update);
      tellLeader(context, update, enqueue);
    }),
    forgetAttempt: assign(() => commits.notFoundCommitted()),
    forgetAnswer: assign({ answerDue: false }),
    rebase: assign(({ context }, snapshot: LockSnapshot | null) =>
      updates.rebase(context, snapshot),
    ),
    noteFailure: enqueueActions(({ context, enqueue }, { of, during, error }: Failure) => {
      const lockError = error === undefined ? notAnswered(context) : LockError.from(error);
      tellFailure(context, { of, during, error: lockError }, enqueue);
    }),
    noteTooShort: enqueueActions(({ context, enqueue }, { during, record }: TooShort) => {
      // The write itself has not failed, and is ours to give back.
      tellFailure(context, { of: 'read', during, error: tooShort(context, record) }, enqueue);
    }),
    noteStored: enqueueActions(({ context, enqueue }, snapshot: LockSnapshot) => {
      tellAltered(context, context.attempt, snapshot, enqueue);
      enqueue.assign(commits.stored(context, snapshot));
    }),

    beginTerm: assign(({ context }) => updates.termBegins(context)),
    announceStart: emit(({ context }) => ({
      type: 'startedLeading',
      term: updates.termOf(context),
    })),
    extendTerm: ({ context }) => {
      if (context.lease !== null) context.term?.extend(context.lease.validFrom);
    },
    announceRenewal: emit(({ context }) => ({
      type: 'renewed',
      leadingUntil: updates.termOf(context).leadingUntil,
    })),
    /** Aborts the signal of the term, which goes on holding the lock. */
    drainTerm: ({ context }) => {
      context.term?.drain();
    },
    setEndReason: assign(({ context }, reason: EndReason) => updates.ends(context, reason)),
    noteWorkSettled: enqueueActions(({ context, enqueue }, { error }: WorkResult) => {
      if (error === undefined || context.workError !== undefined) return;
      enqueue.assign({ workError: error });
      enqueue.emit({ type: 'callbackFailed', callback: 'onStartedLeading', error });
    }),
    requestStop: assign({ stopRequested: true }),
    /** The event is handled anew, by the state that is entered now. */
    passOn: raise(({ event }) => toPassOn(event)),
    announceDraining: emit(({ context }) => ({
      type: 'draining',
      reason: context.endReason ?? 'stopped',
    })),
    announceDrainTimeout: emit(({ context }) => ({
      type: 'drainTimeout',
      workFinished: updates.termOf(context).workFinished,
    })),
    announceStop: enqueueActions(({ context, enqueue }) => {
      enqueue.assign({ stopAnnounced: true });
      enqueue.emit({ type: 'stoppedLeading', reason: context.endReason ?? 'stopped' });
    }),
    noteReleased: enqueueActions(({ context, enqueue }) => {
      const update = { released: true, leader: null };
      enqueue.assign(update);
      enqueue.emit({ type: 'released' });
      tellLeader(context, update, enqueue);
    }),
    /** A claim of ours may stand in the lock, though an earlier term of ours was released. */
    noteNotReleased: assign({ released: false }),
    reportOverrun: enqueueActions(({ context, enqueue }) => {
      const term = updates.termOf(context);
      enqueue.emit({ type: 'overrun', term });
      enqueue.sendTo('notifier', { type: 'overrun', term });
    }),
    reportCallback: emit((_, params: { callback: CallbackName; error: unknown }) => ({
      type: 'callbackFailed',
      ...params,
    })),
    forgetTerm: assign(() => updates.forgetTerm()),
    announceEnd: enqueueActions(({ context, enqueue }) => {
      tellEnd(context, enqueue);
    }),
    /** Whoever called `stop()` has waited long enough, though an overrun is still watched for. */
    announceEndOfDrain: enqueueActions(({ context, enqueue }) => {
      if (context.endReason !== 'drainTimeout' || guards.shallRejoin({ context })) return;
      tellEnd(context, enqueue);
    }),
  },
});
