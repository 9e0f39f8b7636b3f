import assert from 'node:assert/strict';
import type { EdgeTests } from '../support/edge-test.js';
import { toClaiming, toConfirming, toReading, toWaiting } from '../support/ways.js';

export const candidateScenarios: EdgeTests = {
  'acquiring: a candidate that is stopped stays so when its claim meets a conflict': async (
    start,
  ) => {
    const c = start();
    await toClaiming(c);
    await c.send({ type: 'stop' });
    await c.answer('update', c.lock.failure('conflict'));
    c.at('releasing.checking');
    await c.answer('get', c.lock.free());
    c.at('stopped');
    assert.equal(c.newsOf('released').length, 0);
  },

  'acquiring: a lock that is found free while a claim is looked for is claimed anew': async (
    start,
  ) => {
    const c = start();
    const lost = await toConfirming(c);
    await c.answer('get', c.lock.free());
    c.at('acquiring.claiming');
    const claim = await c.lock.expectCall('update');
    assert.notEqual(claim.record?.acquireTime, lost.record?.acquireTime);
  },

  'acquiring: after two conflicts the lock is read before it is claimed again': async (start) => {
    const c = start();
    await toClaiming(c);
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.free());
    await c.answer('update', c.lock.failure('conflict'));
    c.at('acquiring.backingOff');
    await c.clock.advance(500);
    c.at('acquiring.reading');
    await c.lock.expectCall('get');
  },

  'acquiring: a failed look at a held lock is repeated soon': async (start) => {
    const c = start();
    await toWaiting(c);
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.failure('serverError'));
    await c.after(125, 'acquiring.backingOff', 'acquiring.reading');
    await c.lock.expectCall('get');
  },

  'acquiring: failures are forgotten once the lock was read': async (start) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.failure('throttled', 5_000));
    await c.clock.advance(5_000);
    await c.answer('get', c.lock.heldBy('other'));
    c.at('acquiring.waiting');
    assert.equal(c.context.failures, 0);
    assert.equal(c.context.retryAfterMs, null);
  },

  'acquiring: every wait draws its own jitter': async (start) => {
    let drawn = 0;
    const c = start({ random: () => (drawn += 1) / 1_000 });
    const jitters = new Set<number>();
    await toReading(c);
    for (let round = 0; round < 3; round += 1) {
      await c.answer('get', c.lock.heldBy('other'));
      c.at('acquiring.waiting');
      jitters.add(c.context.jitter);
      await c.clock.advance(2_100);
    }
    for (let round = 0; round < 3; round += 1) {
      await c.answer('get', c.lock.failure('serverError'));
      c.at('acquiring.backingOff');
      jitters.add(c.context.jitter);
      await c.clock.advance(2_000);
    }
    assert.equal(jitters.size, 6);
  },

  'acquiring: a live record of its own identity is taken at once where that was asked for': async (
    start,
  ) => {
    for (const reclaimOwnIdentity of [true, false]) {
      const c = start({ reclaimOwnIdentity });
      await toReading(c);
      await c.answer('get', c.lock.heldBy('me'));
      c.at(reclaimOwnIdentity ? 'acquiring.claiming' : 'acquiring.waiting');
    }
  },
};
