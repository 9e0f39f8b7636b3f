import assert from 'node:assert/strict';
import { settle } from '../../../src/testing/virtual-clock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { toDraining, toLeading, toRenewing } from '../support/paths.js';

function lostByDeadline(c: Candidate): void {
  c.at('lost.notifying');
  assert.equal(c.context.endReason, 'deadline');
  assert.equal(c.term.signal.aborted, true);
  assert.deepEqual(c.stopReasons, ['deadline']);
}

async function draining(c: Candidate, reason: string): Promise<void> {
  c.at('elected.draining.lease.holding');
  await c.lock.expectIdle();
  assert.equal(c.context.endReason, reason);
  assert.equal(c.term.signal.aborted, true);
  assert.deepEqual(c.newsOf('draining'), [{ type: 'draining', reason }]);
}

export const electedEdges: EdgeTests = {
  'elected lapse if leaseLapsed': async (start) => {
    const c = start();
    await toLeading(c);
    await c.send({ type: 'lapse' });
    c.at('elected.leading');
    c.clock.freeze(10_000);
    await c.send({ type: 'lapse' });
    lostByDeadline(c);
  },

  'elected done(work) if releaseWhenDone': async (start) => {
    const c = start({ releaseWhenDone: true });
    await toLeading(c);
    c.work.resolve();
    await settle();
    await draining(c, 'finished');
    assert.equal(c.context.stopRequested, true);
    assert.deepEqual(c.stopReasons, ['finished']);
  },

  'elected done(work) if leaseLapsed': async (start) => {
    const c = start({ releaseWhenDone: true });
    await toLeading(c);
    c.clock.freeze(10_000);
    c.work.resolve();
    await settle();
    lostByDeadline(c);
    assert.deepEqual(c.newsOf('draining'), []);
    await c.lock.expectIdle();
  },

  'elected error(work) if leaseLapsed': async (start) => {
    const c = start();
    await toLeading(c);
    c.clock.freeze(10_000);
    const error = new Error('the work failed');
    c.work.reject(error);
    await settle();
    lostByDeadline(c);
    assert.equal(c.context.workError, error);
    assert.deepEqual(c.newsOf('draining'), []);
    await c.lock.expectIdle();
  },

  'elected error(work) if termIsOn': async (start) => {
    const c = start();
    await toLeading(c);
    const error = new Error('the work failed');
    c.work.reject(error);
    await settle();
    await draining(c, 'failed');
    assert.equal(c.context.workError, error);
    const failed = { type: 'callbackFailed', callback: 'onStartedLeading', error };
    assert.deepEqual(c.newsOf('callbackFailed'), [failed]);
  },

  'elected error(work) else': async (start) => {
    const c = start();
    await toDraining(c);
    const error = new Error('the work failed while it wound down');
    c.work.reject(error);
    await settle();
    await draining(c, 'stopped');
    assert.equal(c.context.workError, error);
    assert.equal(c.newsOf('callbackFailed').length, 1);
    assert.deepEqual(c.stopReasons, ['stopped']);
  },

  'elected.leading stop if nothingToWaitFor': async (start) => {
    const c = start({ onStoppedLeading: undefined as never });
    await toLeading(c);
    const { term } = c;
    c.work.resolve();
    await settle();
    c.at('elected.leading');
    c.actor.send({ type: 'stop' });
    // In this very step.
    c.at('releasing.writing');
    const release = await c.lock.expectCall('update');
    assert.equal(release.record?.isReleased, true);
    assert.equal(term.signal.aborted, true);
    assert.equal(c.context.endReason, 'stopped');
    assert.equal(c.context.stopRequested, true);
    assert.deepEqual(c.news.slice(-2), [
      { type: 'draining', reason: 'stopped' },
      { type: 'stoppedLeading', reason: 'stopped' },
    ]);
  },

  'elected.leading stop else': async (start) => {
    const c = start();
    await toLeading(c);
    await c.send({ type: 'stop' });
    await draining(c, 'stopped');
    assert.equal(c.context.stopRequested, true);
    assert.equal(c.actor.getSnapshot().hasTag('leader'), true);
  },

  'elected.leading after(retryPeriod) if leaseLapsed': async (start) => {
    const c = start();
    await toLeading(c);
    c.clock.freeze(10_000);
    await c.clock.advance(0);
    lostByDeadline(c);
    assert.equal(c.visited.at(-2), 'elected.leading');
    await c.lock.expectIdle();
  },

  'elected.leading after(retryPeriod) else': async (start) => {
    const c = start();
    await toLeading(c);
    await c.after(2_000, 'elected.leading', 'elected.renewing.writing');
    const renewal = await c.lock.expectCall('update');
    assert.equal(renewal.record?.acquireTime, c.context.lease?.record.acquireTime);
    assert.notEqual(renewal.record?.renewTime, c.context.lease?.record.renewTime);
    assert.equal(renewal.base, c.context.lease?.base);
  },

  'elected.renewing stop': async (start) => {
    const c = start();
    const renewal = await toRenewing(c);
    await c.send({ type: 'stop' });
    await draining(c, 'stopped');
    assert.equal(c.context.stopRequested, true);
    assert.equal(renewal.signal?.aborted, true);
  },

  'elected.renewing done': async (start) => {
    const c = start();
    await toRenewing(c);
    await c.lock.commit();
    c.at('elected.leading');
    await c.after(2_000, 'elected.leading', 'elected.renewing.writing');
  },

  'elected.renewing after(renewDeadline) if leaseLapsed': async (start) => {
    const c = start();
    await toRenewing(c);
    c.mark();
    await c.after(8_000, 'elected.renewing', 'lost');
    c.wentOnlyThrough('elected.renewing', 'lost');
    lostByDeadline(c);
  },

  'elected.renewing after(renewDeadline) else': async (start) => {
    const c = start();
    c.clock.earlyMs = 1;
    await toRenewing(c);
    c.mark();
    await c.clock.advance(7_999);
    c.wentOnlyThrough('elected.renewing');
    c.at('elected.renewing.writing');
    await c.clock.advance(1);
    lostByDeadline(c);
  },
};
