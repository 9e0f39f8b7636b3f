import { assign, emit, enqueueActions, setup } from 'xstate';
import type {
  EndReason,
  LeaderElectionConfig,
  Outcome,
} from '../src/config/leader-election-config.js';
import { printValue } from '../src/config/print-value.js';
import type { WorkResult } from '../src/election/term.js';
import { LockError } from '../src/errors/lock-error.js';
import { alterationOf } from '../src/lock/as-stored.js';
import type { Age } from '../src/lock/decide.js';
import type { LeaderElectionRecord } from '../src/lock/record.js';
import type { LockSnapshot } from '../src/lock/resource-lock.js';
import * as actors from './actors.js';
import type { LockReading } from './actors.js';
import { aged } from './cold-start.js';
import * as commits from './commits.js';
import * as delays from './delays.js';
import * as guards from './guards.js';
import { findOwnWrite } from './own-writes.js';
import type {
  CallbackName,
  ElectionChildren,
  ElectionContext,
  ElectionEmitted,
  ElectionEvent,
  ElectionTag,
  SentWrite,
} from './types.js';
import * as updates from './updates.js';

/** Which request failed, and in the course of what. */
export interface Failure {
  readonly of: 'read' | 'write';
  readonly during: 'acquire' | 'renew' | 'release';
  /** Absent: it was not answered in time. */
  readonly error?: unknown;
}

export interface TooShort extends Pick<Failure, 'during'> {
  /** As it was stored. */
  readonly record: LeaderElectionRecord | null;
}

interface Enqueue {
  assign(update: Partial<ElectionContext>): void;
  emit(event: ElectionEmitted): void;
  sendTo(target: 'notifier', event: actors.NotifierEvent): void;
  sendTo(target: 'watch', event: actors.WatchCommand): void;
}

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
  guards,
  actions: {
    /** Draws the random part of the wait that is about to begin. */
    drawJitter: assign(({ context }) => ({ jitter: context.config.random() })),
    resetFailures: assign({ failures: 0, retryAfterMs: null }),

    noteReading: enqueueActions(({ context, enqueue }, reading: LockReading) => {
      const update = updates.reading(context, reading);
      enqueue.assign(update);
      tellLeader(context, update, enqueue);
      tellUnreadable(context, update, enqueue);
      if (guards.watchMissedIt({ context }, reading)) enqueue.sendTo('watch', { type: 'doubt' });
    }),
    noteNews: enqueueActions(({ context, enqueue }, news: guards.News) => {
      const update = updates.news(context, news);
      enqueue.assign(update);
      tellLeader(context, update, enqueue);
      tellUnreadable(context, update, enqueue);
    }),
    noteAge: assign(({ context }, age: Age | undefined) => aged(context, age)),
    noteWatching: enqueueActions(({ enqueue }) => {
      enqueue.assign({ watching: true });
      enqueue.emit({ type: 'watching' });
    }),
    noteBlind: enqueueActions(({ enqueue }, error: LockError) => {
      enqueue.assign({ watching: false });
      enqueue.emit({ type: 'watchFailed', error });
    }),
    forgetWatch: assign({ watching: false }),
    noteLostRace: assign(({ context }) => updates.lostRace(context)),
    noteStoodDown: assign(() => updates.stoodDown()),
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

/** Another identity than before holds the lock, of which the callback hears too, or nobody does. */
function tellLeader(
  context: ElectionContext,
  { leader }: Partial<ElectionContext>,
  enqueue: Enqueue,
): void {
  if (leader === undefined || leader === context.leader) return;
  if (leader === null) {
    enqueue.emit({ type: 'vacant' });
    return;
  }
  enqueue.emit({ type: 'newLeader', identity: leader });
  enqueue.sendTo('notifier', { type: 'newLeader', identity: leader });
}

/** The candidacy is over: say so once. */
function tellEnd(context: ElectionContext, enqueue: Enqueue): void {
  if (context.endAnnounced) return;
  enqueue.assign({ endAnnounced: true });
  const { stopRequested } = context;
  enqueue.emit({ type: 'ended', outcome: updates.outcome(context), stopRequested });
}

/** A record that cannot be read has appeared: say so once. */
function tellUnreadable(
  { observation: before }: ElectionContext,
  { observation }: Partial<ElectionContext>,
  enqueue: Enqueue,
): void {
  const problem = observation?.snapshot?.unreadable ?? null;
  if (problem === null || problem === before?.snapshot?.unreadable) return;
  enqueue.emit({ type: 'recordUnreadable', problem });
}

/** Our record was stored otherwise than it was written: say so once for each field. */
function tellAltered(
  { alteredFields: told }: ElectionContext,
  write: SentWrite | null,
  snapshot: LockSnapshot | null,
  enqueue: Enqueue,
): void {
  if (write === null || snapshot?.record == null) return;
  const alteration = alterationOf(write.record, snapshot.record);
  if (alteration === null || alteration.fields.every((field) => told.includes(field))) return;
  enqueue.assign({ alteredFields: [...new Set([...told, ...alteration.fields])] });
  enqueue.emit({ type: 'recordAltered', problem: alteration.problem });
}

function tellFailure(
  context: ElectionContext,
  { of, during, error }: Failure & { readonly error: LockError },
  enqueue: Enqueue,
): void {
  enqueue.assign(updates.failure(context, { of, error }));
  const news = { error, failures: context.failures + 1 };
  if (during === 'acquire') enqueue.emit({ type: 'acquireFailed', ...news });
  else if (during === 'release') enqueue.emit({ type: 'releaseFailed', ...news });
  else {
    const remainingMs = delays.renewDeadline({ context });
    enqueue.emit({ type: 'renewFailed', ...news, remainingMs });
  }
}

/** It is tried again after a lease duration: what alters our records will do so for some time. */
function tooShort({ config }: ElectionContext, record: LeaderElectionRecord | null): LockError {
  const stored = printValue(record?.leaseDurationSeconds);
  const written = config.leaseDurationMs / 1000;
  return new LockError(
    `${config.lock.description}: leaseDurationSeconds was written as ${written} and stored as ` +
      `${stored}, which is not above renewDeadlineSeconds (${config.renewDeadlineMs / 1000}): others ` +
      'could take the lock while this candidate leads. An admission policy alters it, it seems: ' +
      'exempt this object from it, or choose durations that it leaves alone',
    { kind: 'invalid', retryAfterMs: config.leaseDurationMs },
  );
}

function notAnswered({ config }: ElectionContext): LockError {
  const time = `within ${config.renewDeadlineMs / 2000} s (half of renewDeadlineSeconds)`;
  const { description, waitsFor } = config.lock;
  const what =
    waitsFor == null
      ? `the API server did not answer ${time}`
      : `nothing was sent ${time}, for want of ${waitsFor}`;
  return new LockError(`${description}: ${what}; the request was given up and will be repeated`, {
    kind: 'timeout',
  });
}
