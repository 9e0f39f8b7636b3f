import assert from 'node:assert/strict';
import { LockError } from '../../../src/errors/lock-error.js';
import type { EdgeTests } from '../support/edge-test.js';
import type { Candidate } from '../support/candidate.js';
import {
  toClaiming,
  toConfirming,
  toDraining,
  toReading,
  toReleaseWriting,
  toRenewing,
  toWaiting,
} from '../support/ways.js';

/*
 * A write that was certainly refused is forgotten; one that may be stored is remembered, whatever
 * happens to the reads that look for it.
 */

interface Place {
  readonly here: string;
  readonly next: string;
  readonly toWriting: (c: Candidate) => Promise<unknown>;
}

function renewing({ here, next, toWriting }: Place): EdgeTests {
  return {
    [`${here}.writing error(renewal) if isFirstConflict: the write is forgotten`]: async (
      start,
    ) => {
      const c = start();
      await toWriting(c);
      await c.answer('update', c.lock.failure('conflict'));
      assert.equal(c.context.attempt, null);
      assert.equal(c.context.ownWrites.length, 1);
    },

    [`${here}.writing error(renewal) if objectVanished: the write is forgotten`]: async (start) => {
      const c = start();
      await toWriting(c);
      await c.answer('update', c.lock.failure('notFound'));
      assert.equal(c.context.attempt, null);
      assert.equal(c.context.ownWrites.length, 1);
    },

    [`${here}.writing error(renewal) else: a refused write is forgotten`]: async (start) => {
      const c = start();
      await toWriting(c);
      await c.answer('update', c.lock.failure('forbidden'));
      c.at(`${here}.retrying`);
      assert.equal(c.context.attempt, null);
      assert.equal(c.context.ownWrites.length, 1);
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

  'acquiring.claiming error(claim) if stopRequested: a refused claim is forgotten': async (
    start,
  ) => {
    const c = start();
    await toClaiming(c);
    await c.send({ type: 'stop' });
    await c.answer('update', c.lock.failure('conflict'));
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
    },
  }),

  'releasing.writing error(release) if isFirstConflict: the write is forgotten': async (start) => {
    const c = start();
    await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('conflict'));
    assert.equal(c.context.attempt, null);
  },

  'releasing.writing error(release) else: a refused write is forgotten': async (start) => {
    const c = start();
    await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('forbidden'));
    assert.equal(c.context.attempt, null);
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
