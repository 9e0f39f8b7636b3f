import assert from 'node:assert/strict';
import type { EndReason } from '../../../src/config/leader-election-config.js';
import type { PendingCall } from '../../support/controllable-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { storedFor, toLeading, toRenewing } from '../support/paths.js';

const leading = 'participating.elected.lease.leading';
const renewing = 'participating.elected.lease.renewing';

/** Another client changed the object; it is read to see what remains of the lock. */
async function toReading(c: Candidate): Promise<void> {
  await toRenewing(c);
  await c.answer('update', c.lock.failure('conflict'));
  c.at(`${renewing}.reading`);
}

async function toRetrying(c: Candidate): Promise<PendingCall> {
  const write = await toRenewing(c);
  await c.answer('update', c.lock.failure('network'));
  c.at(`${renewing}.retrying`);
  return write;
}

function lost(c: Candidate, reason: EndReason): void {
  c.at('lost.notifying');
  assert.deepEqual(c.stopReasons, [reason]);
  assert.equal(c.term.signal.aborted, true);
}

function renewed(c: Candidate, sentAtMs: number): void {
  c.at(leading);
  assert.equal(c.context.lease?.validFrom.monotonicMs, sentAtMs);
  const [news] = c.newsOf('renewed');
  assert.equal(news?.leadingUntil.getTime(), c.term.acquiredAt.getTime() + sentAtMs + 10_000);
}

function failed(c: Candidate, kind: string): void {
  assert.equal(c.newsOf('renewFailed').at(-1)?.error.kind, kind);
}

export const leaseEdges: EdgeTests = {
  [`${leading} lockChanged if recordGone`]: async (start) => {
    const c = start({ watched: true });
    await toLeading(c);
    await c.lock.watching.tell(c.lock.deletion());
    c.at(`${renewing}.writing`);
    const creation = await c.lock.commit('create');
    assert.equal(creation.record?.holderIdentity, 'me');
    c.at(leading);
    assert.equal(c.terms.length, 1);
  },

  [`${leading} after(retryPeriod)`]: async (start) => {
    const c = start();
    await toLeading(c);
    await c.after(2_000, leading, `${renewing}.writing`);
    const renewal = await c.lock.expectCall('update');
    assert.equal(renewal.record?.acquireTime, c.context.lease?.record.acquireTime);
    assert.notEqual(renewal.record?.renewTime, c.context.lease?.record.renewTime);
    assert.equal(renewal.base, c.context.lease?.base);
  },

  [`${renewing} done`]: async (start) => {
    const c = start();
    await toRenewing(c);
    await c.lock.commit();
    c.at(leading);
    await c.after(2_000, leading, `${renewing}.writing`);
  },

  [`${renewing}.writing done(renewal) if leaseIsTooShort`]: async (start) => {
    const c = start();
    const write = await toRenewing(c);
    await write.answer(c.lock.ok(storedFor(10, write.record)));
    lost(c, 'deadline');
    assert.equal(c.newsOf('renewFailed').at(-1)?.remainingMs, 8_000);
    assert.equal(c.newsOf('renewed').length, 0);
    assert.match(c.newsOf('renewFailed')[0]!.error.message, /stored as 10/);
    // What others go by: 10 s, from its sending.
    assert.equal(c.context.lease?.validFrom.monotonicMs, 2_000);
    assert.equal(c.context.lease.record.leaseDurationSeconds, 10);
  },

  [`${renewing}.writing done(renewal) else`]: async (start) => {
    const c = start();
    await toRenewing(c);
    await c.clock.advance(4_999);
    await c.lock.commit();
    renewed(c, 2_000);
    assert.equal(c.context.failures, 0);
  },

  [`${renewing}.writing error(renewal) if isFirstConflict`]: async (start) => {
    const c = start();
    await toRenewing(c);
    await c.answer('update', c.lock.failure('conflict'));
    c.at(`${renewing}.reading`);
    await c.lock.expectCall('get');
    failed(c, 'conflict');
  },

  [`${renewing}.writing error(renewal) if objectVanished`]: async (start) => {
    const c = start();
    await toRenewing(c);
    await c.answer('update', c.lock.failure('notFound'));
    c.at(`${renewing}.reading`);
    assert.equal(c.context.attempt, null);
    await c.answer('get', c.lock.failure('notFound'));
    c.at(`${renewing}.writing`);
    await c.lock.commit('create');
    renewed(c, 2_000);
    failed(c, 'notFound');
  },

  [`${renewing}.writing error(renewal) else`]: async (start) => {
    const c = start();
    await toRenewing(c);
    await c.answer('update', c.lock.failure('serverError'));
    c.at(`${renewing}.retrying`);
    failed(c, 'serverError');
    assert.equal(c.newsOf('renewFailed')[0]?.remainingMs, 8_000);
  },

  [`${renewing}.writing after(requestTimeout)`]: async (start) => {
    const c = start();
    const write = await toRenewing(c);
    await c.after(5_000, `${renewing}.writing`, `${renewing}.retrying`);
    assert.equal(write.signal?.aborted, true);
    failed(c, 'timeout');
  },

  [`${renewing}.reading done(readBack) if ownLeaseIsTooShort`]: async (start) => {
    const c = start();
    const write = await toRenewing(c);
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.ok(storedFor(10, write.record)));
    lost(c, 'deadline');
    assert.equal(c.newsOf('renewFailed').at(-1)?.remainingMs, 8_000);
    assert.match(c.newsOf('renewFailed').at(-1)!.error.message, /stored as 10/);
    assert.equal(c.context.lease?.validFrom.monotonicMs, 2_000);
  },

  [`${renewing}.reading done(readBack) if heldByAnother`]: async (start) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.heldBy('other'));
    lost(c, 'superseded');
    assert.equal(c.context.leader, 'other');
    assert.equal(c.newsOf('newLeader').at(-1)?.identity, 'other');
  },

  [`${renewing}.reading done(readBack) if renewalWasCommitted`]: async (start) => {
    const c = start();
    const write = await toRetrying(c);
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(write.record));
    renewed(c, 2_000);
    assert.equal(c.context.lease?.confirmedAt.monotonicMs, 2_125);
    await c.lock.expectIdle();
  },

  [`${renewing}.reading done(readBack) else`]: async (start) => {
    const c = start();
    await toReading(c);
    // Somebody has set a label: the record is still the one that we wrote.
    const relabelled = c.lock.ok(c.context.lease?.record ?? null);
    await c.answer('get', relabelled);
    c.at(`${renewing}.writing`);
    const write = await c.lock.expectCall('update');
    assert.equal(write.base?.version, relabelled.ok && relabelled.version);
  },

  [`${renewing}.reading error(readBack)`]: async (start) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.failure('throttled', 700));
    assert.notEqual(c.context.attempt, null);
    await c.after(700, `${renewing}.retrying`, `${renewing}.reading`);
    failed(c, 'throttled');
  },

  [`${renewing}.reading after(requestTimeout)`]: async (start) => {
    const c = start();
    await toReading(c);
    await c.after(5_000, `${renewing}.reading`, `${renewing}.retrying`);
    failed(c, 'timeout');
  },

  [`${renewing}.retrying after(retryDelay)`]: async (start) => {
    const c = start();
    await toRetrying(c);
    await c.after(125, `${renewing}.retrying`, `${renewing}.reading`);
    await c.lock.expectCall('get');
  },
};
