import assert from 'node:assert/strict';
import { fromPromise } from 'xstate';
import { settle } from '../../../src/testing/virtual-clock.js';
import type { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests, Start } from '../support/edge-test.js';
import {
  toConcluding,
  toLeading,
  toNotifying,
  toOverrun,
  toReleaseAfterFailure,
  toSettling,
} from '../support/paths.js';

const rejoin = { onLost: 'rejoin' } as const;
const shortDrain = { drainTimeoutSeconds: 5 };

/** Waiting for the work breaks at this call, and never ends at any other. */
function brokenAt(call: number): Parameters<Start>[1] {
  let calls = 0;
  const broken = fromPromise<never, never>(() => {
    calls += 1;
    return calls === call ? Promise.reject(new Error('broken')) : new Promise(() => undefined);
  });
  return { workSettled: broken as never };
}

/**
 * The work fails, and `onStoppedLeading` outlasts a drain timeout of 5 s. A renewal was answered at
 * 2 s; of another, sent at 4 s, nothing is known: it may be in force until 19 s.
 */
async function outlastDrain(c: Candidate, earlyMs = 0): Promise<LeaderElectionRecord> {
  await toLeading(c);
  c.work.reject(new Error('the work failed'));
  await settle();
  await c.clock.advance(2_000);
  const { record } = await c.lock.commit();
  assert.ok(record);
  await c.clock.advance(2_999);
  c.at('participating.elected.work.draining.stopping');
  await c.lock.expectCall('update');
  c.clock.earlyMs = earlyMs;
  await c.clock.advance(1);
  return record;
}

function rejoinsWithoutLoss(c: Candidate): void {
  c.at('rejoining');
  assert.equal(c.terms.length, 1);
  assert.deepEqual(
    c.visited.filter((visited) => visited.startsWith('lost')),
    [],
  );
}

export const endingScenarios: EdgeTests = {
  'lost.overrun done(workSettled): a callback that hangs has the lease of a renewal that may be stored':
    async (start) => {
      const c = start(rejoin);
      await toLeading(c);
      await c.clock.advance(2_000);
      await c.lock.expectCall('update');
      await c.clock.advance(13_000);
      c.at('lost.overrun');
      assert.deepEqual(c.stopReasons, ['deadline']);
      c.work.resolve();
      await settle();
      // The renewal was sent at 2 s and never answered.
      await c.after(2_000, 'lost.concluding', 'rejoining');
    },

  'lost.concluding always if shallEnd: who does not rejoin waits for no callback': async (
    start,
  ) => {
    const c = start(shortDrain);
    await outlastDrain(c);
    c.at('stopped');
    assert.deepEqual(c.stopReasons, ['failed']);
    assert.equal(c.clock.pendingTimers, 0);
  },

  'releasing.writing done(release): a candidate rejoins after its release': async (start) => {
    const c = start(rejoin);
    await toReleaseAfterFailure(c);
    await c.lock.commit();
    rejoinsWithoutLoss(c);
    assert.equal(c.newsOf('released').length, 1);
    assert.equal(c.newsOf('vacant').length, 1);
    assert.equal(c.context.leader, null);
  },

  'releasing.checking done(readBack) if releaseWasCommitted: a candidate rejoins': async (
    start,
  ) => {
    const c = start(rejoin);
    const { record } = await toReleaseAfterFailure(c);
    await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(record));
    rejoinsWithoutLoss(c);
    assert.equal(c.newsOf('released').length, 1);
  },

  'lost.entering always if stopAnnounced: work that goes on is waited for': async (start) => {
    const c = start(rejoin);
    await toLeading(c);
    await c.send({ type: 'stop' });
    c.at('participating.elected.work.draining.stopping');
    c.clock.freeze(10_000);
    await c.send({ type: 'lapse' });
    c.at('lost.settling');
  },

  'lost.notifying after(leaseDuration): work that runs on beside a callback that hangs overruns':
    async (start) => {
      const c = start(rejoin);
      await toNotifying(c);
      await c.clock.advance(13_000);
      c.at('lost.overrun');
      assert.equal(c.newsOf('overrun').length, 1);
      assert.equal(c.terms.length, 1);
    },

  'lost.settling error(workSettled): onStoppedLeading has what is left of the lease all the same':
    async (start) => {
      const broken = fromPromise<never, never>(() => Promise.reject(new Error('broken')));
      const c = start(rejoin, { workSettled: broken as never });
      await toConcluding(c);
      await c.after(5_000, 'lost.concluding', 'rejoining');
    },

  'lost.overrun done(workSettled): the term ends there': async (start) => {
    const c = start(rejoin);
    await toOverrun(c);
    const from = c.visited.length;
    c.work.resolve();
    await settle();
    c.at('rejoining');
    assert.deepEqual([...new Set(c.visited.slice(from))], ['lost.concluding', 'rejoining']);
  },

  'lost.overrun error(workSettled): the term ends there': async (start) => {
    const c = start(rejoin, brokenAt(2));
    await toSettling(c);
    const from = c.visited.length;
    await c.clock.advance(13_000);
    c.at('rejoining');
    assert.equal(c.terms.length, 1);
    const visited = [...new Set(c.visited.slice(from))];
    assert.deepEqual(visited, ['lost.overrun', 'lost.concluding', 'rejoining']);
  },

  'lost.concluding: who is to rejoin asks for nothing while onStoppedLeading has lease left':
    async (start) => {
      const c = start({ ...rejoin, ...shortDrain });
      const record = await outlastDrain(c);
      c.at('lost.concluding');
      await c.clock.advance(13_999);
      c.at('lost.concluding');
      await c.lock.expectIdle();
      const from = c.visited.length;
      await c.clock.advance(1);
      // The callback hangs: it has had the whole lease, and the candidacy goes on.
      await c.after(1_000, 'rejoining', 'participating.acquiring.reading');
      assert.deepEqual(
        [...new Set(c.visited.slice(from))],
        ['rejoining', 'participating.acquiring.reading'],
      );
      assert.equal(c.terms.length, 1);
      await c.answer('get', c.lock.ok(record));
      assert.deepEqual(c.newsOf('released'), []);
      await c.lock.commit();
      assert.equal(c.terms.length, 2);
    },

  'lost.concluding after(lastWrite) else: that the lease we know of has run out is not enough':
    async (start) => {
      const c = start({ ...rejoin, ...shortDrain });
      await outlastDrain(c, 1);
      await c.clock.advance(13_999);
      c.at('lost.concluding');
      await c.clock.advance(1);
      c.at('rejoining');
    },

  'root callbackFailed: names the callback': async (start) => {
    const error = new Error('the callback failed');
    const c = start({ onOverrun: () => Promise.reject(error), ...rejoin });
    await toOverrun(c);
    const failed = { type: 'callbackFailed', callback: 'onOverrun', error };
    assert.deepEqual(c.newsOf('callbackFailed'), [failed]);
  },

  'stopped: the actor is done, and says how it went': async (start) => {
    const c = start();
    await c.send({ type: 'stop' });
    const { status, output } = c.actor.getSnapshot();
    assert.equal(status, 'done');
    assert.deepEqual(output, c.newsOf('ended')[0]?.outcome);
    assert.equal(output?.reason, 'stopped');
  },

  'stopped: the end is told once, though a drain that took too long has told it': async (start) => {
    const c = start({ drainTimeoutSeconds: 1 });
    await toLeading(c);
    await c.send({ type: 'stop' });
    await c.clock.advance(1_000);
    c.stopping.resolve();
    await settle();
    c.work.resolve();
    await settle();
    c.at('stopped');
    assert.equal(c.newsOf('ended').length, 1);
  },

  'participating.elected.work.draining.stopping: without onStoppedLeading nothing fails': async (
    start,
  ) => {
    const c = start({ onStoppedLeading: undefined as never });
    await toLeading(c);
    await c.send({ type: 'stop' });
    c.work.resolve();
    await settle();
    c.at('releasing.writing');
    assert.deepEqual(c.newsOf('callbackFailed'), []);
  },
};
