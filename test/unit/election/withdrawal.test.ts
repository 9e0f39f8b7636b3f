import { describe, expect, it } from 'vitest';
import { Candidate } from './support/candidate.js';

/** It has led, released the lock, and come again; its second claim, sent at 1 s, has no answer. */
async function claimsAgain(): Promise<Candidate> {
  const c = new Candidate({ onLost: 'rejoin' });
  const claim = await c.leads();
  c.work.reject(new Error('test: the work failed'));
  await c.allowRelease(claim);
  await c.clock.advance(1_000);
  await c.answer('get', c.lock.free());
  await c.lock.expectCall('update');
  return c;
}

/* stop() after a term that was released, while a claim for another may have been stored. */
describe('a claim that is withdrawn after a term that was released', () => {
  it('may hold the lock, and the outcome says so, when nobody answers', async () => {
    const c = await claimsAgain();
    await c.stop();
    await c.clock.advance(14_999);
    expect(c.outcome).toBeUndefined();
    await c.clock.advance(1);
    expect(c.outcome).toMatchObject({ reason: 'stopped', led: true, released: false });
    await c.lock.expectIdle();
  });

  it('does not hold the lock when the lock shows that it was not stored', async () => {
    const c = await claimsAgain();
    await c.stop();
    await c.clock.advance(5_125 + 125);
    await c.answer('get', c.lock.heldBy('other'));
    expect(c.outcome).toMatchObject({ reason: 'stopped', led: true, released: true });
  });

  it('is released when it is found in the lock', async () => {
    const c = await claimsAgain();
    const claim = await c.lock.expectCall('update');
    await c.stop();
    await claim.answer(c.lock.ok(claim.record));
    await c.answer('get', c.lock.unchanged());
    await c.lock.commit();
    expect(c.outcome).toMatchObject({ reason: 'stopped', led: true, released: true });
  });
});
