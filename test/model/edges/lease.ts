import assert from 'node:assert/strict';
import type { EndReason } from '../../../src/config/leader-election-config.js';
import type { PendingCall } from '../../support/controllable-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { storedFor, toDraining, toRenewing } from '../support/paths.js';

async function toRenewingWhileDraining(c: Candidate): Promise<PendingCall> {
  await toDraining(c);
  await c.clock.advance(2_000);
  c.at('elected.draining.lease.renewing.writing');
  return c.lock.expectCall('update');
}

interface Place {
  readonly here: string;
  /** Where a success leads. */
  readonly next: string;
  readonly toWriting: (c: Candidate) => Promise<PendingCall>;
  /** Why the term ends already, if it does. */
  readonly reason?: EndReason;
}

/** The renewal stands in the chart twice. */
export const renewalEdges: EdgeTests = {
  ...edgesOf({ here: 'elected.renewing', next: 'elected.leading', toWriting: toRenewing }),
  ...edgesOf({
    here: 'elected.draining.lease.renewing',
    next: 'elected.draining.lease.holding',
    toWriting: toRenewingWhileDraining,
    // The first reason stands, also when the lease is lost before the work has ended.
    reason: 'stopped',
  }),
};

function edgesOf({ here, next, toWriting, reason }: Place): EdgeTests {
  /** Another client changed the object; it is read to see what remains of the lock. */
  const toReading = async (c: Candidate): Promise<void> => {
    await toWriting(c);
    await c.answer('update', c.lock.failure('conflict'));
    c.at(`${here}.reading`);
  };
  const toRetrying = async (c: Candidate): Promise<PendingCall> => {
    const write = await toWriting(c);
    await c.answer('update', c.lock.failure('network'));
    c.at(`${here}.retrying`);
    return write;
  };
  const lost = (c: Candidate, because: EndReason): void => {
    // Who drains was told already.
    c.at(reason === undefined ? 'lost.notifying' : 'lost.settling');
    assert.equal(c.context.endReason, reason ?? because);
    assert.equal(c.term.signal.aborted, true);
  };
  const renewed = (c: Candidate, sentAtMs: number): void => {
    c.at(next);
    assert.equal(c.context.lease?.validFrom.monotonicMs, sentAtMs);
    const [news] = c.newsOf('renewed');
    assert.equal(news?.leadingUntil.getTime(), c.term.acquiredAt.getTime() + sentAtMs + 10_000);
  };
  const failed = (c: Candidate, kind: string): void => {
    assert.equal(c.newsOf('renewFailed').at(-1)?.error.kind, kind);
  };

  return {
    [`${here}.writing done(renewal) if leaseLapsed`]: async (start) => {
      const c = start();
      await toWriting(c);
      c.clock.freeze(8_000);
      await c.lock.commit();
      lost(c, 'deadline');
      assert.equal(c.newsOf('renewed').length, 0);
    },

    [`${here}.writing done(renewal) if leaseIsTooShort`]: async (start) => {
      const c = start();
      const write = await toWriting(c);
      await write.answer(c.lock.ok(storedFor(10, write.record)));
      lost(c, 'deadline');
      assert.equal(c.newsOf('renewed').length, 0);
      assert.match(c.newsOf('renewFailed')[0]!.error.message, /stored as 10/);
      // What others go by: 10 s, from its sending.
      assert.equal(c.context.lease?.validFrom.monotonicMs, 2_000);
      assert.equal(c.context.lease.record.leaseDurationSeconds, 10);
    },

    [`${here}.reading done(readBack) if ownLeaseIsTooShort`]: async (start) => {
      const c = start();
      const write = await toWriting(c);
      await c.answer('update', c.lock.failure('conflict'));
      await c.answer('get', c.lock.ok(storedFor(10, write.record)));
      lost(c, 'deadline');
      assert.match(c.newsOf('renewFailed').at(-1)!.error.message, /stored as 10/);
      assert.equal(c.context.lease?.validFrom.monotonicMs, 2_000);
    },

    [`${here}.writing done(renewal) else`]: async (start) => {
      const c = start();
      await toWriting(c);
      await c.clock.advance(4_999);
      await c.lock.commit();
      renewed(c, 2_000);
      assert.equal(c.context.failures, 0);
    },

    [`${here}.writing error(renewal) if isFirstConflict`]: async (start) => {
      const c = start();
      await toWriting(c);
      await c.answer('update', c.lock.failure('conflict'));
      c.at(`${here}.reading`);
      await c.lock.expectCall('get');
      failed(c, 'conflict');
    },

    [`${here}.writing error(renewal) if objectVanished`]: async (start) => {
      const c = start();
      await toWriting(c);
      await c.answer('update', c.lock.failure('notFound'));
      c.at(`${here}.reading`);
      await c.answer('get', c.lock.failure('notFound'));
      c.at(`${here}.writing`);
      await c.lock.commit('create');
      renewed(c, 2_000);
      failed(c, 'notFound');
    },

    [`${here}.writing error(renewal) else`]: async (start) => {
      const c = start();
      await toWriting(c);
      await c.answer('update', c.lock.failure('serverError'));
      c.at(`${here}.retrying`);
      failed(c, 'serverError');
      assert.equal(c.newsOf('renewFailed')[0]?.remainingMs, 8_000);
    },

    [`${here}.writing after(requestTimeout)`]: async (start) => {
      const c = start();
      const write = await toWriting(c);
      await c.after(5_000, `${here}.writing`, `${here}.retrying`);
      assert.equal(write.signal?.aborted, true);
      failed(c, 'timeout');
    },

    [`${here}.reading done(readBack) if leaseLapsed`]: async (start) => {
      const c = start();
      await toReading(c);
      c.clock.freeze(8_000);
      await c.answer('get', c.lock.ok(c.context.lease?.record ?? null));
      lost(c, 'deadline');
    },

    [`${here}.reading done(readBack) if heldByAnother`]: async (start) => {
      const c = start();
      await toReading(c);
      await c.answer('get', c.lock.heldBy('other'));
      lost(c, 'superseded');
      assert.equal(c.context.leader, 'other');
      assert.equal(c.newsOf('newLeader').at(-1)?.identity, 'other');
    },

    [`${here}.reading done(readBack) if renewalWasCommitted`]: async (start) => {
      const c = start();
      const write = await toRetrying(c);
      await c.clock.advance(125);
      await c.answer('get', c.lock.ok(write.record));
      renewed(c, 2_000);
      assert.equal(c.context.lease?.confirmedAt.monotonicMs, 2_125);
      await c.lock.expectIdle();
    },

    [`${here}.reading done(readBack) else`]: async (start) => {
      const c = start();
      await toReading(c);
      // Somebody has set a label: the record is still the one that we wrote.
      const relabelled = c.lock.ok(c.context.lease?.record ?? null);
      await c.answer('get', relabelled);
      c.at(`${here}.writing`);
      const write = await c.lock.expectCall('update');
      assert.equal(write.base?.version, relabelled.ok && relabelled.version);
    },

    [`${here}.reading error(readBack)`]: async (start) => {
      const c = start();
      await toReading(c);
      await c.answer('get', c.lock.failure('throttled', 700));
      await c.after(700, `${here}.retrying`, `${here}.reading`);
      failed(c, 'throttled');
    },

    [`${here}.reading after(requestTimeout)`]: async (start) => {
      const c = start();
      await toReading(c);
      await c.after(5_000, `${here}.reading`, `${here}.retrying`);
      failed(c, 'timeout');
    },

    [`${here}.retrying after(retryDelay) if leaseLapsed`]: async (start) => {
      const c = start();
      await toRetrying(c);
      c.mark();
      c.clock.freeze(8_000);
      await c.clock.advance(0);
      lost(c, 'deadline');
      c.wentOnlyThrough(`${here}.retrying`, 'lost');
      await c.lock.expectIdle();
    },

    [`${here}.retrying after(retryDelay) else`]: async (start) => {
      const c = start();
      await toRetrying(c);
      await c.after(125, `${here}.retrying`, `${here}.reading`);
      await c.lock.expectCall('get');
    },
  };
}
