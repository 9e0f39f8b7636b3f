import { describe, expect, it } from 'vitest';
import { objectAsking } from '../../model/support/step-down.js';
import type { PendingCall } from '../../support/controllable-lock.js';
import { Candidate } from './support/candidate.js';

const watched = { watched: true } as const;

/**
 * A leader that was asked to step down, and stopped, and whose work has ended. Whoever asked has
 * written to the lock since: the read before the release waits.
 */
async function releases(c: Candidate): Promise<PendingCall> {
  const claim = await c.leads();
  const { record } = claim;
  if (record === null) throw new Error('The claim had no record');
  await c.lock.watching.changed(c.lock.snapshot(record, null, objectAsking(record)));
  await c.stop();
  await c.finishWork();
  await c.lock.expectCall('get');
  return claim;
}

describe('a release', () => {
  it('reads, then writes an empty holder and the shortest duration over its own record', async () => {
    const c = new Candidate(watched);
    const claim = await releases(c);
    const found = c.lock.ok(claim.record);
    await c.answer('get', found);
    const { record, base } = await c.lock.commit();
    expect(record).toMatchObject({
      holderIdentity: '',
      leaseDurationSeconds: 1,
      leaderTransitions: claim.record?.leaderTransitions,
    });
    expect(base?.version).toBe(found.ok && found.version);
    expect(c.outcome?.released).toBe(true);
  });

  it('never writes over the record of another', async () => {
    const c = new Candidate(watched);
    await releases(c);
    await c.answer('get', c.lock.heldBy('other'));
    await c.lock.expectIdle();
    expect(c.outcome).toMatchObject({ reason: 'steppedDown', released: false });
  });

  it('never writes over a record of our identity that we did not write', async () => {
    const c = new Candidate(watched);
    await releases(c);
    await c.answer('get', c.lock.heldBy('me'));
    await c.lock.expectIdle();
    expect(c.outcome?.released).toBe(false);
  });

  it('checks again after a conflict, and leaves alone what another wrote meanwhile', async () => {
    const c = new Candidate(watched);
    const claim = await releases(c);
    await c.answer('get', c.lock.ok(claim.record));
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.heldBy('other'));
    await c.lock.expectIdle();
    expect(c.outcome?.released).toBe(false);
  });

  it('tries again after a conflict when the record is still its own', async () => {
    const c = new Candidate(watched);
    const claim = await releases(c);
    await c.answer('get', c.lock.ok(claim.record));
    await c.answer('update', c.lock.failure('conflict'));
    await c.allowRelease(claim);
    expect(c.outcome?.released).toBe(true);
  });

  it('that went unanswered is found to have been stored', async () => {
    const c = new Candidate(watched);
    const claim = await releases(c);
    await c.answer('get', c.lock.ok(claim.record));
    const release = await c.lock.expectCall('update');
    await c.clock.advance(5_125);
    await c.answer('get', c.lock.ok(release.record));
    expect(c.outcome?.released).toBe(true);
    await c.lock.expectIdle();
  });

  it('ends, unreleased, when the lease of the last write that may be stored has run out', async () => {
    const c = new Candidate();
    await c.renews();
    await c.stop();
    await c.finishWork();
    // The renewal may have been stored, at 2 s.
    await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(14_999);
    expect(c.outcome).toBeUndefined();
    await c.clock.advance(1);
    expect(c.outcome).toMatchObject({ reason: 'stopped', released: false });
    expect(c.lock.pending).toEqual([]);
    expect(c.clock.pendingTimers).toBe(0);
  });
});

describe('a holder that is preferred to the leader', () => {
  const preferring = (preferredHolder: string) => ({ spec: { preferredHolder } });

  it('is given the lock when it is named during the term', async () => {
    const c = new Candidate(watched);
    const { record } = await c.leads();
    if (record === null) throw new Error('The claim had no record');
    await c.lock.watching.changed(c.lock.snapshot(record, null, preferring('other')));
    expect(c.election.actor.getSnapshot().context.endReason).toBe('steppedDown');
  });

  it('is not heeded when it is the leader itself', async () => {
    const c = new Candidate(watched);
    const { record } = await c.leads();
    if (record === null) throw new Error('The claim had no record');
    await c.lock.watching.changed(c.lock.snapshot(record, null, preferring('me')));
    expect(c.election.actor.getSnapshot().context.endReason).toBeNull();
  });
});
