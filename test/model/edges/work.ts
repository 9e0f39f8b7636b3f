import assert from 'node:assert/strict';
import { fromPromise } from 'xstate';
import { settle } from '../../../src/testing/virtual-clock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { asking } from '../support/step-down.js';
import { toDraining, toEnded, toFinishing, toLeading, toRenewing } from '../support/paths.js';

const leading = 'participating.elected.lease.leading';
const draining = 'participating.elected.work.draining';

async function drains(c: Candidate, reason: string): Promise<void> {
  c.at(`${draining}.stopping`);
  c.at(leading);
  await c.lock.expectIdle();
  assert.equal(c.terms.length, 1);
  assert.equal(c.context.endReason, reason);
  assert.equal(c.term.signal.aborted, true);
  assert.equal(c.context.term?.holdsLock(), true);
  assert.deepEqual(c.newsOf('draining'), [{ type: 'draining', reason }]);
}

export const workEdges: EdgeTests = {
  'participating.elected.work done(work) if releaseWhenDone': async (start) => {
    const c = start({ releaseWhenDone: true });
    await toLeading(c);
    c.work.resolve();
    await settle();
    await drains(c, 'finished');
    assert.equal(c.context.stopRequested, true);
    assert.deepEqual(c.stopReasons, ['finished']);
  },

  'participating.elected.work error(work) if termIsOn': async (start) => {
    const c = start();
    await toLeading(c);
    const error = new Error('the work failed');
    c.work.reject(error);
    await settle();
    await drains(c, 'failed');
    assert.equal(c.context.workError, error);
    const failed = { type: 'callbackFailed', callback: 'onStartedLeading', error };
    assert.deepEqual(c.newsOf('callbackFailed'), [failed]);
  },

  'participating.elected.work error(work) else': async (start) => {
    const c = start();
    await toDraining(c);
    const error = new Error('the work failed while it wound down');
    c.work.reject(error);
    await settle();
    await drains(c, 'stopped');
    assert.equal(c.context.workError, error);
    assert.equal(c.newsOf('callbackFailed').length, 1);
    assert.deepEqual(c.stopReasons, ['stopped']);
  },

  'participating.elected.work.running always if askedToStepDown': async (start) => {
    const c = start();
    await toRenewing(c);
    // Whoever asked has written before us; nobody watches.
    await c.answer('update', c.lock.failure('conflict'));
    const asked = asking(c);
    await c.answer('get', { ok: true, ...asked });
    const renewal = await c.lock.expectCall('update');
    assert.equal(renewal.base?.version, asked.version);
    await renewal.answer({ ok: true, ...c.lock.snapshot(renewal.record, null, asked.object) });
    await drains(c, 'steppedDown');
  },

  'participating.elected.work.running lockChanged if asksToStepDown': async (start) => {
    const c = start({ watched: true });
    await toLeading(c);
    await c.lock.watching.changed(asking(c));
    await drains(c, 'steppedDown');
  },

  'participating.elected.work.running stop if nothingToWaitFor': async (start) => {
    const c = start({ onStoppedLeading: undefined as never });
    await toLeading(c);
    const { term } = c;
    c.work.resolve();
    await settle();
    c.at(leading);
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

  'participating.elected.work.running stop else': async (start) => {
    const c = start();
    await toLeading(c);
    await c.send({ type: 'stop' });
    await drains(c, 'stopped');
    assert.equal(c.context.stopRequested, true);
    assert.equal(c.actor.getSnapshot().hasTag('leader'), true);
  },

  [`${draining} after(drainTimeout)`]: async (start) => {
    const c = start({ drainTimeoutSeconds: 1 });
    await toDraining(c);
    await c.after(1_000, draining, 'lost.settling');
    assert.deepEqual(c.stopReasons, ['stopped']);
    assert.deepEqual(c.newsOf('drainTimeout'), [{ type: 'drainTimeout', workFinished: false }]);
    assert.equal(c.newsOf('ended')[0]?.outcome.reason, 'drainTimeout');
    assert.equal(c.context.term?.holdsLock(), false);
    await c.lock.expectIdle();
  },

  [`${draining}.stopping done(onStoppedLeading)`]: async (start) => {
    const c = start();
    await toDraining(c);
    assert.deepEqual(c.stopReasons, ['stopped']);
    assert.equal(c.newsOf('stoppedLeading').length, 1);
    c.stopping.resolve();
    await settle();
    c.at(`${draining}.finishing`);
    c.at(leading);
    assert.deepEqual(c.stopReasons, ['stopped']);
  },

  [`${draining}.stopping error(onStoppedLeading)`]: async (start) => {
    const c = start();
    await toDraining(c);
    const error = new Error('the callback failed');
    c.stopping.reject(error);
    await settle();
    c.at(`${draining}.finishing`);
    const failed = { type: 'callbackFailed', callback: 'onStoppedLeading', error };
    assert.deepEqual(c.newsOf('callbackFailed'), [failed]);
  },

  [`${draining}.finishing done(workSettled)`]: async (start) => {
    const c = start();
    await toFinishing(c);
    c.work.resolve();
    await settle();
    c.at('releasing.writing');
    assert.equal(c.context.term?.holdsLock(), false);
    await c.lock.expectCall('update');
  },

  [`${draining}.finishing error(workSettled)`]: async (start) => {
    const broken = fromPromise<never, never>(() => Promise.reject(new Error('broken')));
    const c = start({}, { workSettled: broken as never });
    const renewal = await toRenewing(c);
    await c.send({ type: 'stop' });
    c.stopping.resolve();
    await settle();
    c.at('participating.elected.work.ended');
    assert.equal(renewal.signal?.aborted, false);
    await c.lock.commit();
    c.at('releasing.writing');
    assert.equal(c.context.released, false);
  },

  'participating.elected.work.ended always if noAnswerDue': async (start) => {
    const c = start();
    await toEnded(c);
    const renewal = await c.lock.expectCall('update');
    assert.equal(renewal.signal?.aborted, false);
    assert.equal(c.context.term?.holdsLock(), true);
    await c.lock.commit();
    // What was answered is what the release is based on.
    c.at('releasing.writing');
    const release = await c.lock.expectCall('update');
    assert.equal(release.record?.isReleased, true);
    assert.equal(release.base, c.context.lease?.base);
  },
};
