import assert from 'node:assert/strict';
import type { EdgeTests } from '../support/edge-test.js';
import { cutTimes, storedFor, toClaiming, toConfirming, toReading } from '../support/paths.js';

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

  'acquiring: a candidate that is stopped gives back what is stored too short, and is told no more':
    async (start) => {
      const c = start();
      const claim = await toClaiming(c);
      await c.send({ type: 'stop' });
      await claim.answer(c.lock.ok(storedFor(10, claim.record)));
      c.at('releasing.checking');
      assert.deepEqual(c.newsOf('acquireFailed'), []);
    },

  'acquiring: a lock that is found free while a claim is looked for is claimed anew': async (
    start,
  ) => {
    const c = start();
    const lost = await toConfirming(c);
    await c.answer('get', c.lock.free());
    c.at('participating.acquiring.claiming');
    const claim = await c.lock.expectCall('update');
    assert.notEqual(claim.record?.acquireTime, lost.record?.acquireTime);
  },

  'acquiring: after two conflicts the lock is read before it is claimed again': async (start) => {
    const c = start();
    await toClaiming(c);
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.free());
    await c.answer('update', c.lock.failure('conflict'));
    c.at('participating.acquiring.backingOff');
    await c.clock.advance(500);
    c.at('participating.acquiring.confirming');
    await c.lock.expectCall('get');
  },

  'acquiring: a claim that was altered is known by its answer, though it wins no term': async (
    start,
  ) => {
    for (const stopped of [true, false]) {
      const c = start();
      await toReading(c);
      await c.clock.advance(300);
      await c.answer('get', c.lock.free());
      const claim = await c.lock.expectCall('update');
      if (stopped) await c.send({ type: 'stop' });
      else c.clock.freeze(10_000);
      const stored = c.lock.ok(cutTimes(claim.record));
      await claim.answer(stored);
      assert.equal(c.newsOf('recordAltered').length, 1);
      await c.answer('get', stored);
      c.at(stopped ? 'releasing.writing' : 'participating.acquiring.claiming');
    }
  },

  'acquiring: what may be a claim of ours is waited for as long as it says, and no longer': async (
    start,
  ) => {
    const c = start({ watched: true });
    await toReading(c);
    await c.clock.advance(300);
    await c.answer('get', c.lock.free());
    const claim = await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(storedFor(1, cutTimes(claim.record))));
    await c.after(1_000, 'participating.acquiring.waiting', 'participating.acquiring.reading');
  },
};
