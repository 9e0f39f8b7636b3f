import assert from 'node:assert/strict';
import { settle } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { asking, objectAsking } from '../support/step-down.js';
import { toDraining, toHoldingBack, toLeading, toRenewing, toWatching } from '../support/paths.js';

const watched = { watched: true } as const;

/** Still leading, in the only term so far, and nothing was asked of the API server. */
async function leadsOn(c: Candidate): Promise<void> {
  c.at('participating.elected.lease.leading');
  assert.equal(c.terms.length, 1);
  assert.equal(c.term.isLeading(), true);
  await c.lock.expectIdle();
}

/** What a leader does about the news of its watch. */
export const newsScenarios: EdgeTests = {
  'news: a leader is told by the watch that it had as a candidate': async (start) => {
    const c = start(watched);
    await toHoldingBack(c);
    await c.clock.advance(0);
    const before = c.lock.watching;
    await c.lock.commit();
    c.at('participating.elected.lease.leading');
    assert.equal(c.lock.watching, before);
    assert.equal(c.context.watching, true);
    await c.lock.watching.changed(c.lock.snapshot(record()));
    c.at('lost.notifying');
    assert.equal(c.context.watching, false);
    assert.equal(before.closed, true);
    assert.equal(c.lock.watches.length, 1);
  },

  'news: a record of another ends the term before anything is asked or sent': async (start) => {
    const c = start(watched);
    await toRenewing(c);
    const renewal = await c.lock.expectCall('update');
    await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: 'thief' })));
    c.at('lost.notifying');
    assert.equal(c.term.isLeading(), false);
    assert.equal(c.term.signal.aborted, true);
    assert.equal(renewal.signal?.aborted, true);
    await c.lock.expectIdle();
    assert.deepEqual(c.stopReasons, ['superseded']);
  },

  'news: our name from elsewhere, once a renewal that failed can be told by no answer': async (
    start,
  ) => {
    const foreign = record({ holderIdentity: 'me', renewTime: 'elsewhere' });
    const ways: ((c: Candidate) => Promise<unknown>)[] = [
      (c) => c.answer('update', c.lock.failure('network')),
      (c) => c.clock.advance(5_000),
    ];
    for (const fail of ways) {
      const c = start(watched);
      await toRenewing(c);
      await c.lock.watching.changed(c.lock.snapshot(foreign));
      c.at('participating.elected.lease.renewing.writing');
      await fail(c);
      await c.lock.watching.changed(c.lock.snapshot(foreign));
      c.at('lost');
    }
  },

  'news: the echo of our own writes changes nothing': async (start) => {
    const c = start(watched);
    await toLeading(c);
    const claim = c.context.lease!.base!;
    await c.lock.watching.changed(claim);
    await leadsOn(c);
    await c.clock.advance(2_000);
    const renewal = await c.lock.expectCall('update');
    // It may arrive before the answer does.
    const stored = c.lock.snapshot(renewal.record);
    await c.lock.watching.changed(stored);
    c.at('participating.elected.lease.renewing.writing');
    await renewal.answer({ ok: true, ...stored });
    await c.lock.watching.changed(claim);
    await c.lock.watching.changed(stored);
    await leadsOn(c);
  },

  'news: a renewal that went unanswered is ours when the watch tells of it': async (start) => {
    const c = start(watched);
    const renewal = await toRenewing(c);
    await c.answer('update', c.lock.failure('network'));
    await c.lock.watching.changed(c.lock.snapshot(renewal.record));
    c.at('participating.elected.lease.renewing.retrying');
    // The term is no longer for that: only an answer extends it.
    assert.equal(c.context.lease?.validFrom.monotonicMs, 0);
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(renewal.record));
    assert.equal(c.context.lease?.validFrom.monotonicMs, 2_000);
    await leadsOn(c);
  },

  'news: a record of another that is older than ours changes nothing': async (start) => {
    const c = start(watched);
    const stale = c.lock.snapshot(record({ holderIdentity: 'predecessor' }));
    await toLeading(c);
    await c.lock.watching.changed(stale);
    await c.lock.watching.tell({ snapshot: null, version: stale.version });
    await leadsOn(c);
  },

  'news: a label that somebody sets is no affair of the leader': async (start) => {
    const c = start(watched);
    await toLeading(c);
    await c.lock.watching.changed(c.lock.snapshot(c.context.lease!.record));
    await leadsOn(c);
    await c.after(
      2_000,
      'participating.elected.lease.leading',
      'participating.elected.lease.renewing.writing',
    );
  },

  'news: a lock that is deleted is created anew at once, in the same term': async (start) => {
    const c = start(watched);
    await toLeading(c);
    const { fencingToken } = c.term;
    await c.clock.advance(300);
    await c.lock.watching.tell(c.lock.deletion());
    const creation = await c.lock.expectCall('create');
    assert.equal(creation.record?.acquireTime, c.context.lease?.record.acquireTime);
    await c.lock.commit('create');
    assert.equal(c.context.lease?.validFrom.monotonicMs, 300);
    assert.equal(c.term.fencingToken, fencingToken);
    await leadsOn(c);
  },

  'news: a record that is wiped out is written anew at once, over what is left': async (start) => {
    const c = start(watched);
    await toLeading(c);
    const bare = c.lock.snapshot(null);
    await c.lock.watching.changed(bare);
    const renewal = await c.lock.expectCall('update');
    assert.equal(renewal.base, bare);
    await c.lock.commit();
    await leadsOn(c);
  },

  'news: a deletion that is told while we renew is found out by the renewal': async (start) => {
    const c = start(watched);
    await toRenewing(c);
    await c.lock.watching.tell(c.lock.deletion());
    c.at('participating.elected.lease.renewing.writing');
    await c.answer('update', c.lock.failure('notFound'));
    await c.answer('get', c.lock.failure('notFound'));
    await c.lock.commit('create');
    await leadsOn(c);
  },

  'news: who creates before us has superseded us': async (start) => {
    const c = start(watched);
    await toLeading(c);
    await c.lock.watching.tell(c.lock.deletion());
    const creation = await c.lock.expectCall('create');
    await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: 'faster' })));
    c.at('lost.notifying');
    assert.equal(creation.signal?.aborted, true);
    assert.deepEqual(c.stopReasons, ['superseded']);
  },

  'news: the request to step down is honoured once, and then the lock is released': async (
    start,
  ) => {
    const c = start({ ...watched, onLost: 'rejoin' });
    await toLeading(c);
    const asked = asking(c);
    await c.lock.watching.changed(asked);
    await c.lock.watching.changed(asked);
    assert.equal(c.newsOf('draining').length, 1);
    c.work.resolve();
    c.stopping.resolve();
    await settle();
    assert.deepEqual(c.stopReasons, ['steppedDown']);
    c.at('releasing');
    // The annotation has moved the version on: the release looks first.
    await c.answer('get', { ok: true, ...asked });
    const release = await c.lock.expectCall('update');
    await release.answer({ ok: true, ...c.lock.snapshot(release.record, null, asked.object) });
    c.at('rejoining');
    assert.equal(c.context.released, true);
    // The annotation stays, and is void for the next term.
    await c.clock.advance(1_000);
    await c.answer('get', {
      ok: true,
      ...c.lock.snapshot(release.record, null, asked.object),
    });
    const claim = await c.lock.expectCall('update');
    await claim.answer({ ok: true, ...c.lock.snapshot(claim.record, null, asked.object) });
    c.at('participating.elected.lease.leading');
    await c.lock.watching.changed(c.lock.snapshot(claim.record, null, asked.object));
    c.at('participating.elected.lease.leading');
    assert.equal(c.terms.length, 2);
  },

  'news: who steps down without onLost rejoin is done, and says why': async (start) => {
    const c = start(watched);
    await toLeading(c);
    const asked = asking(c);
    await c.lock.watching.changed(asked);
    c.work.resolve();
    c.stopping.resolve();
    await settle();
    await c.answer('get', { ok: true, ...asked });
    await c.lock.commit();
    c.at('stopped');
    const outcome = { reason: 'steppedDown', led: true, released: true, workFinished: true };
    assert.deepEqual(c.newsOf('ended')[0]?.outcome, outcome);
  },

  'news: who steps down renews on top of the request meanwhile': async (start) => {
    const c = start(watched);
    await toLeading(c);
    const asked = asking(c);
    await c.lock.watching.changed(asked);
    await c.clock.advance(2_000);
    const renewal = await c.lock.expectCall('update');
    assert.equal(renewal.base, asked);
    await renewal.answer({ ok: true, ...c.lock.snapshot(renewal.record, null, asked.object) });
    c.at('participating.elected.lease.leading');
    assert.equal(c.newsOf('draining').length, 1);
  },

  'news: a request that names another term is not for us': async (start) => {
    const c = start(watched);
    await toLeading(c);
    const held = c.context.lease!.record;
    for (const other of [
      record({ ...held, acquireTime: '2020-01-01T00:00:00.000000Z' }),
      record({ ...held, holderIdentity: 'you' }),
    ]) {
      await c.lock.watching.changed(asking(c, other));
      await leadsOn(c);
    }
  },

  'news: a request that is older than our record is not for us': async (start) => {
    const c = start(watched);
    const { version } = c.lock.snapshot(null);
    await toLeading(c);
    const { lease } = c.context;
    const snapshot = { ...lease!.base!, version, object: objectAsking(lease!.record) };
    await c.lock.watching.tell({ snapshot, version });
    await leadsOn(c);
  },

  'news: a request that comes while we renew is honoured at once': async (start) => {
    const c = start(watched);
    await toRenewing(c);
    await c.lock.watching.changed(asking(c));
    c.at('participating.elected.work.draining.stopping');
    c.at('participating.elected.lease.renewing.writing');
    assert.equal(c.context.endReason, 'steppedDown');
    // Whoever asked has written before us.
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', { ok: true, ...asking(c) });
    await c.lock.commit();
    c.at('participating.elected.lease.leading');
    assert.equal(c.newsOf('draining').length, 1);
  },

  'news: a request changes nothing about a term that is ending': async (start) => {
    const c = start(watched);
    await toDraining(c);
    await c.lock.watching.changed(asking(c));
    c.at('participating.elected.work.draining.stopping');
    assert.equal(c.context.endReason, 'stopped');
    assert.equal(c.newsOf('draining').length, 1);
  },

  'news: a leader that drains is superseded as any other': async (start) => {
    const c = start(watched);
    await toDraining(c);
    await c.lock.watching.changed(c.lock.snapshot(record()));
    c.at('lost.settling');
    assert.equal(c.context.term?.holdsLock(), false);
    assert.equal(c.context.leader, 'other');
    // The first reason stands, and is told once.
    assert.equal(c.context.endReason, 'stopped');
    assert.deepEqual(c.stopReasons, ['stopped']);
    c.work.resolve();
    c.stopping.resolve();
    await settle();
    c.at('stopped');
    await c.lock.expectIdle();
    assert.equal(c.newsOf('ended')[0]?.outcome.released, false);
  },

  'news: what a term has learned is known to the candidacy that follows': async (start) => {
    const c = start({ ...watched, onLost: 'rejoin' });
    await toLeading(c);
    await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: 'thief' })));
    c.work.resolve();
    c.stopping.resolve();
    await settle();
    c.at('rejoining');
    assert.equal(c.context.leader, 'thief');
    await c.clock.advance(1_000);
    c.at('participating.acquiring.reading');
    assert.equal(c.lock.watches.filter(({ closed }) => !closed).length, 1);
  },

  'news: a candidate that has waited for long takes the lock with a fresh claim': async (start) => {
    const c = start(watched);
    await toWatching(c);
    for (let renewals = 0; renewals < 10; renewals += 1) {
      await c.clock.advance(2_000);
      await c.lock.watching.changed(c.lock.snapshot(record({ renewTime: String(renewals) })));
    }
    await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: '' })));
    await c.clock.advance(0);
    await c.lock.commit();
    assert.equal(c.context.lease?.validFrom.monotonicMs, 20_000);
    await leadsOn(c);
  },
};
