import assert from 'node:assert/strict';
import { LockError } from '../../../src/errors/lock-error.js';
import type { PendingCall } from '../../support/controllable-lock.js';
import type { EdgeTests } from '../support/edge-test.js';
import type { Candidate } from '../support/candidate.js';
import {
  cutTimes,
  storedFor,
  toClaiming,
  toConfirming,
  toDraining,
  toReading,
  toReleaseWriting,
  toRenewing,
  toWaiting,
} from '../support/paths.js';

/*
 * A write that was refused is not awaited any more, and is recognised all the same; one without an
 * answer is remembered, whatever happens to the reads that look for it.
 */

interface Place {
  readonly here: string;
  readonly next: string;
  readonly toWriting: (c: Candidate) => Promise<PendingCall>;
}

function renewing({ here, next, toWriting }: Place): EdgeTests {
  return {
    [`${here}.writing error(renewal) if isFirstConflict: a stored write counts`]: async (start) => {
      const c = start();
      const write = await toWriting(c);
      await c.answer('update', c.lock.failure('conflict'));
      await c.answer('get', c.lock.ok(write.record));
      c.at(next);
      assert.equal(c.context.lease?.validFrom.monotonicMs, 2_000);
    },

    [`${here}: a lease that is shortened in the lock ends the term`]: async (start) => {
      const c = start({ watched: true });
      await toWriting(c);
      await c.answer('update', c.lock.failure('forbidden'));
      await c.lock.watching.changed(c.lock.snapshot(storedFor(1, c.context.lease!.record)));
      c.at('lost');
      assert.equal(c.term.isLeading(), false);
    },

    [`${here}: our own record is never another's, however many renewals fail`]: async (start) => {
      const c = start();
      await toWriting(c);
      let stored = c.lock.ok(c.context.lease!.record);
      // Each is stored, or not, and answered by an error.
      for (let n = 1; c.clock.now().monotonicMs < 9_500; n += 1) {
        const write = await c.answer('update', c.lock.failure('serverError'));
        if (n === 3) stored = c.lock.ok(cutTimes(write.record));
        await c.clock.advance(125 * 2 ** Math.min(n - 1, 3));
        if (c.lock.pending.length === 0) await c.clock.advance(1_000);
        await c.answer('get', stored);
      }
      c.at(`${here}.writing`);
      assert.equal(c.context.lease?.validFrom.monotonicMs, 0);
    },

    [`${here}.writing error(renewal) if objectVanished: the write is awaited no longer`]: async (
      start,
    ) => {
      const c = start();
      await toWriting(c);
      await c.answer('update', c.lock.failure('notFound'));
      assert.equal(c.context.attempt, null);
    },

    [`${here}.writing error(renewal) else: a refused write counts if it was stored`]: async (
      start,
    ) => {
      const c = start();
      const write = await toWriting(c);
      await c.answer('update', c.lock.failure('throttled'));
      c.at(`${here}.retrying`);
      assert.equal(c.context.attempt, null);
      await c.clock.advance(125);
      await c.answer('get', c.lock.ok(write.record));
      c.at(next);
      assert.equal(c.context.lease?.validFrom.monotonicMs, 2_000);
    },

    [`${here}.reading error(readBack): an unanswered write is remembered`]: async (start) => {
      const c = start();
      await toWriting(c);
      const write = await c.answer('update', c.lock.failure('network'));
      await c.clock.advance(125);
      await c.answer('get', c.lock.failure('forbidden'));
      await c.clock.advance(250);
      await c.answer('get', c.lock.ok(write.record));
      c.at(next);
      assert.equal(c.context.lease?.record, write.record);
    },

    [`${here}.retrying: every pause draws its own jitter`]: async (start) => {
      let drawn = 0;
      const c = start({ random: () => (drawn += 1) / 1_000 });
      await toWriting(c);
      await c.answer('update', c.lock.failure('network'));
      const before = c.context.jitter;
      assert.notEqual(before, 0);
      await c.clock.advance(200);
      await c.answer('get', c.lock.failure('network'));
      c.at(`${here}.retrying`);
      assert.notEqual(c.context.jitter, before);
    },
  };
}

export const failureScenarios: EdgeTests = {
  'acquiring.claiming error(claim) else: a refused claim is not looked for': async (start) => {
    const c = start();
    await toClaiming(c);
    await c.answer('update', c.lock.failure('forbidden'));
    await c.after(125, 'acquiring.backingOff', 'acquiring.reading');
    assert.equal(c.context.attempt, null);
  },

  'acquiring.claiming error(claim) if stopRequested: a refused claim is not looked for': async (
    start,
  ) => {
    const c = start();
    await toClaiming(c);
    await c.send({ type: 'stop' });
    await c.answer('update', c.lock.failure('forbidden'));
    assert.equal(c.context.attempt, null);
  },

  'acquiring.claiming error(claim) if isFirstConflict: is a failure to acquire': async (start) => {
    const c = start();
    await toClaiming(c);
    await c.answer('update', c.lock.failure('conflict'));
    assert.deepEqual(
      c.newsOf('acquireFailed').map(({ error }) => error.kind),
      ['conflict'],
    );
  },

  'acquiring.confirming error(readBack): an unanswered claim is remembered': async (start) => {
    const c = start();
    const claim = await toConfirming(c);
    await c.answer('get', c.lock.failure('forbidden'));
    await c.after(250, 'acquiring.backingOff', 'acquiring.confirming');
    await c.answer('get', c.lock.ok(claim.record));
    c.at('elected.leading');
  },

  ...renewing({ here: 'elected.renewing', next: 'elected.leading', toWriting: toRenewing }),
  ...renewing({
    here: 'elected.draining.lease.renewing',
    next: 'elected.draining.lease.holding',
    toWriting: async (c) => {
      await toDraining(c);
      await c.clock.advance(2_000);
      return c.lock.expectCall('update');
    },
  }),

  'releasing.writing error(release) if isFirstConflict: a stored release counts': async (start) => {
    const c = start();
    const release = await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.ok(release.record));
    c.at('stopped');
    assert.equal(c.newsOf('ended')[0]?.outcome.released, true);
  },

  'releasing.writing error(release) else: a refused write counts if it was stored': async (
    start,
  ) => {
    const c = start();
    const release = await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('throttled'));
    assert.equal(c.context.attempt, null);
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(release.record));
    c.at('stopped');
    assert.equal(c.newsOf('ended')[0]?.outcome.released, true);
  },

  'releasing.checking error(readBack): an unanswered release is remembered': async (start) => {
    const c = start();
    const release = await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.failure('forbidden'));
    await c.clock.advance(250);
    await c.answer('get', c.lock.ok(release.record));
    c.at('stopped');
    assert.equal(c.newsOf('ended')[0]?.outcome.released, true);
    assert.equal(c.context.observation?.snapshot?.record?.isReleased, true);
  },

  'releasing.retrying: every pause draws its own jitter': async (start) => {
    let drawn = 0;
    const c = start({ random: () => (drawn += 1) / 1_000 });
    await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('network'));
    const before = c.context.jitter;
    assert.notEqual(before, 0);
    await c.clock.advance(200);
    await c.answer('get', c.lock.failure('network'));
    c.at('releasing.retrying');
    assert.notEqual(c.context.jitter, before);
  },

  'acquiring.claiming: a creation that is not answered is given up': async (start) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.failure('notFound'));
    const creation = await c.lock.expectCall('create');
    await c.clock.advance(5_000);
    assert.equal(creation.signal?.aborted, true);
  },

  'acquiring.reading: what a lock throws is what is told': async (start) => {
    const c = start();
    await toReading(c);
    const read = await c.lock.expectCall('get');
    const error = new LockError('thrown instead of answered', { kind: 'forbidden' });
    await read.reject(error);
    c.at('acquiring.backingOff');
    assert.equal(c.newsOf('acquireFailed')[0]?.error, error);
  },

  'acquiring.waiting: a record that comes back unreadable is told': async (start) => {
    const c = start();
    await toWaiting(c);
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.failure('notFound'));
    c.at('acquiring.waiting');
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.ok(null, 'not JSON'));
    c.at('acquiring.waiting');
    const told = { type: 'recordUnreadable', problem: 'not JSON' };
    assert.deepEqual(c.newsOf('recordUnreadable'), [told]);
  },
};
