import assert from 'node:assert/strict';
import { fromPromise } from 'xstate';
import { settle } from '../../../src/testing/virtual-clock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import * as paths from '../support/paths.js';
import { toDraining, toFinishing, toLeading } from '../support/paths.js';

const holding = 'elected.draining.lease.holding';
const renewing = 'elected.draining.lease.renewing';

/**
 * Stopped 2 s after the claim, when the server had just asked for a longer pause than the term has
 * left: its deadline comes first.
 */
async function toDrainingThrottled(c: Candidate): Promise<void> {
  await paths.toRenewing(c);
  await c.answer('update', c.lock.failure('throttled', 60_000));
  await c.send({ type: 'stop' });
  c.at(holding);
}

async function toRenewing(c: Candidate): Promise<void> {
  await toDraining(c);
  await c.clock.advance(2_000);
  c.at(`${renewing}.writing`);
}

/** The deadline passed while draining: the first reason stands, and was told. */
function lost(c: Candidate): void {
  c.at('lost.settling');
  assert.equal(c.context.endReason, 'stopped');
  assert.equal(c.context.term?.holdsLock(), false);
  assert.deepEqual(c.stopReasons, ['stopped']);
}

export const drainingEdges: EdgeTests = {
  'elected.draining stop': async (start) => {
    const c = start({ onLost: 'rejoin' });
    await toLeading(c);
    c.work.reject(new Error('the work failed'));
    await settle();
    c.at('elected.draining.work.stopping');
    assert.equal(c.context.stopRequested, false);
    c.mark();
    await c.send({ type: 'stop' });
    c.at('elected.draining.work.stopping');
    c.at(holding);
    assert.equal(c.context.stopRequested, true);
    assert.equal(c.newsOf('renewed').length, 0);
  },

  'elected.draining after(drainTimeout)': async (start) => {
    const c = start({ drainTimeoutSeconds: 1 });
    await toDraining(c);
    await c.after(1_000, holding, 'lost.settling');
    assert.deepEqual(c.stopReasons, ['stopped']);
    assert.deepEqual(c.newsOf('drainTimeout'), [{ type: 'drainTimeout', workFinished: false }]);
    assert.equal(c.newsOf('ended')[0]?.outcome.reason, 'drainTimeout');
    assert.equal(c.context.term?.holdsLock(), false);
    await c.lock.expectIdle();
  },

  [`${holding} after(retryPeriod) if leaseLapsed`]: async (start) => {
    const c = start();
    await toDraining(c);
    c.clock.freeze(10_000);
    await c.clock.advance(0);
    lost(c);
    assert.match(c.visited.at(-2) ?? '', /lease\.holding/);
  },

  [`${holding} after(retryPeriod) else`]: async (start) => {
    const c = start();
    await toDraining(c);
    await c.after(2_000, holding, `${renewing}.writing`);
    const renewal = await c.lock.expectCall('update');
    assert.equal(renewal.record?.holderIdentity, 'me');
  },

  [`${holding} after(renewDeadline) if leaseLapsed`]: async (start) => {
    const c = start();
    await toDrainingThrottled(c);
    await c.after(8_000, holding, 'lost');
    lost(c);
    assert.match(c.visited.at(-2) ?? '', /lease\.holding/);
  },

  [`${holding} after(renewDeadline) else`]: async (start) => {
    const c = start();
    c.clock.earlyMs = 1;
    await toDrainingThrottled(c);
    await c.after(7_999, holding, `${renewing}.writing`);
    await c.clock.advance(1);
    lost(c);
  },

  [`${renewing} done`]: async (start) => {
    const c = start();
    await toRenewing(c);
    await c.lock.commit();
    c.at(holding);
    await c.after(2_000, holding, `${renewing}.writing`);
  },

  [`${renewing} after(renewDeadline) if leaseLapsed`]: async (start) => {
    const c = start();
    await toRenewing(c);
    c.mark();
    await c.after(8_000, renewing, 'lost');
    c.wentOnlyThrough(renewing, 'lost');
    lost(c);
  },

  [`${renewing} after(renewDeadline) else`]: async (start) => {
    const c = start();
    c.clock.earlyMs = 1;
    await toRenewing(c);
    c.mark();
    await c.clock.advance(7_999);
    c.wentOnlyThrough(renewing);
    c.at(`${renewing}.writing`);
    await c.clock.advance(1);
    lost(c);
  },

  'elected.draining.work.stopping done(onStoppedLeading)': async (start) => {
    const c = start();
    await toDraining(c);
    assert.deepEqual(c.stopReasons, ['stopped']);
    assert.equal(c.newsOf('stoppedLeading').length, 1);
    c.stopping.resolve();
    await settle();
    c.at('elected.draining.work.finishing');
    c.at(holding);
    assert.deepEqual(c.stopReasons, ['stopped']);
  },

  'elected.draining.work.stopping error(onStoppedLeading)': async (start) => {
    const c = start();
    await toDraining(c);
    const error = new Error('the callback failed');
    c.stopping.reject(error);
    await settle();
    c.at('elected.draining.work.finishing');
    const failed = { type: 'callbackFailed', callback: 'onStoppedLeading', error };
    assert.deepEqual(c.newsOf('callbackFailed'), [failed]);
  },

  'elected.draining.work.finishing done(workSettled)': async (start) => {
    const c = start();
    await toFinishing(c);
    c.work.resolve();
    await settle();
    c.at('releasing.writing');
    assert.equal(c.context.term?.holdsLock(), false);
    await c.lock.expectCall('update');
  },

  'elected.draining.work.finishing error(workSettled)': async (start) => {
    const broken = fromPromise<never, never>(() => Promise.reject(new Error('broken')));
    const c = start({}, { workSettled: broken as never });
    await toDraining(c);
    c.stopping.resolve();
    await settle();
    c.at('releasing.writing');
    assert.equal(c.context.released, false);
  },
};
