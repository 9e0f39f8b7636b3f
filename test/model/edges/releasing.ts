import assert from 'node:assert/strict';
import { settle } from '../../../src/testing/virtual-clock.js';
import type { PendingCall } from '../../support/controllable-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import * as paths from '../support/paths.js';

const rejoin = { onLost: 'rejoin' } as const;

async function toChecking(c: Candidate): Promise<PendingCall> {
  const claim = await paths.toChecking(c);
  c.mark();
  return claim;
}

async function toCheckingAfterFailure(c: Candidate): Promise<void> {
  await paths.toCheckingAfterFailure(c);
  c.mark();
}

async function toReleaseWriting(c: Candidate): Promise<PendingCall> {
  const release = await paths.toReleaseWriting(c);
  c.mark();
  return release;
}

/** Somebody else has the lock by now: nothing is left to release. */
async function endByAnother(c: Candidate): Promise<void> {
  await c.answer('get', c.lock.heldBy('other'));
}

function ended(c: Candidate, released: boolean): void {
  c.at('stopped');
  c.wentOnlyThrough('releasing', 'stopped');
  assert.deepEqual(c.newsOf('overrun'), []);
  assert.equal(c.newsOf('ended')[0]?.outcome.released, released);
  assert.equal(c.newsOf('released').length, released ? 1 : 0);
  assert.equal(c.clock.pendingTimers, 0);
}

export const releasingEdges: EdgeTests = {
  'releasing stop': async (start) => {
    const c = start(rejoin);
    await toCheckingAfterFailure(c);
    const read = await c.lock.expectCall('get');
    await c.send({ type: 'stop' });
    // What has begun goes on.
    c.at('releasing.checking');
    assert.equal(read.signal?.aborted, false);
    assert.equal(c.context.stopRequested, true);
    await endByAnother(c);
    ended(c, false);
  },

  'releasing done if shallRejoin': async (start) => {
    const c = start(rejoin);
    await toCheckingAfterFailure(c);
    await endByAnother(c);
    c.at('rejoining');
    c.wentOnlyThrough('releasing', 'rejoining');
    assert.equal(c.newsOf('ended').length, 0);
  },

  'releasing done else': async (start) => {
    const c = start();
    await toChecking(c);
    await endByAnother(c);
    ended(c, false);
  },

  'releasing after(lastWrite) if shallRejoin': async (start) => {
    const c = start(rejoin);
    await toCheckingAfterFailure(c);
    await c.after(15_000, 'releasing', 'rejoining');
    c.wentOnlyThrough('releasing', 'rejoining');
    assert.equal(c.context.released, false);
    await c.lock.expectIdle();
  },

  'releasing after(lastWrite) else': async (start) => {
    const c = start();
    await toChecking(c);
    await c.after(15_000, 'releasing', 'stopped');
    ended(c, false);
    await c.lock.expectIdle();
  },

  'releasing.beginning always if ownWriteIsLast': async (start) => {
    const c = start();
    await paths.toFinishing(c);
    const base = c.context.lease?.base;
    c.work.resolve();
    await settle();
    c.at('releasing.writing');
    const release = await c.lock.expectCall('update');
    assert.equal(release.record?.holderIdentity, '');
    assert.equal(release.base, base);
    await c.lock.commit();
    c.at('stopped');
    assert.equal(c.newsOf('ended')[0]?.outcome.released, true);
  },

  'releasing.beginning always else': async (start) => {
    const c = start();
    const claim = await toChecking(c);
    await c.answer('get', c.lock.ok(claim.record));
    await c.lock.commit();
    ended(c, true);
  },

  'releasing.checking done(readBack) if stillHeldByUs': async (start) => {
    const c = start();
    const claim = await toChecking(c);
    const found = c.lock.ok(claim.record);
    await c.answer('get', found);
    c.at('releasing.writing');
    const { record, base } = await c.lock.expectCall('update');
    assert.equal(record?.holderIdentity, '');
    assert.equal(record?.leaseDurationSeconds, 1);
    assert.equal(record?.leaderTransitions, claim.record?.leaderTransitions);
    assert.equal(base?.version, found.ok && found.version);
  },

  'releasing.checking done(readBack) if releaseWasCommitted': async (start) => {
    const c = start();
    const release = await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(release.record));
    ended(c, true);
    assert.equal(c.context.observation?.snapshot?.record?.isReleased, true);
  },

  'releasing done if hasNotLed': async (start) => {
    const c = start(rejoin);
    const claim = await paths.toClaiming(c);
    await claim.answer(c.lock.ok(paths.storedFor(10, claim.record)));
    await c.answer('get', c.lock.ok(paths.storedFor(10, claim.record)));
    await c.lock.commit();
    c.at('participating.acquiring.backingOff');
    assert.equal(c.context.attempt, null);
    assert.equal(c.newsOf('released').length, 1);
    assert.equal(c.newsOf('ended').length, 0);
  },

  'releasing after(lastWrite) if hasNotLed': async (start) => {
    const c = start(rejoin);
    const claim = await paths.toClaiming(c);
    await claim.answer(c.lock.ok(paths.storedFor(10, claim.record)));
    await c.clock.advance(15_000);
    c.at('participating.acquiring.backingOff');
    assert.equal(c.context.attempt, null);
    assert.equal(c.newsOf('released').length, 0);
  },

  'releasing.checking done(readBack) else': async (start) => {
    const c = start();
    await toChecking(c);
    await c.answer('get', c.lock.heldBy('other'));
    ended(c, false);
    assert.equal(c.context.leader, 'other');
    await c.lock.expectIdle();
  },

  'releasing.checking error(readBack)': async (start) => {
    const c = start();
    await toChecking(c);
    await c.answer('get', c.lock.failure('forbidden'));
    c.at('releasing.retrying');
    assert.notEqual(c.context.attempt, null);
    assert.equal(c.newsOf('releaseFailed')[0]?.error.kind, 'forbidden');
  },

  'releasing.checking after(requestTimeout)': async (start) => {
    const c = start();
    await toChecking(c);
    const read = await c.lock.expectCall('get');
    await c.after(5_000, 'releasing.checking', 'releasing.retrying');
    assert.equal(read.signal?.aborted, true);
    assert.equal(c.newsOf('releaseFailed')[0]?.error.kind, 'timeout');
  },

  'releasing.writing done(release)': async (start) => {
    const c = start();
    await toReleaseWriting(c);
    await c.lock.commit();
    ended(c, true);
  },

  'releasing.writing error(release) if isFirstConflict': async (start) => {
    const c = start();
    await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('conflict'));
    c.at('releasing.checking');
    c.wentOnlyThrough('releasing');
    await c.lock.expectCall('get');
    assert.equal(c.newsOf('releaseFailed')[0]?.error.kind, 'conflict');
  },

  'releasing.writing error(release) else': async (start) => {
    const c = start();
    await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('serverError'));
    c.at('releasing.retrying');
    assert.equal(c.newsOf('releaseFailed')[0]?.error.kind, 'serverError');
    assert.equal(c.context.answerDue, false);
  },

  'releasing.writing after(requestTimeout)': async (start) => {
    const c = start();
    const release = await toReleaseWriting(c);
    await c.after(5_000, 'releasing.writing', 'releasing.retrying');
    assert.equal(release.signal?.aborted, true);
    assert.equal(c.newsOf('releaseFailed')[0]?.error.kind, 'timeout');
  },

  'releasing.retrying after(retryDelay)': async (start) => {
    const c = start();
    await toReleaseWriting(c);
    await c.answer('update', c.lock.failure('network'));
    await c.after(125, 'releasing.retrying', 'releasing.checking');
    c.wentOnlyThrough('releasing');
    await c.lock.expectCall('get');
  },
};
