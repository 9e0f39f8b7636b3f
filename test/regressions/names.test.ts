import { describe, expect, it } from 'vitest';
import { record } from '../support/controllable-lock.js';
import { Candidate } from '../unit/election/support/candidate.js';
import { Rivals } from '../unit/election/support/rivals.js';

/* Names that occur twice, and processes that come back under the name they had. */

/** A pod that leads as `pod-0`, dies at 5 s, and comes back at once under the same name. */
async function restartedPod(rivals: Rivals, options: { reclaimOwnIdentity?: boolean } = {}) {
  const before = rivals.join('pod-0', options);
  await rivals.pass(5_000);
  expect(before.election.isLeader()).toBe(true);
  before.election.actor.stop();
  const started: bigint[] = [];
  const after = rivals.join('pod-0', {
    ...options,
    onStartedLeading: (term) => {
      started.push(term.fencingToken);
    },
  });
  const { version } = rivals.store.snapshot!;
  return { after, started, lastVersion: BigInt(version) };
}

describe('a pod that restarts under the name that stands in the lock', () => {
  it('gets its start callback once, a lease after the process before it wrote last', async () => {
    const rivals = new Rivals();
    const { started, lastVersion } = await restartedPod(rivals);
    await rivals.pass(14_950);
    expect(started).toEqual([]);
    await rivals.pass(2_050);
    expect(started).toHaveLength(1);
    expect(started[0]).toBeGreaterThan(lastVersion);
    await rivals.pass(60_000);
    expect(started).toHaveLength(1);
  });

  it('gets it at once, and only after a write of its own, if its name cannot run twice', async () => {
    const rivals = new Rivals();
    const { started, lastVersion } = await restartedPod(rivals, { reclaimOwnIdentity: true });
    await rivals.pass(50);
    expect(started).toHaveLength(1);
    expect(started[0]).toBeGreaterThan(lastVersion);
  });
});

describe('a read that shows our own name', () => {
  it('starts nothing when the write over it is refused', async () => {
    const c = new Candidate({ reclaimOwnIdentity: true });
    await c.waits('me');
    await c.answer('update', c.lock.failure('conflict'));
    expect(c.log).not.toContain('onStartedLeading');
    await c.answer('get', c.lock.heldBy('other'));
    await c.clock.advance(10_000);
    expect(c.log).not.toContain('onStartedLeading');
    expect(c.election.isLeader()).toBe(false);
  });
});

describe('two processes of one name', () => {
  it('start the work of one of them only, even if a third takes the lock in between', async () => {
    const rivals = new Rivals();
    const started: string[] = [];
    const join = (who: string) =>
      rivals.join('same', {
        onLost: 'rejoin',
        onStartedLeading: (term) => {
          started.push(who);
          return new Promise((resolve) => {
            term.signal.addEventListener('abort', resolve);
          });
        },
      });
    const first = join('first');
    const second = join('second');
    await rivals.pass(10_000);
    expect(started).toEqual(['first']);
    rivals.store.put(record({ holderIdentity: 'third' }));
    await rivals.pass(2_050);
    expect([first, second].map(({ election }) => election.isLeader())).toEqual([false, false]);
    await rivals.pass(40_000);
    expect(started).toHaveLength(2);
  });
});

describe('a leader that met a conflict and competes again', () => {
  it('leads only when its turn comes, and never beside another', async () => {
    const rivals = new Rivals();
    const a = rivals.join('a', { onLost: 'rejoin' });
    await rivals.pass(5_000);
    rivals.store.put(record({ holderIdentity: 'thief' }));
    const b = rivals.join('b');
    await rivals.pass(14_950);
    expect(a.reigns).toEqual([{ from: 50, until: 6_000 }]);
    expect(b.reigns).toEqual([]);
    // From here on both will have seen the thief's record for a lease, unchanged.
    await rivals.pass(40_000);
    const leading = rivals.all.filter(({ election }) => election.isLeader());
    expect(leading).toHaveLength(1);
    expect(rivals.store.record?.holderIdentity).toBe(leading[0]?.election.identity);
    expect(a.reigns.length + b.reigns.length).toBe(2);
  });
});
