import assert from 'node:assert/strict';
import { settle } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { asking } from '../support/step-down.js';
import { toLeading } from '../support/paths.js';

/*
 * The deadline has passed by the clock, and no timer has fired yet: whatever comes in first, in
 * whatever the lease and the work are at, ends the term, and is followed by nothing else.
 */

interface Place {
  readonly lease: 'leading' | 'writing' | 'reading' | 'retrying';
  readonly work: 'running' | 'stopping' | 'finishing' | 'ended';
}

const places: readonly Place[] = (['leading', 'writing', 'reading', 'retrying'] as const).flatMap(
  (lease) => [
    ...(['running', 'stopping', 'finishing'] as const).map((work) => ({ lease, work })),
    // Elsewhere nothing is waited for, and the lock is released at once.
    ...(lease === 'writing' ? [{ lease, work: 'ended' as const }] : []),
  ],
);

async function toPlace(c: Candidate, { lease, work }: Place): Promise<void> {
  await toLeading(c);
  await c.clock.advance(lease === 'leading' ? 1_000 : 2_000);
  if (lease === 'reading') await c.answer('update', c.lock.failure('conflict'));
  if (lease === 'retrying') await c.answer('update', c.lock.failure('network'));
  if (work !== 'running') await c.send({ type: 'stop' });
  if (work === 'finishing' || work === 'ended') c.stopping.resolve();
  if (work === 'ended') c.work.resolve();
  await settle();
  c.at(`participating.elected.lease.${lease === 'leading' ? lease : `renewing.${lease}`}`);
  const drains = work === 'stopping' || work === 'finishing';
  c.at(`participating.elected.work.${drains ? `draining.${work}` : work}`);
}

interface Happening {
  readonly happen: (c: Candidate) => unknown;
  /** Where it can happen; everywhere, if not said. */
  readonly where?: (place: Place) => boolean;
  /** What is to be heard of it all the same. */
  readonly heard?: (c: Candidate) => void;
}

const error = new Error('the callback failed');

function failureHeard(callback: string): (c: Candidate) => void {
  return (c) => {
    assert.deepEqual(c.newsOf('callbackFailed'), [{ type: 'callbackFailed', callback, error }]);
  };
}

const happenings: Readonly<Record<string, Happening>> = {
  'a timer': { happen: (c) => c.clock.advance(0) },
  'a question': { happen: (c) => c.send({ type: 'lapse' }) },
  'a wake-up': { happen: (c) => c.send({ type: 'wake' }) },
  'a second start': { happen: (c) => c.send({ type: 'start' }) },
  'stop()': {
    happen: (c) => c.send({ type: 'stop' }),
    heard: (c) => assert.equal(c.context.stopRequested, true),
  },
  'a callback that fails': {
    happen: (c) => c.send({ type: 'callbackFailed', callback: 'onNewLeader', error }),
    heard: failureHeard('onNewLeader'),
  },
  'news of another holder': { happen: (c) => c.lock.watching.changed(c.lock.snapshot(record())) },
  'news of a deletion': { happen: (c) => c.lock.watching.tell(c.lock.deletion()) },
  'a request to step down': { happen: (c) => c.lock.watching.changed(asking(c)) },
  'a watch that opens': { happen: (c) => c.lock.watching.opened() },
  'a watch that fails': { happen: (c) => c.lock.watching.failed() },
  'the end of the work': {
    where: ({ work }) => work !== 'ended',
    happen: (c) => {
      c.work.resolve();
    },
    heard: (c) => assert.equal(c.context.term?.workFinished, true),
  },
  'the failure of the work': {
    where: ({ work }) => work !== 'ended',
    happen: async (c) => {
      c.work.reject(error);
      await settle();
      // Where onStoppedLeading is called now, it comes first.
      c.stopping.resolve();
    },
    heard: failureHeard('onStartedLeading'),
  },
  'the end of onStoppedLeading': {
    where: ({ work }) => work === 'stopping',
    happen: (c) => {
      c.stopping.resolve();
    },
  },
  'the failure of onStoppedLeading': {
    where: ({ work }) => work === 'stopping',
    happen: (c) => {
      c.stopping.reject(error);
    },
    heard: failureHeard('onStoppedLeading'),
  },
  'the answer to a renewal': {
    where: ({ lease }) => lease === 'writing',
    happen: (c) => c.lock.commit(),
  },
  'the failure of a renewal': {
    where: ({ lease }) => lease === 'writing',
    happen: (c) => c.answer('update', c.lock.failure('network')),
  },
  'a read of our own record': {
    where: ({ lease }) => lease === 'reading',
    happen: (c) => c.answer('get', c.lock.ok(c.context.lease!.record)),
  },
  'the failure of a read': {
    where: ({ lease }) => lease === 'reading',
    happen: (c) => c.answer('get', c.lock.failure('network')),
  },
};

/** The term ended in the first step, for the deadline unless it was ending, and no more was done. */
async function endedAtOnce(c: Candidate, { work }: Place): Promise<void> {
  assert.notDeepEqual(c.visited, []);
  c.wentOnlyThrough('lost', 'stopped');
  assert.equal(c.term.signal.aborted, true);
  assert.equal(c.context.term?.holdsLock(), false);
  const wasTold = work !== 'running';
  assert.equal(c.context.endReason, wasTold ? 'stopped' : 'deadline');
  assert.deepEqual(c.stopReasons, [wasTold ? 'stopped' : 'deadline']);
  assert.equal(c.newsOf('draining').length, wasTold ? 1 : 0);
  assert.deepEqual([...c.newsOf('renewed'), ...c.newsOf('released')], []);
  assert.equal(c.context.lease?.validFrom.monotonicMs, 0);
  assert.equal(c.context.leader, 'me');
  await c.lock.expectIdle();
}

export const deadlineScenarios: EdgeTests = {
  ...Object.fromEntries(
    Object.entries(happenings).map(([name, { happen, where = () => true, heard }]) => [
      `deadline: comes before ${name}, wherever the lease and the work are`,
      async (start) => {
        for (const place of places.filter(where)) {
          const c = start({ watched: true });
          await toPlace(c, place);
          c.clock.freeze(10_000);
          c.mark();
          await happen(c);
          await settle();
          await endedAtOnce(c, place);
          heard?.(c);
        }
      },
    ]),
  ),

  'deadline: is asked about first after many renewals, too': async (start) => {
    const c = start({ watched: true });
    c.clock.earlyMs = 1;
    await toLeading(c);
    for (let renewals = 1; renewals <= 40; renewals += 1) {
      while (c.lock.pending.length === 0) await c.clock.advance(1);
      await c.lock.commit();
    }
    c.clock.freeze(10_000);
    await c.lock.watching.changed(c.lock.snapshot(record()));
    c.at('lost.notifying');
    assert.deepEqual(c.stopReasons, ['deadline']);
  },

  'deadline: a stop that came in with it ends the candidacy': async (start) => {
    const c = start({ onLost: 'rejoin' });
    await toLeading(c);
    c.clock.freeze(10_000);
    await c.send({ type: 'stop' });
    c.work.resolve();
    c.stopping.resolve();
    await settle();
    c.at('stopped');
    const outcome = { reason: 'deadline', led: true, released: false, workFinished: true };
    assert.deepEqual(c.newsOf('ended'), [{ type: 'ended', outcome, stopRequested: true }]);
  },

  'deadline: a machine that slept beyond it loses at its first timer': async (start) => {
    for (const work of ['running', 'stopping'] as const) {
      const c = start();
      await toPlace(c, { lease: 'leading', work });
      c.clock.suspend(9_000);
      await c.after(1_000, 'participating.elected.lease.leading', 'lost');
      await c.lock.expectIdle();
      assert.equal(c.terms.length, 1);
    }
  },

  'deadline: the term is lost from where it stood': async (start) => {
    for (const work of ['running', 'stopping'] as const) {
      for (const earlyMs of [0, 1]) {
        const c = start();
        c.clock.earlyMs = earlyMs;
        await toPlace(c, { lease: 'writing', work });
        c.mark();
        await c.clock.advance(7_999);
        c.wentOnlyThrough('participating.elected.lease.renewing');
        c.at('participating.elected.lease.renewing');
        await c.clock.advance(1);
        c.at('lost');
        assert.equal(c.newsOf('startedLeading').length, 1);
      }
    }
  },

  'deadline: a pause that the server asks for does not put it off': async (start) => {
    for (const ends of [false, true]) {
      const c = start();
      await toPlace(c, { lease: 'writing', work: 'running' });
      await c.answer('update', c.lock.failure('throttled', 60_000));
      if (ends) await c.send({ type: 'stop' });
      await c.after(8_000, 'participating.elected.lease.renewing.retrying', 'lost');
      assert.deepEqual(c.stopReasons, [ends ? 'stopped' : 'deadline']);
    }
  },
};
