import assert from 'node:assert/strict';
import { record } from '../../support/controllable-lock.js';
import type { EdgeTests } from '../support/edge-test.js';
import {
  toClaiming,
  toHoldingBack,
  toLeading,
  toReading,
  toWaiting,
  toWatching,
} from '../support/paths.js';

const watched = { watched: true } as const;

/** With this, the contention delay is 24 ms, and a look at a lock without news comes after 6.3 s. */
const midway = { watched: true, random: () => 0.8 } as const;

/** What the watch tells a candidate. */
export const watchingEdges: EdgeTests = {
  'participating.acquiring lockChanged if isNews': async (start) => {
    const c = start(watched);
    await toReading(c);
    const news = c.lock.snapshot(record({ holderIdentity: 'third' }));
    await c.lock.watching.changed(news);
    c.at('participating.acquiring.reading');
    assert.equal(c.context.observation?.snapshot, news);
    assert.deepEqual(c.newsOf('newLeader'), [{ type: 'newLeader', identity: 'third' }]);
    await c.lock.expectCall('get');
  },

  'participating.acquiring.claiming error(claim) if isExplainedConflict': async (start) => {
    const c = start(watched);
    await toClaiming(c);
    await c.lock.watching.changed(c.lock.snapshot(record()));
    c.at('participating.acquiring.claiming');
    await c.answer('update', c.lock.failure('conflict'));
    c.at('participating.acquiring.waiting');
    await c.lock.expectIdle();
    assert.equal(c.context.leader, 'other');
    assert.equal(c.context.attempt, null);
    assert.equal(c.context.contentionWindowMs, 200);
    assert.equal(c.newsOf('acquireFailed')[0]?.error.kind, 'conflict');
  },

  'participating.acquiring.waiting lockChanged if isNews': async (start) => {
    const c = start(midway);
    await toWatching(c);
    const renewed = record({ leaseDurationSeconds: 1, leaderTransitions: 0 });
    await c.lock.watching.changed(c.lock.snapshot(renewed));
    // The wait counts anew, and by what the record says now.
    await c.after(1_000, 'participating.acquiring.waiting', 'participating.acquiring.holdingBack');
  },

  'participating.acquiring.reacting always if lockIsFree': async (start) => {
    const c = start(midway);
    await toWatching(c);
    const released = c.lock.snapshot(record({ holderIdentity: '' }));
    await c.lock.watching.changed(released);
    c.at('participating.acquiring.holdingBack');
    assert.equal(c.context.observation?.snapshot, released);
    assert.equal(c.context.leader, null);
    await c.lock.expectIdle();
  },

  'participating.acquiring.reacting always else': async (start) => {
    const c = start(midway);
    await toWatching(c);
    await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: 'third' })));
    c.at('participating.acquiring.waiting');
    assert.equal(c.context.leader, 'third');
    await c.lock.expectIdle();
  },

  'participating.acquiring holderDied': async (start) => {
    const c = start(watched);
    await toReading(c);
    await c.lock.watching.holderDied('process 1');
    c.at('participating.acquiring.reading');
    const evidence = 'the test says so';
    assert.deepEqual(c.newsOf('holderDied'), [{ type: 'holderDied', evidence }]);
    // What it holds is free as soon as it is seen, and what another holds is not.
    const found = { ...c.lock.snapshot(record()), holder: 'process 1' };
    await c.answer('get', { ok: true, ...found });
    c.at('participating.acquiring.claiming');
    const claim = await c.lock.expectCall('update');
    assert.equal(claim.base?.version, found.version);
  },

  'participating.acquiring.waiting holderDied if holderIsDead': async (start) => {
    const c = start(midway);
    await toWatching(c);
    const renewed = { ...c.lock.snapshot(record()), holder: 'process 1' };
    await c.lock.watching.changed(renewed);
    // One of those that had held it before.
    await c.lock.watching.holderDied('process 0');
    c.at('participating.acquiring.waiting');
    await c.lock.watching.holderDied('process 1');
    c.at('participating.acquiring.holdingBack');
    assert.deepEqual(c.context.decision, { kind: 'take', because: 'dead' });
    // The claim is conditional on the very record by which the dead held the lock.
    await c.clock.advance(200);
    const claim = await c.lock.expectCall('update');
    assert.equal(claim.base, renewed);
  },

  'participating evidenceFailed': async (start) => {
    const c = start(watched);
    await toReading(c);
    await c.lock.watching.evidenceFailed();
    c.at('participating.acquiring.reading');
    assert.equal(c.newsOf('evidenceFailed')[0]?.error.kind, 'forbidden');
    const leader = start(watched);
    await toLeading(leader);
    await leader.lock.watching.evidenceFailed();
    leader.at('participating.elected.lease.leading');
  },

  'participating.acquiring.waiting watchOpened if hasGap': async (start) => {
    const c = start(watched);
    await toWaiting(c);
    await c.lock.watching.opened(true);
    c.at('participating.acquiring.reading');
    await c.lock.expectCall('get');
    assert.equal(c.context.watching, true);
    assert.equal(c.newsOf('watching').length, 1);
  },

  'participating.acquiring.waiting watchFailed if isWatching': async (start) => {
    const c = start(watched);
    await toWatching(c);
    await c.clock.advance(3_000);
    await c.lock.expectIdle();
    await c.lock.watching.failed('network');
    assert.equal(c.context.contentionWindowMs, 32);
    await c.after(2_000, 'participating.acquiring.waiting', 'participating.acquiring.reading');
    assert.equal(c.newsOf('watchFailed')[0]?.error.kind, 'network');
  },

  'participating.acquiring.holdingBack always if lockWasTaken': async (start) => {
    const c = start(midway);
    await toHoldingBack(c);
    await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: 'faster' })));
    c.at('participating.acquiring.waiting');
    assert.equal(c.context.leader, 'faster');
    assert.equal(c.context.contentionWindowMs, 200);
    await c.after(6_320, 'participating.acquiring.waiting', 'participating.acquiring.reading');
  },

  'participating.acquiring.holdingBack after(contentionDelay) if lockIsFree': async (start) => {
    const c = start(midway);
    const released = await toHoldingBack(c);
    await c.after(24, 'participating.acquiring.holdingBack', 'participating.acquiring.claiming');
    const claim = await c.lock.expectCall('update');
    assert.equal(claim.base, released);
    await c.lock.commit();
    c.at('participating.elected.lease.leading');
  },

  'participating.acquiring.holdingBack after(contentionDelay) else': async (start) => {
    const c = start(midway);
    await toWatching(c, 1);
    // The lease runs out, and the watch may have missed what happened: look before the leap.
    await c.after(1_000, 'participating.acquiring.waiting', 'participating.acquiring.holdingBack');
    await c.after(24, 'participating.acquiring.holdingBack', 'participating.acquiring.reading');
    await c.lock.expectCall('get');
  },
};
