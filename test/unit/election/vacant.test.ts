import { describe, expect, it } from 'vitest';
import { settle } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import { Candidate } from './support/candidate.js';

/*
 * Listeners hear when the lock has come free, as those of client-go do, which are told of a new leader
 * without a name. Whoever writes down what `newLeader` and `vacant` say has what `leader` says.
 */
function listening(options: ConstructorParameters<typeof Candidate>[0] = {}) {
  const c = new Candidate(options);
  const heard: (string | null)[] = [];
  const disagreements: unknown[] = [];
  c.election.on('newLeader', ({ identity }) => heard.push(identity));
  c.election.on('vacant', () => heard.push(null));
  c.election.actor.subscribe(({ context }) => {
    const told = heard.at(-1) ?? null;
    if (context.leader !== told) disagreements.push({ leader: context.leader, told });
  });
  return { c, heard, disagreements };
}

/** A follower that watches the lock, which another holds. */
async function watching() {
  const heard = listening({ watched: true });
  await heard.c.waits();
  return heard;
}

const released = record({ holderIdentity: '' });

describe('a candidate that waits hears that the lock is vacant', () => {
  it.each<[string, (c: Candidate) => Promise<void>]>([
    ['when a release is watched', (c) => c.lock.watching.changed(c.lock.snapshot(released))],
    ['when a deletion is watched', (c) => c.lock.watching.tell(c.lock.deletion())],
    ['when the record is wiped out', (c) => c.lock.watching.changed(c.lock.snapshot(null))],
    [
      'when the record can be read no more',
      (c) => c.lock.watching.changed(c.lock.snapshot(null, 'not JSON')),
    ],
  ])('%s', async (_, happens) => {
    const { c, heard, disagreements } = await watching();
    await happens(c);
    expect(heard).toEqual(['other', null]);
    expect(c.election.leader).toBeNull();
    expect(disagreements).toEqual([]);
  });

  it.each<[string, (c: Candidate) => Promise<unknown>]>([
    ['when a release is read', (c) => c.answer('get', c.lock.ok(released))],
    ['when a deletion is read', (c) => c.answer('get', c.lock.failure('notFound'))],
  ])('%s', async (_, happens) => {
    const { c, heard, disagreements } = listening();
    await c.waits();
    await c.clock.advance(2_000);
    await happens(c);
    expect(heard).toEqual(['other', null]);
    expect(disagreements).toEqual([]);
  });

  it('and not when a lease only runs out, whose record names its last holder', async () => {
    const { c, heard, disagreements } = listening();
    await c.waits('other', { leaseDurationSeconds: 1 });
    await c.clock.advance(1_000);
    await c.answer('get', c.lock.unchanged());
    await c.lock.commit();
    expect(heard).toEqual(['other', 'me']);
    expect(disagreements).toEqual([]);
  });
});

describe('a leader hears that the lock is vacant', () => {
  it('when it has released it, after that', async () => {
    const { c, heard, disagreements } = listening();
    c.listen('released', 'vacant');
    const claim = await c.leads();
    await c.stop();
    await c.finishWork();
    await c.allowRelease(claim);
    expect(heard).toEqual(['me', null]);
    expect(c.log.slice(-2)).toEqual(['released', 'vacant']);
    expect(disagreements).toEqual([]);
  });

  it('once, when it finds that a release which went unanswered is stored', async () => {
    const { c, heard, disagreements } = listening();
    await c.leads();
    await c.stop();
    await c.finishWork();
    const release = await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(release.record));
    expect(c.outcome?.released).toBe(true);
    expect(heard).toEqual(['me', null]);
    expect(disagreements).toEqual([]);
  });

  it('when somebody else has emptied it', async () => {
    const { c, heard, disagreements } = listening({ watched: true });
    await c.leads();
    await c.lock.watching.changed(c.lock.snapshot(released));
    await settle();
    expect(heard).toEqual(['me', null]);
    expect(c.log).toContain('onStoppedLeading superseded');
    expect(disagreements).toEqual([]);
  });
});
