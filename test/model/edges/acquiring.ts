import assert from 'node:assert/strict';
import type { EdgeTests } from '../support/edge-test.js';
import {
  storedFor,
  toClaiming,
  toConfirming,
  toReading,
  toUnansweredClaim,
  toWaiting,
} from '../support/paths.js';

export const acquiringEdges: EdgeTests = {
  'participating.acquiring stop if writeUnanswered': async (start) => {
    const c = start();
    const claim = await toUnansweredClaim(c);
    await c.send({ type: 'stop' });
    c.at('releasing.checking');
    assert.equal(c.context.stopRequested, true);
    await c.answer('get', c.lock.ok(claim.record));
    const release = await c.lock.commit();
    assert.equal(release.record?.holderIdentity, '');
    assert.equal(c.newsOf('ended')[0]?.outcome.released, true);
    assert.equal(c.terms.length, 0);
  },

  'participating.acquiring stop else': async (start) => {
    const c = start();
    await toReading(c);
    const read = await c.lock.expectCall('get');
    await c.send({ type: 'stop' });
    c.at('stopped');
    assert.equal(read.signal?.aborted, true);
    assert.equal(c.context.stopRequested, true);
    assert.equal(c.newsOf('ended')[0]?.outcome.led, false);
    await c.lock.expectIdle();
  },

  'participating.acquiring.reading done(readLock)': async (start) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.heldBy('other'));
    c.at('participating.acquiring.waiting');
    assert.equal(c.context.leader, 'other');
    assert.equal(c.context.observation?.expiresAtMs, 15_000);
    assert.deepEqual(c.newsOf('newLeader'), [{ type: 'newLeader', identity: 'other' }]);
  },

  'participating.acquiring.reading error(readLock)': async (start) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.failure('serverError'));
    c.at('participating.acquiring.backingOff');
    assert.equal(c.context.failures, 1);
    assert.equal(c.newsOf('acquireFailed')[0]?.error.kind, 'serverError');
  },

  'participating.acquiring.reading after(requestTimeout)': async (start) => {
    const c = start();
    await toReading(c);
    const read = await c.lock.expectCall('get');
    c.mark();
    await c.after(5_000, 'participating.acquiring.reading', 'participating.acquiring.backingOff');
    c.wentOnlyThrough('participating.acquiring');
    assert.equal(read.signal?.aborted, true);
    assert.equal(c.newsOf('acquireFailed')[0]?.error.kind, 'timeout');
  },

  'participating.acquiring.deciding always if lockIsFree': async (start) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.failure('notFound'));
    c.at('participating.acquiring.claiming');
    const claim = await c.lock.expectCall('create');
    assert.equal(claim.record?.holderIdentity, 'me');
  },

  'participating.acquiring.deciding always else': async (start) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.heldBy('other'));
    c.at('participating.acquiring.waiting');
    assert.equal(c.context.decision?.kind, 'wait');
    await c.lock.expectIdle();
  },

  'participating.acquiring.claiming stop': async (start) => {
    const c = start();
    const claim = await toClaiming(c);
    await c.send({ type: 'stop' });
    c.at('participating.acquiring.claiming');
    assert.equal(c.context.stopRequested, true);
    assert.equal(claim.signal?.aborted, false);
  },

  'participating.acquiring.claiming done(claim) if stopRequested': async (start) => {
    const c = start();
    await toClaiming(c);
    await c.send({ type: 'stop' });
    const claim = await c.lock.commit();
    c.at('releasing.checking');
    assert.equal(c.terms.length, 0);
    await c.answer('get', c.lock.ok(claim.record));
    await c.lock.commit();
    const outcome = { reason: 'stopped', led: false, released: true, workFinished: true };
    assert.deepEqual(c.newsOf('ended')[0]?.outcome, outcome);
  },

  'participating.acquiring.claiming done(claim) if leaseIsTooShort': async (start) => {
    const c = start();
    const claim = await toClaiming(c);
    await claim.answer(c.lock.ok(storedFor(10, claim.record)));
    c.at('releasing.checking');
    assert.equal(c.terms.length, 0);
    const [failed] = c.newsOf('acquireFailed');
    assert.match(failed!.error.message, /leaseDurationSeconds was written as 15 and stored as 10/);
    assert.match(failed!.error.message, /not above renewDeadlineSeconds \(10\)/);
    // First what has happened, and then what follows from it.
    const told = c.news.map(({ type }) => type).filter((type) => /Altered|Failed/.test(type));
    assert.deepEqual(told, ['recordAltered', 'acquireFailed']);
    await c.answer('get', c.lock.ok(storedFor(10, claim.record)));
    c.at('releasing.writing');
  },

  'participating.acquiring.claiming done(claim) if claimIsFresh': async (start) => {
    const c = start();
    await toClaiming(c);
    await c.clock.advance(4_999);
    await c.lock.commit();
    c.at('participating.elected.lease.leading');
    assert.equal(c.context.lease?.validFrom.monotonicMs, 0);
    assert.equal(c.context.leader, 'me');
    assert.equal(c.term.isLeading(), true);
    assert.equal(c.newsOf('startedLeading').length, 1);
  },

  'participating.acquiring.claiming done(claim) else': async (start) => {
    const c = start();
    await toClaiming(c);
    // The process was stopped for as long as the claim was good for.
    c.clock.freeze(10_000);
    await c.lock.commit();
    c.at('participating.acquiring.confirming');
    await c.lock.expectCall('get');
    assert.equal(c.terms.length, 0);
  },

  'participating.acquiring.claiming error(claim) if stopRequested': async (start) => {
    const c = start();
    const claim = await toClaiming(c);
    await c.send({ type: 'stop' });
    await c.answer('update', c.lock.failure('network'));
    c.at('releasing.checking');
    assert.equal(c.newsOf('acquireFailed')[0]?.error.kind, 'network');
    await c.answer('get', c.lock.ok(claim.record));
    c.at('releasing.writing');
  },

  'participating.acquiring.claiming error(claim) if isFirstConflict': async (start) => {
    const c = start();
    await toClaiming(c);
    await c.answer('update', c.lock.failure('conflict'));
    c.at('participating.acquiring.confirming');
    assert.notEqual(c.context.attempt, null);
    assert.equal(c.newsOf('acquireFailed')[0]?.error.kind, 'conflict');
    assert.equal(c.context.contentionWindowMs, 200);
    await c.lock.expectCall('get');
  },

  'participating.acquiring.claiming error(claim) else': async (start) => {
    const c = start();
    await toClaiming(c);
    await c.answer('update', c.lock.failure('serverError'));
    c.at('participating.acquiring.backingOff');
    assert.notEqual(c.context.attempt, null);
    assert.equal(c.newsOf('acquireFailed')[0]?.error.kind, 'serverError');
  },

  'participating.acquiring.claiming after(requestTimeout) if stopRequested': async (start) => {
    const c = start();
    const claim = await toClaiming(c);
    await c.send({ type: 'stop' });
    await c.after(5_000, 'participating.acquiring.claiming', 'releasing.checking');
    assert.equal(claim.signal?.aborted, true);
    assert.equal(c.newsOf('acquireFailed')[0]?.error.kind, 'timeout');
  },

  'participating.acquiring.claiming after(requestTimeout) else': async (start) => {
    const c = start();
    const claim = await toClaiming(c);
    await c.after(5_000, 'participating.acquiring.claiming', 'participating.acquiring.backingOff');
    assert.equal(claim.signal?.aborted, true);
    assert.equal(c.context.attempt?.record, claim.record);
    assert.equal(c.newsOf('acquireFailed')[0]?.error.kind, 'timeout');
  },

  'participating.acquiring.confirming done(readBack) if ownLeaseIsTooShort': async (start) => {
    const c = start();
    const claim = await toConfirming(c);
    await c.answer('get', c.lock.ok(storedFor(10, claim.record)));
    c.at('releasing.checking');
    assert.equal(c.terms.length, 0);
    assert.match(c.newsOf('acquireFailed').at(-1)!.error.message, /stored as 10/);
  },

  'participating.acquiring.confirming done(readBack) if claimWasCommitted': async (start) => {
    const c = start();
    const claim = await toConfirming(c);
    await c.answer('get', c.lock.ok(claim.record));
    c.at('participating.elected.lease.leading');
    assert.equal(c.context.lease?.validFrom.monotonicMs, 0);
    assert.equal(c.term.leadingUntil.getTime() - c.term.acquiredAt.getTime(), 10_000);
  },

  'participating.acquiring.confirming done(readBack) else': async (start) => {
    const c = start();
    await toConfirming(c);
    await c.answer('get', c.lock.heldBy('other'));
    c.at('participating.acquiring.waiting');
    assert.equal(c.context.attempt, null);
    assert.equal(c.context.leader, 'other');
  },

  'participating.acquiring.confirming error(readBack)': async (start) => {
    const c = start();
    await toConfirming(c);
    await c.answer('get', c.lock.failure('forbidden'));
    c.at('participating.acquiring.backingOff');
    // That a read is refused says nothing of the write that it looks for.
    assert.notEqual(c.context.attempt, null);
    assert.equal(c.newsOf('acquireFailed')[1]?.error.kind, 'forbidden');
  },

  'participating.acquiring.confirming after(requestTimeout)': async (start) => {
    const c = start();
    await toConfirming(c);
    await c.after(
      5_000,
      'participating.acquiring.confirming',
      'participating.acquiring.backingOff',
    );
    assert.equal(c.newsOf('acquireFailed')[1]?.error.kind, 'timeout');
  },

  'participating.acquiring.waiting wake': async (start) => {
    const c = start();
    await toWaiting(c);
    await c.send({ type: 'wake' });
    c.at('participating.acquiring.reading');
    await c.lock.expectCall('get');
  },

  'participating.acquiring.waiting after(pollInterval)': async (start) => {
    const c = start();
    await toWaiting(c);
    await c.after(2_000, 'participating.acquiring.waiting', 'participating.acquiring.reading');
  },

  'participating.acquiring.waiting after(leaseDuration) if leaseExpired': async (start) => {
    const c = start();
    await toWaiting(c, 1);
    c.mark();
    await c.after(1_000, 'participating.acquiring.waiting', 'participating.acquiring.reading');
    c.wentOnlyThrough(
      'participating.acquiring.waiting',
      'participating.acquiring.holdingBack',
      'participating.acquiring.reading',
    );
    assert.ok(c.visited.includes('participating.acquiring.holdingBack'));
    await c.answer('get', c.lock.ok(c.context.observation?.snapshot?.record ?? null));
    c.at('participating.acquiring.claiming');
  },

  'participating.acquiring.waiting after(leaseDuration) else': async (start) => {
    const c = start();
    c.clock.earlyMs = 1;
    await toWaiting(c, 1);
    await c.clock.advance(999);
    c.at('participating.acquiring.waiting');
    assert.equal(c.context.contentionWindowMs, 32);
    await c.clock.advance(1);
    c.at('participating.acquiring.reading');
    // Nobody spins while it waits for the rest.
    assert.ok(c.clock.timersSet < 20);
  },

  'participating.acquiring.backingOff after(retryDelay) if writeUnanswered': async (start) => {
    const c = start();
    await toUnansweredClaim(c);
    await c.after(125, 'participating.acquiring.backingOff', 'participating.acquiring.confirming');
    await c.lock.expectCall('get');
  },

  'participating.acquiring.backingOff after(retryDelay) else': async (start) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.failure('forbidden'));
    await c.after(125, 'participating.acquiring.backingOff', 'participating.acquiring.reading');
    await c.answer('get', c.lock.heldBy('other'));
    assert.equal(c.context.failures, 0);
  },
};
