import assert from 'node:assert/strict';
import { fromPromise } from 'xstate';
import type { WorkInput } from '../../../machines/actors.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import {
  toCheckingAfterFailure,
  toDraining,
  toFinishing,
  toLeading,
  toRenewing,
  toWaiting,
} from '../support/paths.js';

const rejoin = { onLost: 'rejoin' } as const;

const LEADING = 'elected.leading';
const RENEWING = 'elected.renewing';
const HOLDING = 'elected.draining.lease.holding';

async function toRenewingWhileDraining(c: Candidate): Promise<void> {
  await toDraining(c);
  await c.clock.advance(2_000);
  c.at('elected.draining.lease.renewing.writing');
}

/** The term ended once, for this reason, and no other began. Who drains was told already. */
function endedOnce(c: Candidate, reason: string): void {
  c.at(reason === 'stopped' ? 'lost.settling' : 'lost.notifying');
  assert.equal(c.terms.length, 1);
  assert.equal(c.newsOf('startedLeading').length, 1);
  assert.deepEqual(c.stopReasons, [reason]);
}

/** The states that were visited from here on, without repetition. */
function visits(c: Candidate, from: number): string[] {
  return [...new Set(c.visited.slice(from))];
}

export const holdingScenarios: EdgeTests = {
  [`${LEADING}: a machine that slept beyond the deadline loses at its first timer`]: async (
    start,
  ) => {
    const c = start();
    await toLeading(c);
    c.clock.suspend(10_000);
    await c.after(2_000, LEADING, 'lost.notifying');
    endedOnce(c, 'deadline');
  },

  [`${HOLDING}: a machine that slept beyond the deadline loses at its first timer`]: async (
    start,
  ) => {
    const c = start();
    await toDraining(c);
    c.clock.suspend(10_000);
    await c.after(2_000, HOLDING, 'lost.settling');
    endedOnce(c, 'stopped');
  },

  [`${RENEWING} after(renewDeadline): the term is lost from where it stood`]: async (start) => {
    const c = start();
    await toRenewing(c);
    const from = c.visited.length;
    await c.clock.advance(8_000);
    endedOnce(c, 'deadline');
    assert.deepEqual(c.newsOf('draining'), []);
    assert.ok(!visits(c, from).includes(LEADING));
  },

  [`${RENEWING} after(renewDeadline): a timer that is early starts no term`]: async (start) => {
    const c = start();
    c.clock.earlyMs = 1;
    await toRenewing(c);
    const from = c.visited.length;
    await c.clock.advance(7_999);
    assert.ok(!visits(c, from).includes(LEADING));
    await c.clock.advance(1);
    endedOnce(c, 'deadline');
  },

  'elected.draining.lease.renewing after(renewDeadline): the term is lost from where it stood':
    async (start) => {
      const c = start();
      c.clock.earlyMs = 1;
      await toRenewingWhileDraining(c);
      const from = c.visited.length;
      await c.clock.advance(8_000);
      endedOnce(c, 'stopped');
      assert.deepEqual(
        visits(c, from).filter((visited) => visited.includes(HOLDING)),
        [],
      );
    },

  [`${RENEWING}.reading: the deadline comes before what was read`]: async (start) => {
    const c = start();
    await toRenewing(c);
    await c.answer('update', c.lock.failure('conflict'));
    c.clock.freeze(8_000);
    await c.answer('get', c.lock.heldBy('other'));
    endedOnce(c, 'deadline');
  },

  'elected.draining.lease.renewing.reading: the deadline comes before what was read': async (
    start,
  ) => {
    const c = start();
    await toRenewingWhileDraining(c);
    await c.answer('update', c.lock.failure('conflict'));
    c.clock.freeze(8_000);
    await c.answer('get', c.lock.heldBy('other'));
    endedOnce(c, 'stopped');
    assert.deepEqual(
      c.newsOf('newLeader').map(({ identity }) => identity),
      ['me'],
    );
  },

  'elected.draining stop: what has begun goes on': async (start) => {
    const c = start(rejoin);
    await toLeading(c);
    c.work.reject(new Error('the work failed'));
    await settle();
    await c.send({ type: 'stop' });
    c.at('elected.draining.work.stopping');
    assert.equal(c.terms.length, 1);
    assert.deepEqual(c.stopReasons, ['failed']);
    assert.equal(c.newsOf('draining').length, 1);
  },

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
    c.at('acquiring');
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

  [`${HOLDING}: the next renewal is not jittered`]: async (start) => {
    const c = start({ random: () => 0.5 });
    await toWaiting(c);
    await c.clock.advance(3_200);
    await c.answer('get', c.lock.free());
    await c.lock.commit();
    await c.send({ type: 'stop' });
    await c.after(2_000, HOLDING, 'elected.draining.lease.renewing.writing');
  },

  'elected error(work) if termIsOn: is told before all else': async (start) => {
    const c = start();
    await toLeading(c);
    c.work.reject(new Error('the work failed'));
    await settle();
    const types = c.news.map(({ type }) => type);
    assert.ok(types.indexOf('callbackFailed') < types.indexOf('draining'));
  },

  'elected error(work) else: is told while nobody knows the end of the work': async (start) => {
    const never = fromPromise<never, never>(() => new Promise(() => undefined));
    const c = start({}, { workSettled: never as never });
    await toDraining(c);
    const error = new Error('the work failed');
    c.work.reject(error);
    await settle();
    assert.equal(c.context.workError, error);
  },

  'elected.draining.work.finishing done(workSettled): a failure is told': async (start) => {
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

  'elected.draining.work.stopping done(onStoppedLeading): work that goes on is waited for': async (
    start,
  ) => {
    const c = start();
    await toFinishing(c);
    await c.after(2_000, HOLDING, 'elected.draining.lease.renewing.writing');
    const renewal = await c.lock.commit();
    assert.equal(renewal.record?.isReleased, false);
    c.at('elected.draining.work.finishing');
    assert.equal(c.context.term?.holdsLock(), true);
  },

  'elected.draining.work.stopping: a callback that goes on is waited for, though the work has ended':
    async (start) => {
      const c = start();
      await toDraining(c);
      c.work.resolve();
      await settle();
      c.at('elected.draining.work.stopping');
      assert.equal(c.context.term?.holdsLock(), true);
      await c.lock.expectIdle();
      c.stopping.resolve();
      await settle();
      c.at('releasing.writing');
    },

  'elected.draining: the signal is aborted before anybody is told': async (start) => {
    const c = start();
    await toLeading(c);
    const aborted: boolean[] = [];
    c.actor.on('draining', () => aborted.push(c.term.signal.aborted));
    c.actor.on('stoppedLeading', () => aborted.push(c.term.signal.aborted));
    await c.send({ type: 'stop' });
    assert.deepEqual(aborted, [true, true]);
    assert.deepEqual(c.stopReasons, ['stopped']);
  },
};
