import { describe, expect, it } from 'vitest';
import { type PendingCall, record } from '../../support/controllable-lock.js';
import { Candidate } from './support/candidate.js';

/** A candidate that knew of a holder, found the object gone, and waited for that one's lease. */
async function creates(watched: boolean): Promise<{ c: Candidate; creation: PendingCall }> {
  const c = new Candidate({ watched });
  await c.waits('other');
  for (let polls = 0; polls < 20; polls++) {
    await c.clock.advance(2_000);
    while (c.lock.pending[0]?.verb === 'get') await c.answer('get', c.lock.failure('notFound'));
    const creation = c.lock.pending[0];
    if (creation !== undefined) return { c, creation };
  }
  throw new Error('The lock was never created');
}

/* The object has vanished, and another creates it a moment before us. */
describe('a creation that conflicts', () => {
  it.each([true, false])(
    'is followed by a look at what is there (with a watch: %s)',
    async (watched) => {
      const { c, creation } = await creates(watched);
      await creation.answer(c.lock.failure('conflict'));
      await c.answer('get', c.lock.heldBy('faster'));
      expect(c.log).toContain('onNewLeader faster');
      await c.lock.expectIdle();
    },
  );

  it('is not repeated at once when the object has vanished once more', async () => {
    const { c, creation } = await creates(false);
    await creation.answer(c.lock.failure('conflict'));
    await c.answer('get', c.lock.failure('notFound'));
    await c.answer('create', c.lock.failure('conflict'));
    await c.lock.expectIdle();
    await c.clock.advance(1_000);
    await c.lock.expectCall('get');
  });

  it('needs no look where the watch has told what is there', async () => {
    const { c, creation } = await creates(true);
    await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: 'faster' })));
    await creation.answer(c.lock.failure('conflict'));
    expect(c.log).toContain('onNewLeader faster');
    await c.lock.expectIdle();
  });
});
