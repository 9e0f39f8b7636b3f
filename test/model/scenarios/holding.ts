import assert from 'node:assert/strict';
import { fromPromise } from 'xstate';
import type { WorkInput } from '../../../machines/actors.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import type { EdgeTests } from '../support/edge-test.js';
import {
  toCheckingAfterFailure,
  toDraining,
  toEnded,
  toFinishing,
  toLeading,
  toRenewing,
  toWaiting,
} from '../support/paths.js';

const rejoin = { onLost: 'rejoin' } as const;

const LEADING = 'participating.elected.lease.leading';
const RENEWING = 'participating.elected.lease.renewing';
const WORK = 'participating.elected.work';

export const holdingScenarios: EdgeTests = {
  'elected: a leader answers to the tag of one, and nobody else': async (start) => {
    const c = start(rejoin);
    const tagged = (): boolean => c.actor.getSnapshot().hasTag('leader');
    const tags = [tagged()];
    await toRenewing(c);
    tags.push(tagged());
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.heldBy('other'));
    tags.push(tagged());
    c.stopping.resolve();
    c.work.resolve();
    await settle();
    c.at('rejoining');
    tags.push(tagged());
    await c.clock.advance(1_000);
    c.at('participating.acquiring');
    tags.push(tagged());
    await c.send({ type: 'stop' });
    c.at('stopped');
    tags.push(tagged());
    assert.deepEqual(tags, [false, true, false, false, false, false]);
  },

  'releasing: what gives the lock back leads no more': async (start) => {
    const c = start(rejoin);
    await toCheckingAfterFailure(c);
    assert.equal(c.actor.getSnapshot().hasTag('leader'), false);
  },

  [`${LEADING}: the next renewal is not jittered`]: async (start) => {
    const c = start({ random: () => 0.5 });
    await toWaiting(c);
    await c.clock.advance(3_200);
    await c.answer('get', c.lock.free());
    await c.lock.commit();
    await c.after(2_000, LEADING, `${RENEWING}.writing`);
  },

  [`${WORK} error(work) if termIsOn: is told before all else`]: async (start) => {
    const c = start();
    await toLeading(c);
    c.work.reject(new Error('the work failed'));
    await settle();
    const types = c.news.map(({ type }) => type);
    assert.ok(types.indexOf('callbackFailed') < types.indexOf('draining'));
  },

  [`${WORK} error(work) else: is told while nobody knows the end of the work`]: async (start) => {
    const never = fromPromise<never, never>(() => new Promise(() => undefined));
    const c = start({}, { workSettled: never as never });
    await toDraining(c);
    const error = new Error('the work failed');
    c.work.reject(error);
    await settle();
    assert.equal(c.context.workError, error);
  },

  [`${WORK}.draining.finishing done(workSettled): a failure is told`]: async (start) => {
    const work = fromPromise<never, WorkInput>(async ({ input: { term, callback } }) => {
      if (callback !== null) await term.run(callback);
      return new Promise(() => undefined);
    });
    const c = start({}, { work: work as never });
    await toFinishing(c);
    const error = new Error('the work failed');
    c.work.reject(error);
    await settle();
    c.at('releasing.writing');
    assert.equal(c.context.workError, error);
  },

  [`${WORK}.draining.stopping done(onStoppedLeading): work that goes on is waited for`]: async (
    start,
  ) => {
    const c = start();
    await toFinishing(c);
    await c.after(2_000, LEADING, `${RENEWING}.writing`);
    const renewal = await c.lock.commit();
    assert.equal(renewal.record?.isReleased, false);
    c.at(`${WORK}.draining.finishing`);
    assert.equal(c.context.term?.holdsLock(), true);
  },

  [`${WORK}.draining.stopping: a callback that goes on is waited for, though the work has ended`]:
    async (start) => {
      const c = start();
      await toDraining(c);
      c.work.resolve();
      await settle();
      c.at(`${WORK}.draining.stopping`);
      assert.equal(c.context.term?.holdsLock(), true);
      await c.lock.expectIdle();
      c.stopping.resolve();
      await settle();
      c.at('releasing.writing');
    },

  [`${WORK}.draining: the signal is aborted before anybody is told`]: async (start) => {
    const c = start();
    await toLeading(c);
    const aborted: boolean[] = [];
    c.actor.on('draining', () => aborted.push(c.term.signal.aborted));
    c.actor.on('stoppedLeading', () => aborted.push(c.term.signal.aborted));
    await c.send({ type: 'stop' });
    assert.deepEqual(aborted, [true, true]);
    assert.deepEqual(c.stopReasons, ['stopped']);
  },

  [`${WORK}.ended: stop during a renewal sends the release after the answer, and nothing else`]:
    async (start) => {
      const c = start();
      await toEnded(c);
      await c.clock.advance(4_999);
      const renewal = await c.lock.commit();
      const release = await c.lock.commit();
      assert.equal(renewal.record?.isReleased, false);
      assert.equal(release.record?.isReleased, true);
      assert.equal(c.newsOf('renewed').length, 1);
      c.at('stopped');
      await c.lock.expectIdle();
      assert.equal(c.newsOf('ended')[0]?.outcome.released, true);
    },

  [`${WORK}.ended: a renewal that is not answered is given up, and the lock read`]: async (
    start,
  ) => {
    const c = start();
    const claim = await toEnded(c);
    const renewal = await c.lock.expectCall('update');
    await c.after(5_000, `${WORK}.ended`, 'releasing.checking');
    assert.equal(renewal.signal?.aborted, true);
    await c.answer('get', c.lock.ok(claim.record));
    await c.lock.commit();
    c.at('stopped');
  },

  [`${WORK}.ended: a renewal that failed, and may have been stored, is looked for once`]: async (
    start,
  ) => {
    for (const kind of ['conflict', 'notFound', 'network', 'forbidden'] as const) {
      const c = start();
      await toEnded(c);
      await c.answer('update', c.lock.failure(kind));
      c.at(kind === 'conflict' || kind === 'network' ? 'releasing.checking' : 'releasing');
      assert.equal(c.lock.pending.length, 1);
    }
  },

  [`${WORK}.ended: who is renewing, but waits for no answer, releases at once`]: async (start) => {
    const c = start();
    await toRenewing(c);
    await c.answer('update', c.lock.failure('network'));
    c.at(`${RENEWING}.retrying`);
    await c.send({ type: 'stop' });
    c.work.resolve();
    c.stopping.resolve();
    await settle();
    c.at('releasing.checking');
  },

  [`${WORK}.ended: with nothing to wait for, the answer to a renewal is awaited`]: async (
    start,
  ) => {
    const c = start({ onStoppedLeading: undefined as never });
    const renewal = await toRenewing(c);
    c.work.resolve();
    await settle();
    await c.send({ type: 'stop' });
    c.at(`${WORK}.ended`);
    assert.equal(renewal.signal?.aborted, false);
    assert.equal(c.term.signal.aborted, true);
    await c.lock.commit();
    c.at('releasing.writing');
  },

  [`${WORK}.ended: another who takes the lock meanwhile is left alone`]: async (start) => {
    const c = start({ watched: true });
    await toEnded(c);
    await c.lock.watching.changed(c.lock.snapshot(record()));
    c.at('stopped');
    await c.lock.expectIdle();
    assert.equal(c.newsOf('ended')[0]?.outcome.released, false);
  },
};
