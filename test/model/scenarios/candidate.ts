import assert from 'node:assert/strict';
import { record } from '../../support/controllable-lock.js';
import type { EdgeTests } from '../support/edge-test.js';
import {
  cutTimes,
  storedFor,
  toClaiming,
  toConfirming,
  toReading,
  toWaiting,
  toWatching,
} from '../support/paths.js';

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

  'acquiring: a claim that met a conflict and is in the lock has won the term': async (start) => {
    const c = start();
    const claim = await toClaiming(c);
    await c.clock.advance(300);
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.ok(claim.record));
    c.at('participating.elected.lease.leading');
    assert.equal(c.context.lease?.validFrom.monotonicMs, 0);
    assert.equal(c.context.contentionWindowMs, 32);
  },

  'acquiring: a lease that is stored too short is given back, and tried for again a lease later':
    async (start) => {
      const c = start();
      const claim = await toClaiming(c);
      await claim.answer(c.lock.ok(storedFor(10, claim.record)));
      await c.answer('get', c.lock.ok(storedFor(10, claim.record)));
      const release = await c.lock.commit();
      assert.equal(release.record?.holderIdentity, '');
      c.at('participating.acquiring.backingOff');
      assert.equal(c.context.leader, null);
      await c.after(
        15_000,
        'participating.acquiring.backingOff',
        'participating.acquiring.reading',
      );
      await c.answer('get', c.lock.free());
      await c.lock.commit();
      c.at('participating.elected.lease.leading');
    },

  'acquiring: an answer that names another holder makes no leader, and is read back': async (
    start,
  ) => {
    const c = start();
    const claim = await toClaiming(c);
    await claim.answer(c.lock.heldBy('other'));
    c.at('participating.acquiring.backingOff');
    assert.match(
      c.newsOf('acquireFailed')[0]!.error.message,
      /^update\(\) of .*: holderIdentity must be as it was written, "me", but is "other"$/,
    );
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(claim.record));
    c.at('participating.elected.lease.leading');
  },

  'acquiring: an answer with the version that was written over makes no leader': async (start) => {
    const c = start();
    const claim = await toClaiming(c);
    await claim.answer({ ...c.lock.ok(claim.record), ...{ version: claim.base!.version } });
    c.at('participating.acquiring.backingOff');
    assert.match(c.newsOf('acquireFailed')[0]!.error.message, /^update\(\) of .*: version must be/);
    await c.clock.advance(125);
    await c.answer('get', { ok: true, ...claim.base! });
    c.at('participating.acquiring.claiming');
    assert.equal(c.terms.length, 0);
  },

  'acquiring: a claim that was altered leads, though the watch shows it before its answer': async (
    start,
  ) => {
    const c = start({ watched: true });
    const claim = await toClaiming(c);
    const stored = c.lock.snapshot(storedFor(12, cutTimes(claim.record)));
    await c.lock.watching.changed(stored);
    await claim.answer({ ok: true, ...stored });
    c.at('participating.elected.lease.leading');
    assert.deepEqual(c.context.lease?.record, stored.record);
    assert.match(c.newsOf('recordAltered')[0]!.problem, /leaseDurationSeconds was stored as 12/);
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

  'acquiring: a failed look at a held lock is repeated soon': async (start) => {
    const c = start();
    await toWaiting(c);
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.failure('serverError'));
    await c.after(125, 'participating.acquiring.backingOff', 'participating.acquiring.reading');
    await c.lock.expectCall('get');
  },

  'acquiring: failures are forgotten once the lock was read': async (start) => {
    const c = start();
    await toReading(c);
    await c.answer('get', c.lock.failure('throttled', 5_000));
    await c.clock.advance(5_000);
    await c.answer('get', c.lock.heldBy('other'));
    c.at('participating.acquiring.waiting');
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
      c.at('participating.acquiring.waiting');
      jitters.add(c.context.jitter);
      await c.clock.advance(2_100);
    }
    for (let round = 0; round < 3; round += 1) {
      await c.answer('get', c.lock.failure('serverError'));
      c.at('participating.acquiring.backingOff');
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
      c.at(
        reclaimOwnIdentity ? 'participating.acquiring.claiming' : 'participating.acquiring.waiting',
      );
    }
  },

  'acquiring: so is one of which the watch tells': async (start) => {
    for (const reclaimOwnIdentity of [true, false]) {
      const c = start({ watched: true, reclaimOwnIdentity });
      await toWatching(c);
      await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: 'me' })));
      await c.clock.advance(0);
      c.at(`participating.acquiring.${reclaimOwnIdentity ? 'claiming' : 'waiting'}`);
    }
  },
};
