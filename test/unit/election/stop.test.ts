import { describe, expect, it } from 'vitest';
import { Candidate } from './support/candidate.js';

/* stop() in each state: what it ends, what it waits for, and what it leaves behind. */
const neverLed = { reason: 'stopped', led: false, released: false, workFinished: true };

function expectQuiet(c: Candidate): void {
  expect(c.lock.pending).toEqual([]);
  expect(c.clock.pendingTimers).toBe(0);
  expect(c.election.isLeader()).toBe(false);
}

describe('a candidate that is stopped', () => {
  it('before it ran asks nobody anything', async () => {
    const c = new Candidate();
    await c.stop();
    expect(c.outcome).toEqual(neverLed);
    expect(c.election.state).toBe('stopped');
    expectQuiet(c);
  });

  it('while it waits for another holder ends at once, and starts nothing', async () => {
    const c = new Candidate();
    await c.waits();
    await c.stop();
    expect(c.outcome).toEqual(neverLed);
    expect(c.log).toEqual(['onNewLeader other']);
    expectQuiet(c);
  });

  it('while its claim is under way never starts the work, and releases what it won', async () => {
    const c = new Candidate();
    await c.claims();
    await c.stop();
    expect(c.outcome).toBeUndefined();
    const claim = await c.lock.commit();
    const release = await c.allowRelease(claim);
    expect(release.record?.holderIdentity).toBe('');
    expect(c.outcome).toEqual({ ...neverLed, released: true });
    expect(c.log).not.toContain('onStartedLeading');
    expect(c.log.some((entry) => entry.startsWith('onStoppedLeading'))).toBe(false);
    expectQuiet(c);
  });
});

describe('a leader that is stopped', () => {
  it('releases over a renewal that was given up and is stored after all', async () => {
    const c = new Candidate();
    const unseen = await c.renews();
    c.work.resolve();
    await c.stop();
    await c.clock.advance(5_000);
    expect(unseen.signal?.aborted).toBe(true);
    await c.answer('get', c.lock.unchanged());
    await c.answer('update', c.lock.failure('conflict'));
    await c.clock.advance(250);
    const found = c.lock.ok(unseen.record);
    await c.answer('get', found);
    const release = await c.lock.commit();
    expect(release.base?.version).toBe(found.ok && found.version);
    expect(c.outcome?.released).toBe(true);
  });

  it('twice is told the same outcome', async () => {
    const c = new Candidate();
    const claim = await c.leads();
    const both = Promise.all([c.election.stop(), c.election.stop()]);
    await c.finishWork();
    void c.election.stop();
    await c.allowRelease(claim);
    const [first, second] = await both;
    expect(first).toBe(second);
    expect(await c.election.stop()).toBe(first);
    expect(c.log.filter((entry) => entry.startsWith('onStoppedLeading'))).toHaveLength(1);
    expectQuiet(c);
  });
});
