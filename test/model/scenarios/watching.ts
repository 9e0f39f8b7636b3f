import assert from 'node:assert/strict';
import { record } from '../../support/controllable-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import {
  toClaiming,
  toHoldingBack,
  toReading,
  toUnansweredClaim,
  toWaiting,
  toWatching,
} from '../support/paths.js';

const watched = { watched: true } as const;

/** With this, the first contention delay is 24 ms, and a look at a lock without news comes after 6.3 s. */
const midway = { watched: true, random: () => 0.8 } as const;

const free = (c: Candidate, leaderTransitions = 0) =>
  c.lock.snapshot(record({ holderIdentity: '', leaderTransitions }));

/** A lock that comes free and is claimed at once; another has been faster, unseen by the watch. */
async function loseRace(c: Candidate): Promise<void> {
  await c.lock.watching.changed(free(c));
  await c.clock.advance(200);
  await c.answer('update', c.lock.failure('conflict'));
  await c.answer('get', c.lock.heldBy('faster'));
  c.at('participating.acquiring.waiting');
}

/** A lock that comes free, and that another takes before we have tried. */
async function standDown(c: Candidate): Promise<void> {
  await c.lock.watching.changed(free(c));
  c.at('participating.acquiring.holdingBack');
  await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: 'faster' })));
  c.at('participating.acquiring.waiting');
}

export const watchingScenarios: EdgeTests = {
  'watching: a newcomer takes a lock that has changed hands before without holding back': async (
    start,
  ) => {
    const c = start(midway);
    await toWatching(c);
    await c.lock.watching.changed(free(c, 1));
    await c.clock.advance(0);
    const claim = await c.lock.commit();
    assert.equal(claim.record?.leaderTransitions, 2);
    c.at('participating.elected.lease.leading');
  },

  'watching: a label that somebody sets while we hold back puts nothing off': async (start) => {
    const c = start(midway);
    await toHoldingBack(c);
    await c.clock.advance(3);
    // The lock is as free as it was, and the next write is based on this.
    const relabelled = free(c);
    await c.lock.watching.changed(relabelled);
    await c.after(21, 'participating.acquiring.holdingBack', 'participating.acquiring.claiming');
    assert.equal((await c.lock.expectCall('update')).base, relabelled);
  },

  'watching: who stood down holds back for longer, until it has won': async (start) => {
    const c = start(midway);
    await toWatching(c);
    const windows: number[] = [];
    for (const meet of [standDown, standDown, loseRace, standDown]) {
      await meet(c);
      windows.push(c.context.contentionWindowMs);
    }
    assert.deepEqual(windows, [200, 200, 200, 200]);
    await c.lock.watching.changed(free(c));
    await c.clock.advance(200);
    await c.lock.commit();
    c.at('participating.elected.lease.leading');
    assert.equal(c.context.contentionWindowMs, 32);
  },

  'watching: nor does a creation that is refused after the watch has told of another': async (
    start,
  ) => {
    const c = start(watched);
    await toReading(c);
    await c.answer('get', c.lock.failure('notFound'));
    await c.lock.watching.changed(c.lock.snapshot(record()));
    await c.answer('create', c.lock.failure('conflict'));
    c.at('participating.acquiring.waiting');
    assert.equal(c.context.contentionWindowMs, 32);
  },

  'watching: news while the lock is being read is not overwritten by the older answer': async (
    start,
  ) => {
    const c = start(watched);
    await toReading(c);
    const older = c.lock.heldBy('older');
    const newer = c.lock.snapshot(record({ holderIdentity: 'newer' }));
    await c.lock.watching.changed(newer);
    await c.answer('get', older);
    c.at('participating.acquiring.waiting');
    assert.equal(c.context.observation?.snapshot, newer);
    assert.equal(c.context.leader, 'newer');
    assert.deepEqual(
      c.newsOf('newLeader').map(({ identity }) => identity),
      ['newer'],
    );
  },

  'watching: news while a claim is under way changes nothing about the claim': async (start) => {
    const c = start(watched);
    const claim = await toClaiming(c);
    await c.lock.watching.changed(c.lock.snapshot(claim.record));
    c.at('participating.acquiring.claiming');
    assert.equal(c.terms.length, 0);
    assert.equal(claim.signal?.aborted, false);
    await c.lock.commit();
    c.at('participating.elected.lease.leading');
    // It is told once, though the watch has told it already.
    assert.equal(c.newsOf('newLeader').length, 1);
  },

  'watching: a conflict that the watch has explained as a label is no lost lock': async (start) => {
    const c = start(watched);
    await toClaiming(c);
    const relabelled = free(c);
    await c.lock.watching.changed(relabelled);
    await c.answer('update', c.lock.failure('conflict'));
    c.at('participating.acquiring.claiming');
    assert.equal((await c.lock.expectCall('update')).base, relabelled);
  },

  'watching: a conflict that old news does not explain is looked into': async (start) => {
    const c = start(watched);
    await toClaiming(c);
    await c.lock.watching.changed(c.context.observation!.snapshot!);
    await c.answer('update', c.lock.failure('conflict'));
    c.at('participating.acquiring.confirming');
    await c.lock.expectCall('get');
  },

  'watching: news makes nobody leader, though it shows our own claim': async (start) => {
    const c = start(watched);
    const claim = await toUnansweredClaim(c);
    await c.lock.watching.changed(c.lock.snapshot(claim.record));
    c.at('participating.acquiring.backingOff');
    await c.after(125, 'participating.acquiring.backingOff', 'participating.acquiring.confirming');
    await c.lock.watching.changed(c.lock.snapshot(claim.record));
    c.at('participating.acquiring.confirming');
    assert.equal(c.terms.length, 0);
    await c.answer('get', c.lock.ok(claim.record));
    c.at('participating.elected.lease.leading');
    assert.equal(c.context.lease?.validFrom.monotonicMs, 0);
  },

  'watching: a claim of ours that is void counts as the record of anybody': async (start) => {
    const c = start(watched);
    await toUnansweredClaim(c);
    await c.clock.advance(125);
    await c.answer('get', c.lock.unchanged());
    const lost = await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(250);
    await c.answer('get', c.lock.heldBy('other'));
    c.at('participating.acquiring.waiting');
    await c.lock.watching.changed(c.lock.snapshot(lost.record));
    c.at('participating.acquiring.waiting');
    await c.lock.expectIdle();
  },

  'watching: a creation of ours that is void, and stored later, is taken for no lock of ours':
    async (start) => {
      const c = start(watched);
      await toReading(c);
      await c.answer('get', c.lock.failure('notFound'));
      const late = await c.answer('create', c.lock.failure('network'));
      await c.clock.advance(125);
      await c.answer('get', c.lock.failure('notFound'));
      await c.lock.watching.changed(c.lock.snapshot(record()));
      await c.answer('create', c.lock.failure('conflict'));
      c.at('participating.acquiring.waiting');
      // Deleted while another leads; then what we gave up long ago arrives after all.
      await c.lock.watching.tell(c.lock.deletion());
      await c.lock.watching.changed(c.lock.snapshot(late.record));
      c.at('participating.acquiring.waiting');
      await c.clock.advance(200);
      await c.lock.expectIdle();
    },

  'watching: a creation that is refused, of a lock that is said to be gone, is looked into': async (
    start,
  ) => {
    const c = start(watched);
    await toReading(c);
    await c.answer('get', c.lock.failure('notFound'));
    await c.lock.watching.tell(c.lock.deletion());
    await c.answer('create', c.lock.failure('conflict'));
    c.at('participating.acquiring.confirming');
  },

  'watching: a creation is void once another has held the lock, though it is stored in the end':
    async (start) => {
      const c = start(watched);
      await toReading(c);
      await c.answer('get', c.lock.failure('notFound'));
      const creation = await c.lock.expectCall('create');
      await c.lock.watching.changed(c.lock.snapshot(record()));
      await c.lock.watching.tell(c.lock.deletion());
      await creation.answer(c.lock.failure('network'));
      await c.clock.advance(125);
      c.at('participating.acquiring.confirming');
      await c.answer('get', c.lock.ok(creation.record));
      // Whoever held it when it was deleted by hand may be leading still.
      c.at('participating.acquiring.waiting');
      await c.lock.expectIdle();
    },

  'watching: a creation that succeeds is void once another has held the lock': async (start) => {
    const c = start(watched);
    await toReading(c);
    await c.answer('get', c.lock.failure('notFound'));
    const creation = await c.lock.expectCall('create');
    await c.lock.watching.changed(c.lock.snapshot(record()));
    await c.lock.watching.tell(c.lock.deletion());
    await creation.answer(c.lock.ok(creation.record));
    c.at('participating.acquiring.confirming');
    await c.answer('get', c.lock.ok(creation.record));
    c.at('participating.acquiring.waiting');
    await c.lock.expectIdle();
  },

  'watching: a watch that fails again and again does not put off the polls': async (start) => {
    const c = start(watched);
    await toWaiting(c);
    for (let failures = 0; failures < 4; failures += 1) {
      await c.lock.watching.failed('network');
      await c.clock.advance(500);
    }
    c.at('participating.acquiring.reading');
  },

  'watching: what was told while the API server refused is known afterwards': async (start) => {
    const c = start(watched);
    await toReading(c);
    await c.answer('get', c.lock.failure('serverError'));
    c.at('participating.acquiring.backingOff');
    await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: 'told' })));
    c.at('participating.acquiring.backingOff');
    assert.equal(c.context.leader, 'told');
    await c.after(125, 'participating.acquiring.backingOff', 'participating.acquiring.reading');
  },

  'watching: old news and repeated news change nothing': async (start) => {
    const c = start(midway);
    const stale = c.lock.snapshot(record({ holderIdentity: '' }));
    await toWatching(c);
    const known = c.context.observation!.snapshot!;
    const before = c.context;
    await c.clock.advance(1_000);
    await c.lock.watching.changed(stale);
    await c.lock.watching.changed(known);
    await c.lock.watching.tell({ snapshot: null, version: stale.version });
    c.at('participating.acquiring.waiting');
    assert.deepEqual(c.context, before);
    // Nor do they put anything off.
    await c.after(5_320, 'participating.acquiring.waiting', 'participating.acquiring.reading');
  },

  'watching: renewals that are told keep a candidate from asking': async (start) => {
    const c = start(watched);
    await toWatching(c);
    for (let renewals = 0; renewals < 20; renewals += 1) {
      await c.clock.advance(2_000);
      await c.lock.expectIdle();
      await c.lock.watching.changed(c.lock.snapshot(record({ renewTime: String(renewals) })));
    }
    c.at('participating.acquiring.waiting');
    assert.equal(c.context.observation?.expiresAtMs, 55_000);
  },

  'watching: a lock that cannot be watched is polled, and no more once it can be': async (
    start,
  ) => {
    const c = start(watched);
    await toWaiting(c);
    await c.lock.watching.failed('forbidden');
    assert.equal(c.newsOf('watchFailed').length, 1);
    for (let polls = 0; polls < 3; polls += 1) {
      await c.after(2_000, 'participating.acquiring.waiting', 'participating.acquiring.reading');
      await c.answer('get', c.lock.heldBy('other', { renewTime: String(polls) }));
    }
    assert.equal(c.newsOf('watchFailed').length, 1);
    await c.lock.watching.opened(true);
    await c.answer('get', c.lock.heldBy('other', { renewTime: 'now' }));
    await c.after(4_400, 'participating.acquiring.waiting', 'participating.acquiring.reading');
  },

  'watching: a gap is closed by one read': async (start) => {
    const c = start(watched);
    await toWatching(c);
    await c.lock.watching.opened(true);
    await c.lock.watching.opened(true);
    await c.answer('get', c.lock.unchanged());
    c.at('participating.acquiring.waiting');
    await c.lock.expectIdle();
  },

  'watching: without a gap nothing is read': async (start) => {
    const c = start(watched);
    await toWatching(c);
    await c.lock.watching.opened(false);
    c.at('participating.acquiring.waiting');
    await c.lock.expectIdle();
  },

  'watching: a watch that has missed a change is doubted': async (start) => {
    const c = start(midway);
    await toWatching(c);
    await c.clock.advance(6_320);
    assert.equal(c.lock.watching.doubts, 0);
    await c.answer('get', c.lock.heldBy('unheard'));
    assert.equal(c.lock.watching.doubts, 1);
  },

  'watching: a watch is not doubted for a change of the last seconds': async (start) => {
    const c = start(midway);
    await toWatching(c);
    await c.clock.advance(3_000);
    await c.lock.watching.changed(c.lock.snapshot(record({ renewTime: 'later' })));
    await c.clock.advance(1_000);
    await c.send({ type: 'wake' });
    await c.answer('get', c.lock.heldBy('unheard'));
    assert.equal(c.lock.watching.doubts, 0);
  },

  'watching: the watch is let go with the candidacy': async (start) => {
    const c = start(watched);
    await toWatching(c);
    const { watching } = c.lock;
    await c.send({ type: 'stop' });
    c.at('stopped');
    assert.equal(watching.closed, true);
    assert.equal(c.context.watching, false);
    assert.equal(c.clock.pendingTimers, 0);
  },
};
