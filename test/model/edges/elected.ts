import assert from 'node:assert/strict';
import { settle } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import type { EdgeTests } from '../support/edge-test.js';
import { toLeading, toRenewing } from '../support/paths.js';

/** What concerns the whole of a term, and its deadline. */
export const electedEdges: EdgeTests = {
  'participating.elected lockChanged if takenByAnother': async (start) => {
    const c = start({ watched: true });
    await toLeading(c);
    await c.lock.watching.changed(c.lock.snapshot(record()));
    assert.equal(c.context.term?.holdsLock(), false);
    c.at('lost.notifying');
    assert.deepEqual(c.stopReasons, ['superseded']);
    assert.equal(c.context.leader, 'other');
    assert.equal(c.newsOf('newLeader').at(-1)?.identity, 'other');
    await c.lock.expectIdle();
  },

  'participating.elected stop': async (start) => {
    const c = start({ onLost: 'rejoin' });
    await toLeading(c);
    c.work.reject(new Error('the work failed'));
    await settle();
    c.at('participating.elected.work.draining.stopping');
    assert.equal(c.context.stopRequested, false);
    await c.send({ type: 'stop' });
    // What has begun goes on.
    c.at('participating.elected.work.draining.stopping');
    c.at('participating.elected.lease.leading');
    assert.equal(c.context.stopRequested, true);
    assert.equal(c.terms.length, 1);
    assert.deepEqual(c.stopReasons, ['failed']);
    assert.equal(c.newsOf('draining').length, 1);
    assert.equal(c.newsOf('renewed').length, 0);
  },

  'participating.elected.deadline.counting * if leaseLapsed': async (start) => {
    const c = start();
    await toLeading(c);
    await c.send({ type: 'lapse' });
    c.at('participating.elected');
    c.clock.freeze(10_000);
    await c.send({ type: 'lapse' });
    c.at('lost.notifying');
    assert.equal(c.context.endReason, 'deadline');
    assert.equal(c.term.signal.aborted, true);
    assert.deepEqual(c.stopReasons, ['deadline']);
    await c.lock.expectIdle();
    const stopped = start();
    await toLeading(stopped);
    stopped.clock.freeze(10_000);
    await stopped.send({ type: 'stop' });
    stopped.at('lost.notifying');
    assert.equal(stopped.context.stopRequested, true);
    assert.deepEqual(stopped.stopReasons, ['deadline']);
  },

  'participating.elected.deadline.counting after(renewDeadline) if not leaseLapsed': async (
    start,
  ) => {
    const c = start();
    c.clock.earlyMs = 1;
    await toRenewing(c);
    c.mark();
    await c.clock.advance(7_999);
    c.wentOnlyThrough('participating.elected');
    c.at('participating.elected.lease.renewing');
    assert.equal(c.term.isLeading(), true);
    await c.clock.advance(1);
    c.at('lost.notifying');
    assert.deepEqual(c.stopReasons, ['deadline']);
    // Nobody spins while it waits for the rest.
    assert.ok(c.clock.timersSet < 60);
  },
};
