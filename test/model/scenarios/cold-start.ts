import assert from 'node:assert/strict';
import type { LockResult } from '../../../src/lock/resource-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { toReading } from '../support/ways.js';

/** The lock as another left it, so long ago by the clock of the API server. */
function left(c: Candidate, writtenAgoMs?: number, leaseDurationSeconds = 15): LockResult {
  const found = c.lock.heldBy('other', { leaseDurationSeconds });
  return writtenAgoMs === undefined ? found : ({ ...found, writtenAgoMs } as LockResult);
}

/** The first look at a lock shows this; whether it is claimed at once. */
async function claims(c: Candidate, found: LockResult): Promise<boolean> {
  await toReading(c);
  await c.answer('get', found);
  const claimed = c.lock.pending[0]?.verb === 'update';
  c.at(claimed ? 'acquiring.claiming' : 'acquiring.waiting');
  return claimed;
}

export const coldStartScenarios: EdgeTests = {
  'cold start: a lease not renewed for more than twice its duration is taken at once': async (
    start,
  ) => {
    const c = start();
    assert.equal(await claims(c, left(c, 30_001)), true);
    assert.equal((await c.lock.commit()).record?.leaderTransitions, 4);
    c.at('elected.leading');
  },

  'cold start: a younger one is waited for, for as long as ever': async (start) => {
    const c = start();
    assert.equal(await claims(c, left(c, 30_000)), false);
    assert.equal(c.context.observation?.expiresAtMs, 15_000);
  },

  'cold start: the longer of the lease durations counts': async (start) => {
    const theirs = start();
    assert.equal(await claims(theirs, left(theirs, 60_001, 40)), false);
    const ours = start();
    assert.equal(await claims(ours, left(ours, 29_000, 5)), false);
  },

  'cold start: short leases need another five seconds': async (start) => {
    const config = { leaseDurationSeconds: 3, renewDeadlineSeconds: 2, retryPeriodSeconds: 1 };
    const younger = start(config);
    assert.equal(await claims(younger, left(younger, 7_999, 3)), false);
    const older = start(config);
    assert.equal(await claims(older, left(older, 8_000, 3)), true);
  },

  'cold start: who does not trust the server clock waits': async (start) => {
    const c = start({ useServerClock: false });
    assert.equal(await claims(c, left(c, 1_000_000)), false);
  },

  'cold start: a lock that the server has not dated is waited for': async (start) => {
    const c = start();
    assert.equal(await claims(c, left(c)), false);
  },

  'cold start: a record that cannot be read is taken as soon when it is as old': async (start) => {
    const c = start();
    const garbage = { ...c.lock.ok(null, 'garbage'), writtenAgoMs: 30_001 } as LockResult;
    assert.equal(await claims(c, garbage), true);
  },

  'cold start: a lock that vanished is waited for, however old it was': async (start) => {
    const c = start({ watched: true });
    assert.equal(await claims(c, left(c, 20_000)), false);
    await c.lock.watching.tell(c.lock.deletion());
    c.at('acquiring.waiting');
    assert.equal(c.context.observation?.expiresAtMs, 15_000);
  },

  'cold start: a dead lease that is renewed after all is waited for': async (start) => {
    const c = start({ watched: true });
    assert.equal(await claims(c, left(c, 100_000)), true);
    await c.lock.watching.changed(c.lock.snapshot(c.context.observation!.snapshot!.record, null));
    const renewed = c.lock.heldBy('other', { renewTime: 'now' });
    await c.answer('update', c.lock.failure('conflict'));
    if (c.lock.pending.length > 0) await c.answer('get', renewed);
    c.at('acquiring.waiting');
  },

  'cold start: one that the server dates no more is waited for, whatever was sent meanwhile':
    async (start) => {
      const c = start();
      const found = left(c, 30_001);
      assert.equal(await claims(c, found), true);
      await c.clock.advance(5_000);
      c.at('acquiring.backingOff');
      await c.clock.advance(125);
      await c.answer('get', found);
      c.at('acquiring.claiming');
      await c.clock.advance(5_000);
      c.at('acquiring.backingOff');
      await c.clock.advance(250);
      await c.clock.advance(14_900 - c.clock.now().monotonicMs);
      await c.answer('get', { ...found, writtenAgoMs: undefined } as LockResult);
      // The last claim may be stored yet, and its lease would last longer; so far the lock is theirs.
      assert.equal(c.context.observation?.expiresAtMs, 15_000);
      await c.after(100, 'acquiring.waiting', 'acquiring.reading');
    },
};
