import assert from 'node:assert/strict';
import { record } from '../../support/controllable-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { asking } from '../support/step-down.js';
import { toDraining, toLeading, toRenewing } from '../support/paths.js';

const watched = { watched: true } as const;

function drainsForAnother(c: Candidate): void {
  c.at('elected.draining.lease.holding');
  assert.equal(c.context.endReason, 'steppedDown');
  assert.equal(c.term.signal.aborted, true);
  assert.equal(c.context.term?.holdsLock(), true);
  assert.deepEqual(c.newsOf('draining'), [{ type: 'draining', reason: 'steppedDown' }]);
}

/** What the watch tells a leader. */
export const newsEdges: EdgeTests = {
  'elected lockChanged if leaseLapsed': async (start) => {
    const c = start(watched);
    await toLeading(c);
    c.clock.freeze(10_000);
    await c.lock.watching.changed(c.lock.snapshot(c.context.lease!.record));
    c.at('lost.notifying');
    assert.deepEqual(c.stopReasons, ['deadline']);
    await c.lock.expectIdle();
  },

  'elected lockChanged if takenByAnother': async (start) => {
    const c = start(watched);
    await toLeading(c);
    await c.lock.watching.changed(c.lock.snapshot(record()));
    assert.equal(c.context.term?.holdsLock(), false);
    c.at('lost.notifying');
    assert.deepEqual(c.stopReasons, ['superseded']);
    assert.equal(c.context.leader, 'other');
    assert.equal(c.newsOf('newLeader').at(-1)?.identity, 'other');
    await c.lock.expectIdle();
  },

  'elected lockChanged if asksToStepDown': async (start) => {
    const c = start(watched);
    await toLeading(c);
    await c.lock.watching.changed(asking(c));
    drainsForAnother(c);
    await c.lock.expectIdle();
  },

  'elected watchOpened': async (start) => {
    const c = start(watched);
    await toLeading(c);
    assert.equal(c.context.watching, false);
    await c.lock.watching.opened(true);
    c.at('elected.leading');
    assert.equal(c.context.watching, true);
    assert.deepEqual(c.newsOf('watching'), [{ type: 'watching' }]);
    await c.lock.expectIdle();
  },

  'elected watchFailed': async (start) => {
    const c = start(watched);
    await toLeading(c);
    await c.lock.watching.opened();
    await c.lock.watching.failed('network');
    c.at('elected.leading');
    assert.equal(c.context.watching, false);
    assert.equal(c.newsOf('watchFailed')[0]?.error.kind, 'network');
    // The renewals go on as ever.
    await c.after(2_000, 'elected.leading', 'elected.renewing.writing');
  },

  'elected.leading lockChanged if recordGone': async (start) => {
    const c = start(watched);
    await toLeading(c);
    await c.lock.watching.tell(c.lock.deletion());
    c.at('elected.renewing.writing');
    const creation = await c.lock.commit('create');
    assert.equal(creation.record?.holderIdentity, 'me');
    c.at('elected.leading');
    assert.equal(c.terms.length, 1);
  },

  'elected.leading always if askedToStepDown': async (start) => {
    const c = start();
    await toRenewing(c);
    // Whoever asked has written before us; nobody watches.
    await c.answer('update', c.lock.failure('conflict'));
    const asked = asking(c);
    await c.answer('get', { ok: true, ...asked });
    const renewal = await c.lock.expectCall('update');
    assert.equal(renewal.base?.version, asked.version);
    await renewal.answer({ ok: true, ...c.lock.snapshot(renewal.record, null, asked.object) });
    drainsForAnother(c);
  },

  'elected.draining.lease.holding lockChanged if recordGone': async (start) => {
    const c = start(watched);
    await toDraining(c);
    await c.lock.watching.tell(c.lock.deletion());
    c.at('elected.draining.lease.renewing.writing');
    c.at('elected.draining.work.stopping');
    await c.lock.commit('create');
    c.at('elected.draining.lease.holding');
  },
};
