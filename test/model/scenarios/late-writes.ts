import assert from 'node:assert/strict';
import { type PendingCall, record } from '../../support/controllable-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import {
  toConfirming,
  toLeading,
  toReleaseAfterFailure,
  toUnansweredClaim,
} from '../support/paths.js';

/** Stopped, with a claim of which nothing is known: the lock is looked at, and then left. */
async function looksAndLeaves(c: Candidate): Promise<void> {
  await c.send({ type: 'stop' });
  c.at('releasing.checking');
  await c.answer('get', c.lock.heldBy('other'));
  c.at('stopped');
}

/** A claim that went unanswered, and the look for it as well: a renew deadline has passed. */
async function toLateClaim(c: Candidate): Promise<PendingCall> {
  const late = await toConfirming(c);
  await c.clock.advance(5_000);
  c.at('participating.acquiring.backingOff');
  return late;
}

/** Writes that went unanswered, and are found in the lock late, or when nobody waits for them. */
export const lateWriteScenarios: EdgeTests = {
  'late: a claim that is found a renew deadline after its sending founds no term': async (
    start,
  ) => {
    const c = start();
    const late = await toLateClaim(c);
    await c.clock.advance(250);
    c.at('participating.acquiring.confirming');
    await c.answer('get', c.lock.ok(late.record));
    // It is ours, so it is written over at once; the term counts from that.
    c.at('participating.acquiring.claiming');
    assert.equal(c.terms.length, 0);
    await c.lock.commit();
    assert.equal(c.context.lease?.validFrom.monotonicMs, 10_375);
  },

  'late: an earlier renewal that is stored after all counts from its own sending': async (
    start,
  ) => {
    const c = start();
    await toLeading(c);
    await c.clock.advance(2_000);
    const first = await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.unchanged());
    await c.answer('update', c.lock.failure('conflict'));
    await c.clock.advance(250);
    await c.answer('get', c.lock.ok(first.record));
    c.at('participating.elected.lease.leading');
    assert.equal(c.context.lease?.validFrom.monotonicMs, 2_000);
    await c.lock.expectIdle();
  },

  'late: who stops looks for its claim, though another is said to hold the lock': async (start) => {
    const c = start({ watched: true });
    await toUnansweredClaim(c);
    await c.lock.watching.changed(c.lock.snapshot(record()));
    await looksAndLeaves(c);
  },

  'late: a lock that was released once is not, as far as is known, after a claim without answer':
    async (start) => {
      const c = start({ onLost: 'rejoin' });
      await toReleaseAfterFailure(c);
      await c.lock.commit();
      assert.equal(c.context.released, true);
      await c.clock.advance(1_000);
      await c.answer('get', c.lock.free());
      await c.lock.expectCall('update');
      await c.send({ type: 'stop' });
      // Until the lease that the claim may have won has run out.
      await c.clock.advance(14_999);
      c.at('releasing');
      await c.clock.advance(1);
      c.at('stopped');
      assert.equal(c.newsOf('ended')[0]?.outcome.released, false);
    },
};
