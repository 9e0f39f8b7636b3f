import assert from 'node:assert/strict';
import { LockError } from '../../../src/errors/lock-error.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import {
  storedFor,
  toClaiming,
  toHoldingBack,
  toReading,
  toRejoining,
  toReleaseWriting,
  toRenewing,
  toUnansweredClaim,
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
  [`${renewing}: a lease that is shortened in the lock ends the term`]: async (start) => {
    const c = start({ watched: true });
    await toRenewing(c);
    await c.answer('update', c.lock.failure('forbidden'));
    await c.lock.watching.changed(c.lock.snapshot(storedFor(1, c.context.lease!.record)));
    c.at('lost');
    assert.equal(c.term.isLeading(), false);
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
};

/** The states that wait for a time that is drawn, and how they are entered. */
const drawing: Readonly<Record<string, (c: Candidate) => Promise<unknown>>> = {
  'participating.acquiring.waiting': toWaiting,
  'participating.acquiring.holdingBack': toHoldingBack,
  'participating.acquiring.backingOff': toUnansweredClaim,
  [`${renewing}.retrying`]: async (c) => {
    await toRenewing(c);
    await c.answer('update', c.lock.failure('network'));
  },
  'releasing.retrying': async (c) => {
    await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('network'));
  },
  rejoining: toRejoining,
};

export const failureScenarios: EdgeTests = {
  'every wait draws its own jitter': async (start) => {
    for (const [state, enter] of Object.entries(drawing)) {
      let drawn = 0;
      const c = start({ watched: true, onLost: 'rejoin', random: () => (drawn += 1) / 1_000 });
      await enter(c);
      c.at(state);
      assert.ok(drawn > 0, state);
      assert.equal(c.context.jitter, drawn / 1_000, state);
    }
  },

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

  ...renewalScenarios,

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
