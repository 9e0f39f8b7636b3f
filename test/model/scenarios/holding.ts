import assert from 'node:assert/strict';
import { fromPromise } from 'xstate';
import type { WorkInput } from '../../../machines/actors.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import type { EdgeTests } from '../support/edge-test.js';
import { toEnded, toFinishing, toRenewing, toWaiting } from '../support/paths.js';

const RENEWING = 'participating.elected.lease.renewing';
const WORK = 'participating.elected.work';

export const holdingScenarios: EdgeTests = {
  'participating.elected.lease.leading: the next renewal is not jittered': async (start) => {
    const c = start({ random: () => 0.5 });
    await toWaiting(c);
    await c.clock.advance(3_200);
    await c.answer('get', c.lock.free());
    await c.lock.commit();
    await c.after(2_000, 'participating.elected.lease.leading', `${RENEWING}.writing`);
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
