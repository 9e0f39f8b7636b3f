import assert from 'node:assert/strict';
import type { LockResult } from '../../../src/lock/resource-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { toReading } from '../support/paths.js';

/** The server has dated what it stores, as it does for every Lease and ConfigMap. */
function dated(found: LockResult): LockResult {
  return found.ok ? { ...found, writtenAtMs: 0 } : found;
}

/** The lock as another left it. */
function left(c: Candidate, leaseDurationSeconds = 15): LockResult {
  return dated(c.lock.heldBy('other', { leaseDurationSeconds }));
}

/** The first look at a lock shows this, so long ago by its server's clock; whether it is claimed. */
async function claims(c: Candidate, found: LockResult, ageMs: number | undefined) {
  await toReading(c);
  await c.answer('get', found);
  c.at('participating.acquiring.dating');
  const asked = await c.lock.expectAge();
  assert.equal(asked.base.version, found.ok ? found.version : null);
  await asked.answer(ageMs);
  const claimed = c.lock.pending[0]?.verb === 'update';
  c.at(claimed ? 'participating.acquiring.claiming' : 'participating.acquiring.waiting');
  return claimed;
}

async function isWaitedFor(c: Candidate, untilMs: number): Promise<void> {
  c.at('participating.acquiring.waiting');
  assert.equal(c.context.observation?.expiresAtMs, untilMs);
  await c.lock.expectIdle();
}

export const coldStartScenarios: EdgeTests = {
  'cold start: a lock that vanishes while its age is asked for is waited for': async (start) => {
    const c = start({ watched: true });
    await toReading(c);
    await c.answer('get', left(c));
    const asked = await c.lock.expectAge();
    await c.lock.watching.tell(c.lock.deletion());
    assert.equal(asked.signal?.aborted, true);
    await isWaitedFor(c, 15_000);
  },

  'cold start: who does not trust the server clock does not ask for it': async (start) => {
    const c = start({ useServerClock: false });
    await toReading(c);
    await c.answer('get', left(c));
    await isWaitedFor(c, 15_000);
  },

  'cold start: the age is asked for once, and not at every look': async (start) => {
    const c = start();
    const found = left(c);
    assert.equal(await claims(c, found, 29_000), false);
    for (let look = 0; look < 3; look += 1) {
      await c.after(2_000, 'participating.acquiring.waiting', 'participating.acquiring.reading');
      await c.answer('get', found);
      await isWaitedFor(c, 15_000);
    }
  },

  'cold start: a record that we have seen change is waited for, whatever its dates say': async (
    start,
  ) => {
    const c = start();
    assert.equal(await claims(c, left(c), 1_000), false);
    await c.after(2_000, 'participating.acquiring.waiting', 'participating.acquiring.reading');
    // An older state of the cluster was restored: what it holds is from long ago.
    await c.answer('get', dated(c.lock.heldBy('another')));
    await isWaitedFor(c, 17_000);
  },

  'cold start: a lock that was free or absent before was taken by somebody who lives': async (
    start,
  ) => {
    const c = start();
    await toReading(c);
    await c.answer('get', dated(c.lock.free()));
    c.at('participating.acquiring.claiming');
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', left(c));
    await isWaitedFor(c, 15_000);
    const absent = start();
    await toReading(absent);
    await absent.answer('get', absent.lock.failure('notFound'));
    await absent.answer('create', absent.lock.failure('conflict'));
    await absent.answer('get', left(absent));
    await isWaitedFor(absent, 15_000);
  },

  'cold start: news that is none does not keep the answer from counting': async (start) => {
    const c = start({ watched: true });
    await toReading(c);
    const stale = c.lock.heldBy('before');
    await c.answer('get', left(c));
    await c.lock.watching.opened(false);
    if (stale.ok) await c.lock.watching.changed(stale);
    await (await c.lock.expectAge()).answer(30_001);
    c.at('participating.acquiring.claiming');
  },

  'cold start: a label that somebody sets meanwhile is no reason to ask again': async (start) => {
    const c = start({ watched: true });
    await toReading(c);
    await c.answer('get', left(c));
    const asked = await c.lock.expectAge();
    const relabelled = left(c);
    if (relabelled.ok) await c.lock.watching.changed(relabelled);
    assert.equal(asked.signal?.aborted, true);
    await isWaitedFor(c, 15_000);
  },

  'cold start: the age of what may be taken at once is not asked for': async (start) => {
    const c = start({ reclaimOwnIdentity: true });
    await toReading(c);
    await c.answer('get', dated(c.lock.heldBy('me')));
    c.at('participating.acquiring.claiming');
  },

  'cold start: what the watch tells first is a first sight as well': async (start) => {
    const c = start({ watched: true });
    await toReading(c);
    const found = left(c);
    if (found.ok) await c.lock.watching.changed(found);
    await c.answer('get', found);
    await (await c.lock.expectAge()).answer(60_000);
    c.at('participating.acquiring.claiming');
  },

  'cold start: a dead lease that is renewed after all is waited for': async (start) => {
    const c = start();
    assert.equal(await claims(c, left(c), 100_000), true);
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', dated(c.lock.heldBy('other', { renewTime: 'now' })));
    await isWaitedFor(c, 15_000);
  },

  'cold start: a lease that was found dead stays so while it is unchanged': async (start) => {
    const c = start();
    const found = left(c);
    assert.equal(await claims(c, found, 30_001), true);
    await c.clock.advance(5_000);
    c.at('participating.acquiring.backingOff');
    await c.clock.advance(125);
    await c.answer('get', found);
    c.at('participating.acquiring.claiming');
  },
};
