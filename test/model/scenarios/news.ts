import assert from 'node:assert/strict';
import { settle } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { asking, objectAsking } from '../support/step-down.js';
import { toHoldingBack, toLeading } from '../support/paths.js';

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

  'news: a record of another that is older than ours changes nothing': async (start) => {
    const c = start(watched);
    const stale = c.lock.snapshot(record({ holderIdentity: 'predecessor' }));
    await toLeading(c);
    await c.lock.watching.changed(stale);
    await c.lock.watching.tell({ snapshot: null, version: stale.version });
    await leadsOn(c);
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

  'news: a request that is older than our record is not for us': async (start) => {
    const c = start(watched);
    const { version } = c.lock.snapshot(null);
    await toLeading(c);
    const { lease } = c.context;
    const snapshot = { ...lease!.base!, version, object: objectAsking(lease!.record) };
    await c.lock.watching.tell({ snapshot, version });
    await leadsOn(c);
  },
};
