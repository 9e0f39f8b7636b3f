import assert from 'node:assert/strict';
import { fromPromise } from 'xstate';
import { settle } from '../../../src/testing/virtual-clock.js';
import type { EdgeTests, Start } from '../support/edge-test.js';
import {
  toConcluding,
  toDraining,
  toLeading,
  toNotifying,
  toOverrun,
  toSettling,
} from '../support/paths.js';

const rejoin = { onLost: 'rejoin' } as const;

/** Waiting for the work hangs this many times, and then breaks. */
function brokenAfter(hangs: number): Parameters<Start>[1] {
  let calls = 0;
  const never = new Promise<never>(() => undefined);
  const broken = fromPromise<never, never>(() => {
    calls += 1;
    return calls <= hangs ? never : Promise.reject(new Error('broken'));
  });
  return { workSettled: broken as never };
}

export const lostEdges: EdgeTests = {
  'lost stop': async (start) => {
    const c = start(rejoin);
    await toSettling(c);
    await c.send({ type: 'stop' });
    c.at('lost.settling');
    assert.equal(c.context.stopRequested, true);
    c.work.resolve();
    await settle();
    c.at('stopped');
  },

  'lost done if shallRejoin': async (start) => {
    const c = start(rejoin);
    await toSettling(c);
    c.work.resolve();
    await settle();
    c.at('rejoining');
    assert.equal(c.newsOf('ended').length, 0);
    assert.equal(c.context.lease, null);
  },

  'lost done else': async (start) => {
    const c = start();
    await toSettling(c);
    c.work.resolve();
    await settle();
    c.at('stopped');
    const outcome = { reason: 'superseded', led: true, released: false, workFinished: true };
    assert.deepEqual(c.newsOf('ended'), [{ type: 'ended', outcome, stopRequested: false }]);
    assert.equal(c.clock.pendingTimers, 0);
  },

  'lost.entering always if stopAnnounced': async (start) => {
    const c = start();
    await toDraining(c);
    c.work.resolve();
    // onStoppedLeading, called while draining, has not ended when the deadline passes.
    c.clock.freeze(10_000);
    await c.send({ type: 'lapse' });
    assert.deepEqual(c.stopReasons, ['stopped']);
    assert.equal(c.newsOf('stoppedLeading').length, 1);
    c.at('stopped');
  },

  'lost.entering always else': async (start) => {
    const c = start();
    await toLeading(c);
    c.clock.freeze(10_000);
    await c.send({ type: 'lapse' });
    c.at('lost.notifying');
    assert.deepEqual(c.stopReasons, ['deadline']);
    assert.deepEqual(c.newsOf('stoppedLeading'), [{ type: 'stoppedLeading', reason: 'deadline' }]);
  },

  'lost.notifying done(onStoppedLeading)': async (start) => {
    const c = start();
    await toNotifying(c);
    c.stopping.resolve();
    await settle();
    c.at('lost.settling');
  },

  'lost.notifying error(onStoppedLeading)': async (start) => {
    const c = start();
    await toNotifying(c);
    const error = new Error('the callback failed');
    c.stopping.reject(error);
    await settle();
    c.at('lost.settling');
    const failed = { type: 'callbackFailed', callback: 'onStoppedLeading', error };
    assert.deepEqual(c.newsOf('callbackFailed'), [failed]);
  },

  'lost.notifying after(leaseDuration)': async (start) => {
    const c = start();
    await toNotifying(c);
    c.work.resolve();
    // onStoppedLeading hangs; the work has finished, so nothing overruns.
    await c.after(13_000, 'lost.notifying', 'stopped');
    assert.deepEqual(c.newsOf('overrun'), []);
    assert.equal(c.newsOf('ended')[0]?.outcome.workFinished, true);
  },

  'lost.settling done(workSettled)': async (start) => {
    const c = start();
    await toSettling(c);
    const error = new Error('the work failed while it wound down');
    c.work.reject(error);
    await settle();
    c.at('stopped');
    assert.equal(c.newsOf('ended')[0]?.outcome.error, error);
    assert.deepEqual(c.newsOf('overrun'), []);
  },

  'lost.settling error(workSettled)': async (start) => {
    const c = start({}, brokenAfter(0));
    await toNotifying(c);
    c.stopping.resolve();
    await settle();
    c.at('stopped');
    assert.deepEqual(c.newsOf('overrun'), []);
  },

  'lost.settling after(leaseDuration) if leaseExpired': async (start) => {
    const c = start(rejoin);
    await toSettling(c);
    await c.after(13_000, 'lost.settling', 'lost.overrun');
    assert.equal(c.newsOf('overrun').length, 1);
    assert.equal(c.newsOf('overrun')[0]?.term, c.term);
  },

  'lost.settling after(leaseDuration) else': async (start) => {
    const c = start(rejoin);
    c.clock.earlyMs = 1;
    await toSettling(c);
    await c.clock.advance(12_999);
    c.at('lost.settling');
    // Nobody is told anything for that.
    assert.equal(c.terms.length, 1);
    assert.deepEqual(c.stopReasons, ['superseded']);
    assert.equal(c.newsOf('stoppedLeading').length, 1);
    await c.clock.advance(1);
    c.at('lost.overrun');
    assert.ok(c.clock.timersSet < 60);
  },

  'lost.overrun always if shallEnd': async (start) => {
    const overran: unknown[] = [];
    const c = start({ onOverrun: (term) => overran.push(term) });
    await toSettling(c);
    await c.clock.advance(13_000);
    c.at('stopped');
    assert.deepEqual(overran, [c.term]);
    assert.ok(!c.visited.some((place) => place.startsWith('releasing')));
    assert.equal(c.newsOf('ended')[0]?.outcome.workFinished, false);
  },

  'lost.overrun done(workSettled)': async (start) => {
    const c = start(rejoin);
    await toOverrun(c);
    const error = new Error('the work failed at last');
    c.work.reject(error);
    await settle();
    c.at('rejoining');
    assert.equal(c.newsOf('callbackFailed')[0]?.error, error);
  },

  'lost.overrun error(workSettled)': async (start) => {
    const c = start(rejoin, brokenAfter(1));
    await toSettling(c);
    await c.clock.advance(13_000);
    c.at('rejoining');
    assert.equal(c.newsOf('overrun').length, 1);
  },

  'lost.concluding always if shallEnd': async (start) => {
    const c = start(rejoin);
    await toConcluding(c);
    await c.send({ type: 'stop' });
    c.at('stopped');
    assert.equal(c.clock.pendingTimers, 0);
  },

  'lost.concluding done(stopSettled)': async (start) => {
    const c = start(rejoin);
    await toConcluding(c);
    c.stopping.resolve();
    await settle();
    c.at('rejoining');
    assert.equal(c.context.term, null);
  },

  'lost.concluding error(stopSettled)': async (start) => {
    const broken = fromPromise<never, never>(() => Promise.reject(new Error('broken')));
    const c = start(rejoin, { stopSettled: broken as never });
    await toSettling(c);
    c.work.resolve();
    await settle();
    c.at('rejoining');
    assert.deepEqual(c.newsOf('overrun'), []);
  },

  'lost.concluding after(lastWrite) if lastWriteExpired': async (start) => {
    const c = start(rejoin);
    await toConcluding(c);
    await c.after(5_000, 'lost.concluding', 'rejoining');
  },

  'lost.concluding after(lastWrite) else': async (start) => {
    const c = start(rejoin);
    c.clock.earlyMs = 1;
    await toConcluding(c);
    await c.clock.advance(4_999);
    c.at('lost.concluding');
    assert.deepEqual(c.newsOf('overrun'), []);
    await c.clock.advance(1);
    c.at('rejoining');
    assert.ok(c.clock.timersSet < 60);
  },
};
