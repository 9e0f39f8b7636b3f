import assert from 'node:assert/strict';
import { LockError } from '../../../src/errors/lock-error.js';
import type { EdgeTests } from '../support/edge-test.js';
import {
  cutTimes,
  storedFor,
  toClaiming,
  toConfirming,
  toReading,
  toReleaseWriting,
  toRenewing,
  toWaiting,
} from '../support/paths.js';

/*
 * A write that was refused is not awaited any more, and is recognised all the same; one without an
 * answer is remembered, whatever happens to the reads that look for it.
 */

const leading = 'participating.elected.lease.leading';
const renewing = 'participating.elected.lease.renewing';

/** What becomes of a renewal. */
const renewalScenarios: EdgeTests = {
  [`${renewing}.writing error(renewal) if isFirstConflict: a stored write counts`]: async (
    start,
  ) => {
    const c = start();
    const write = await toRenewing(c);
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.ok(write.record));
    c.at(leading);
    assert.equal(c.context.lease?.validFrom.monotonicMs, 2_000);
  },

  [`${renewing}: a lease that is shortened in the lock ends the term`]: async (start) => {
    const c = start({ watched: true });
    await toRenewing(c);
    await c.answer('update', c.lock.failure('forbidden'));
    await c.lock.watching.changed(c.lock.snapshot(storedFor(1, c.context.lease!.record)));
    c.at('lost');
    assert.equal(c.term.isLeading(), false);
  },

  [`${renewing}: our own record is never another's, however many renewals fail`]: async (start) => {
    const c = start();
    await toRenewing(c);
    let stored = c.lock.ok(c.context.lease!.record);
    // Each is stored, or not, and answered by an error.
    for (let n = 1; c.clock.now().monotonicMs < 9_500; n += 1) {
      const write = await c.answer('update', c.lock.failure('serverError'));
      if (n === 3) stored = c.lock.ok(cutTimes(write.record));
      await c.clock.advance(125 * 2 ** Math.min(n - 1, 3));
      if (c.lock.pending.length === 0) await c.clock.advance(1_000);
      await c.answer('get', stored);
    }
    c.at(`${renewing}.writing`);
    assert.equal(c.context.lease?.validFrom.monotonicMs, 0);
  },

  [`${renewing}.writing error(renewal) if objectVanished: the write is awaited no longer`]: async (
    start,
  ) => {
    const c = start();
    await toRenewing(c);
    await c.answer('update', c.lock.failure('notFound'));
    assert.equal(c.context.attempt, null);
  },

  [`${renewing}.writing error(renewal) else: a refused write counts if it was stored`]: async (
    start,
  ) => {
    const c = start();
    const write = await toRenewing(c);
    await c.answer('update', c.lock.failure('throttled'));
    c.at(`${renewing}.retrying`);
    assert.equal(c.context.attempt, null);
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(write.record));
    c.at(leading);
    assert.equal(c.context.lease?.validFrom.monotonicMs, 2_000);
  },

  [`${renewing}.reading error(readBack): an unanswered write is remembered`]: async (start) => {
    const c = start();
    await toRenewing(c);
    const write = await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.failure('forbidden'));
    assert.equal(c.context.attempt?.record, write.record);
    await c.clock.advance(250);
    await c.answer('get', c.lock.ok(write.record));
    c.at(leading);
    assert.equal(c.context.lease?.record, write.record);
  },

  [`${renewing}.retrying: every pause draws its own jitter`]: async (start) => {
    let drawn = 0;
    const c = start({ random: () => (drawn += 1) / 1_000 });
    await toRenewing(c);
    await c.answer('update', c.lock.failure('network'));
    const before = c.context.jitter;
    assert.notEqual(before, 0);
    await c.clock.advance(200);
    await c.answer('get', c.lock.failure('network'));
    c.at(`${renewing}.retrying`);
    assert.notEqual(c.context.jitter, before);
  },
};

export const failureScenarios: EdgeTests = {
  'participating.acquiring.claiming error(claim) else: a refused claim is not looked for': async (
    start,
  ) => {
    const c = start();
    await toClaiming(c);
    await c.answer('update', c.lock.failure('forbidden'));
    await c.after(125, 'participating.acquiring.backingOff', 'participating.acquiring.reading');
    assert.equal(c.context.attempt, null);
  },

  'participating.acquiring.claiming error(claim) if stopRequested: a refused claim is not looked for':
    async (start) => {
      const c = start();
      await toClaiming(c);
      await c.send({ type: 'stop' });
      await c.answer('update', c.lock.failure('forbidden'));
      assert.equal(c.context.attempt, null);
    },

  'participating.acquiring.claiming error(claim) if isFirstConflict: is a failure to acquire':
    async (start) => {
      const c = start();
      await toClaiming(c);
      await c.answer('update', c.lock.failure('conflict'));
      assert.deepEqual(
        c.newsOf('acquireFailed').map(({ error }) => error.kind),
        ['conflict'],
      );
    },

  'participating.acquiring.confirming error(readBack): an unanswered claim is remembered': async (
    start,
  ) => {
    const c = start();
    const claim = await toConfirming(c);
    await c.answer('get', c.lock.failure('forbidden'));
    await c.after(250, 'participating.acquiring.backingOff', 'participating.acquiring.confirming');
    await c.answer('get', c.lock.ok(claim.record));
    c.at('participating.elected.lease.leading');
  },

  ...renewalScenarios,

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
    assert.equal(c.context.attempt?.record, release.record);
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

  'participating.acquiring.claiming: a creation that is not answered is given up': async (
    start,
  ) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.failure('notFound'));
    const creation = await c.lock.expectCall('create');
    await c.clock.advance(5_000);
    assert.equal(creation.signal?.aborted, true);
  },

  'participating.acquiring.reading: what a lock throws is what is told': async (start) => {
    const c = start();
    await toReading(c);
    const read = await c.lock.expectCall('get');
    const error = new LockError('thrown instead of answered', { kind: 'forbidden' });
    await read.reject(error);
    c.at('participating.acquiring.backingOff');
    assert.equal(c.newsOf('acquireFailed')[0]?.error, error);
  },

  'participating.acquiring.waiting: a record that comes back unreadable is told': async (start) => {
    const c = start();
    await toWaiting(c);
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.failure('notFound'));
    c.at('participating.acquiring.waiting');
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.ok(null, 'not JSON'));
    c.at('participating.acquiring.waiting');
    const told = { type: 'recordUnreadable', problem: 'not JSON' };
    assert.deepEqual(c.newsOf('recordUnreadable'), [told]);
  },
};
