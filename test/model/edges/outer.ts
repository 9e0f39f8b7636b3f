import assert from 'node:assert/strict';
import { settle } from '../../../src/testing/virtual-clock.js';
import type { EdgeTests } from '../support/edge-test.js';
import { toLeading, toReading, toRejoining } from '../support/paths.js';

const rejoin = { onLost: 'rejoin' } as const;
const watched = { watched: true } as const;

export const outerEdges: EdgeTests = {
  'root callbackFailed': async (start) => {
    const error = new Error('the callback failed');
    const c = start({ onNewLeader: () => Promise.reject(error) });
    await toReading(c);
    await c.answer('get', c.lock.heldBy('other'));
    await settle();
    const failed = { type: 'callbackFailed', callback: 'onNewLeader', error };
    assert.deepEqual(c.newsOf('callbackFailed'), [failed]);
    c.at('participating.acquiring.waiting');
  },

  'idle start': async (start) => {
    const c = start();
    c.at('idle');
    await c.lock.expectIdle();
    await c.send({ type: 'start' });
    c.at('participating.acquiring.reading');
    await c.lock.expectCall('get');
  },

  'idle stop': async (start) => {
    const c = start();
    await c.send({ type: 'stop' });
    c.at('stopped');
    assert.equal(c.context.stopRequested, true);
    const outcome = { reason: 'stopped', led: false, released: false, workFinished: true };
    assert.deepEqual(c.newsOf('ended'), [{ type: 'ended', outcome, stopRequested: true }]);
    await c.lock.expectIdle();
  },

  'participating watchOpened': async (start) => {
    for (const [to, state] of [
      [toReading, 'participating.acquiring.reading'],
      [toLeading, 'participating.elected.lease.leading'],
    ] as const) {
      const c = start(watched);
      await to(c);
      assert.equal(c.context.watching, false);
      await c.lock.watching.opened(true);
      c.at(state);
      assert.equal(c.context.watching, true);
      assert.deepEqual(c.newsOf('watching'), [{ type: 'watching' }]);
    }
  },

  'participating watchFailed': async (start) => {
    for (const [to, state] of [
      [toReading, 'participating.acquiring.reading'],
      [toLeading, 'participating.elected.lease.leading'],
    ] as const) {
      const c = start(watched);
      await to(c);
      await c.lock.watching.opened();
      await c.lock.watching.failed('forbidden');
      c.at(state);
      assert.equal(c.context.watching, false);
      assert.equal(c.newsOf('watchFailed')[0]?.error.kind, 'forbidden');
    }
  },

  'rejoining stop': async (start) => {
    const c = start(rejoin);
    await toRejoining(c);
    await c.send({ type: 'stop' });
    c.at('stopped');
    assert.equal(c.context.stopRequested, true);
    assert.equal(c.newsOf('ended')[0]?.outcome.reason, 'stopped');
    assert.equal(c.clock.pendingTimers, 0);
  },

  'rejoining after(rejoinDelay)': async (start) => {
    const c = start(rejoin);
    await toRejoining(c);
    assert.equal(c.context.term, null);
    assert.equal(c.context.lease, null);
    await c.after(1_000, 'rejoining', 'participating.acquiring.reading');
    await c.lock.expectCall('get');
  },
};
