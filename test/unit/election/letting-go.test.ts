import { describe, expect, it } from 'vitest';
import type { EndReason } from '../../../src/config/leader-election-config.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { type Deferred, deferred } from '../../model/support/deferred.js';
import { objectAsking } from '../../model/support/step-down.js';
import type { PendingCall } from '../../support/controllable-lock.js';
import { Candidate, type Options } from './support/candidate.js';

/*
 * One rule for every end of a term: the signal is aborted and the application is told, at once and
 * in that order. Where the lock is still held, it is released when the work and `onStoppedLeading`
 * have both ended, in whatever order.
 */
interface End {
  readonly reason: EndReason;
  readonly options?: Options;
  /** Brings the end about. The work and `onStoppedLeading` may go on. */
  readonly bring: (c: Candidate, claim: PendingCall) => Promise<void>;
  /** The work has ended then, and cannot be waited for. */
  readonly workIsOver?: boolean;
  /** A renewal is under way then, whose answer comes when all else has ended. */
  readonly renews?: boolean;
}

const kept: Readonly<Record<string, End>> = {
  'stop()': { reason: 'stopped', bring: (c) => c.stop() },
  'the end of a scope': {
    reason: 'stopped',
    bring: async (c) => {
      void c.election[Symbol.asyncDispose]();
      await settle();
    },
  },
  'stop() while a renewal is under way': {
    reason: 'stopped',
    bring: async (c) => {
      await c.clock.advance(2_000);
      await c.stop();
    },
    renews: true,
  },
  'a request to step down': {
    reason: 'steppedDown',
    options: { watched: true },
    bring: async (c, { record }) => {
      if (record === null) throw new Error('The claim had no record');
      await c.lock.watching.changed(c.lock.snapshot(record, null, objectAsking(record)));
    },
  },
  'work that is done': {
    reason: 'finished',
    options: { releaseWhenDone: true },
    bring: (c) => c.finishWork(),
    workIsOver: true,
  },
  'work that failed': {
    reason: 'failed',
    bring: async (c) => {
      c.work.reject(new Error('the work failed'));
      await settle();
    },
    workIsOver: true,
  },
};

const lost: Readonly<Record<string, End>> = {
  'the renew deadline': { reason: 'deadline', bring: (c) => c.clock.advance(10_000) },
  'another in the lock': {
    reason: 'superseded',
    bring: async (c) => {
      await c.clock.advance(2_000);
      await c.answer('update', c.lock.failure('conflict'));
      await c.answer('get', c.lock.heldBy('other'));
    },
  },
};

interface Ended {
  readonly c: Candidate;
  readonly claim: PendingCall;
  readonly stopping: Deferred;
  /** What happened, in order. */
  readonly log: string[];
}

/** The term has just ended, and `onStoppedLeading` runs. */
async function ended({ options = {}, bring }: End): Promise<Ended> {
  const stopping = deferred();
  const log: string[] = [];
  const c: Candidate = new Candidate({
    onStoppedLeading: (reason) => {
      log.push(`onStoppedLeading ${reason}`);
      return stopping.promise;
    },
    ...options,
  });
  c.election.on('stoppedLeading', () => log.push('stoppedLeading'));
  const claim = await c.leads();
  c.term.signal.addEventListener('abort', () => log.push('abort'));
  await bring(c, claim);
  return { c, claim, stopping, log };
}

/** Nothing is given back for as long as the lease can be kept; a renewal may be due meanwhile. */
async function holdsOn(c: Candidate): Promise<void> {
  expect(c.election.isLeader()).toBe(true);
  expect(c.election.state).toBe('draining');
  expect(c.lock.pending.some(({ record }) => record?.isReleased === true)).toBe(false);
  await settle();
}

describe.each(Object.entries({ ...kept, ...lost }))('a term that ends by %s', (_, end) => {
  it('aborts its signal and then tells the application, at once and once', async () => {
    const { c, log } = await ended(end);
    expect(log).toEqual(['abort', 'stoppedLeading', `onStoppedLeading ${end.reason}`]);
    expect(c.term.isLeading()).toBe(false);
    expect(c.term.signal.aborted).toBe(true);
  });
});

describe.each(Object.entries(kept))('a lock that is let go by %s', (_, end) => {
  it('is released when onStoppedLeading and the work have ended', async () => {
    const { c, claim, stopping, log } = await ended(end);
    await holdsOn(c);
    stopping.resolve();
    await settle();
    if (end.workIsOver !== true) await holdsOn(c);
    c.work.resolve();
    await released(c, claim, end);
    expect(log.filter((entry) => entry.startsWith('onStoppedLeading'))).toHaveLength(1);
  });

  it('is released when the work and then onStoppedLeading have ended', async () => {
    const { c, claim, stopping } = await ended(end);
    c.work.resolve();
    await settle();
    await holdsOn(c);
    stopping.resolve();
    await released(c, claim, end);
  });

  it('is not released if onStoppedLeading does not end in time', async () => {
    const { c } = await ended({ ...end, options: { ...end.options, drainTimeoutSeconds: 1 } });
    c.work.resolve();
    await c.clock.advance(1_000);
    expect(c.election.isLeader()).toBe(false);
    const { released: back, term } = c.election.actor.getSnapshot().context;
    expect({ back, workFinished: term?.workFinished }).toEqual({ back: false, workFinished: true });
    await c.lock.expectIdle();
  });
});

const withWork = Object.entries(kept).filter(([, { workIsOver = false }]) => !workIsOver);

it.each(withWork)(
  'a lock let go by %s is not released if the work does not end in time',
  async (_, end) => {
    const { c, stopping } = await ended({
      ...end,
      options: { ...end.options, drainTimeoutSeconds: 1 },
    });
    await c.run();
    stopping.resolve();
    await c.clock.advance(1_000);
    expect(c.election.isLeader()).toBe(false);
    const outcome = { reason: 'drainTimeout', led: true, released: false, workFinished: false };
    expect(c.outcome).toEqual(outcome);
    await c.lock.expectIdle();
  },
);

async function released(c: Candidate, claim: PendingCall, { renews = false }: End): Promise<void> {
  if (renews) {
    await holdsOn(c);
    await c.lock.commit();
  }
  await c.allowRelease(claim);
  expect(c.election.actor.getSnapshot().context.released).toBe(true);
  expect(c.election.state).toBe('stopped');
}
