import assert from 'node:assert/strict';
import type { LockResult } from '../../../src/lock/resource-lock.js';
import { type PendingAge, record } from '../../support/controllable-lock.js';
import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { toReading } from '../support/paths.js';

/** The first sight of a watched lock that another holds and that the server has dated. */
async function toDating(c: Candidate, holder?: string): Promise<PendingAge> {
  await toReading(c);
  await c.answer('get', left(c, holder));
  c.at('participating.acquiring.dating');
  return c.lock.expectAge();
}

function left(c: Candidate, holder?: string): LockResult {
  const found = c.lock.heldBy('other', { leaderTransitions: 0 });
  return found.ok ? { ...found, writtenAtMs: 0, holder } : found;
}

export const datingEdges: EdgeTests = {
  'participating.acquiring.deciding always if mayBeLongDead': async (start) => {
    const c = start();
    const asked = await toDating(c);
    assert.equal(asked.base, c.context.observation?.snapshot);
    assert.equal(asked.signal?.aborted, false);
    assert.equal(c.context.observation?.expiresAtMs, 15_000);
  },

  'participating.acquiring.dating lockChanged if isNews': async (start) => {
    const c = start({ watched: true });
    const asked = await toDating(c);
    await c.clock.advance(1_000);
    await c.lock.watching.changed(c.lock.snapshot(record({ renewTime: 'now' })));
    c.at('participating.acquiring.waiting');
    assert.equal(asked.signal?.aborted, true);
    assert.equal(c.context.observation?.expiresAtMs, 16_000);
    assert.equal(c.context.contentionWindowMs, 32);
    const freed = start({ watched: true });
    await toDating(freed);
    const released = record({ holderIdentity: '', leaderTransitions: 0 });
    await freed.lock.watching.changed(freed.lock.snapshot(released));
    freed.at('participating.acquiring.holdingBack');
  },

  'participating.acquiring.dating holderDied if holderIsDead': async (start) => {
    const c = start({ watched: true });
    const asked = await toDating(c, 'process 1');
    await c.lock.watching.holderDied('process 0');
    c.at('participating.acquiring.dating');
    await c.lock.watching.holderDied('process 1');
    c.at('participating.acquiring.holdingBack');
    assert.equal(asked.signal?.aborted, true);
    assert.deepEqual(c.context.decision, { kind: 'take', because: 'dead' });
  },

  'participating.acquiring.dating watchOpened if hasGap': async (start) => {
    const c = start({ watched: true });
    await toDating(c);
    const found = c.lock.unchanged();
    await c.lock.watching.opened(true);
    c.at('participating.acquiring.reading');
    assert.equal(c.context.watching, true);
    // What is unchanged is asked about again, because nothing was answered.
    await c.answer('get', found.ok ? { ...found, writtenAtMs: 0 } : found);
    c.at('participating.acquiring.dating');
  },

  'participating.acquiring.dating done(askAge)': async (start) => {
    const dead = start();
    await (await toDating(dead)).answer(30_001);
    dead.at('participating.acquiring.claiming');
    assert.equal(dead.context.decision?.kind, 'take');
    const young = start();
    await (await toDating(young)).answer(30_000);
    young.at('participating.acquiring.waiting');
  },

  'participating.acquiring.dating error(askAge)': async (start) => {
    const c = start();
    await (await toDating(c)).reject(new Error('no'));
    c.at('participating.acquiring.waiting');
    assert.equal(c.context.observation?.isFirst, false);
    assert.equal(c.context.contentionWindowMs, 32);
    assert.equal(c.context.failures, 0);
  },

  'participating.acquiring.dating after(requestTimeout)': async (start) => {
    const c = start();
    const asked = await toDating(c);
    await c.after(5_000, 'participating.acquiring.dating', 'participating.acquiring.waiting');
    assert.equal(asked.signal?.aborted, true);
    assert.equal(c.context.observation?.isFirst, false);
    assert.equal(c.context.observation.expiresAtMs, 15_000);
    assert.equal(c.context.contentionWindowMs, 32);
  },
};
