import { describe, expect, it } from 'vitest';
import { Rivals } from '../unit/election/support/rivals.js';

/* Somebody deletes the object while its holder leads, right after a renewal. */

/** `a` leads and renews every 2 s; `b` looks at 2.5 s, 4.5 s and so on. The object goes at 4.05 s. */
async function deleted() {
  const rivals = new Rivals();
  const a = rivals.join('a');
  await rivals.pass(500);
  const b = rivals.join('b');
  await rivals.pass(3_550);
  rivals.store.delete();
  return { rivals, a, b };
}

describe('a lock that is deleted, and that a standby finds gone first', () => {
  it('is left to its leader, which creates it anew and leads on in the same term', async () => {
    const { rivals, a, b } = await deleted();
    const token = a.election.term?.fencingToken;
    await rivals.pass(1_000);
    // The standby has looked by now, and there was nothing.
    expect(b.wire.calls.at(-1)).toBe('get');
    expect(rivals.store.snapshot).toBeNull();
    await rivals.pass(30_000);
    expect(a.reigns).toHaveLength(1);
    expect(a.election.isLeader()).toBe(true);
    expect(a.election.term?.fencingToken).toBe(token);
    expect(b.wire.calls).not.toContain('create');
    expect(rivals.store.record?.holderIdentity).toBe('a');
  });

  it('is created by the standby once the lease of a leader that is cut off has run out', async () => {
    const { rivals, a, b } = await deleted();
    a.wire.cut = 'silent';
    await rivals.pass(30_000);
    // Its last renewal was sent at 4 s. The standby found the lock gone at 4.5 s.
    expect(a.reigns[0]?.until).toBe(14_000);
    expect(b.reigns[0]?.from).toBeGreaterThanOrEqual(19_500);
    expect(b.reigns[0]?.from).toBeLessThanOrEqual(19_500 + 2_000);
  });

  it('is not created before the lease of a renewal has run out that the standby never saw', async () => {
    const rivals = new Rivals();
    const a = rivals.join('a');
    await rivals.pass(500);
    const b = rivals.join('b');
    await rivals.pass(2_500);
    // The standby knows the renewal of 2 s since 2.5 s. The next one hangs until it is given up.
    a.wire.cut = 'silent';
    await rivals.pass(5_600);
    a.wire.cut = null;
    await rivals.pass(600);
    expect(rivals.store.record?.renewTime).toBe('2026-01-01T00:00:09.125000Z');
    a.wire.cut = 'silent';
    rivals.store.delete();
    await rivals.pass(30_000, 25);
    expect(a.reigns[0]?.until).toBe(19_125);
    expect(b.reigns[0]?.from).toBeGreaterThanOrEqual(19_125 + 5_000);
  });
});
