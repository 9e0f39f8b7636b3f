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

  it('while its claim is under way releases nothing when another has won', async () => {
    const c = new Candidate();
    await c.claims();
    await c.stop();
    await c.answer('update', c.lock.failure('conflict'));
    if (c.lock.pending.length > 0) await c.answer('get', c.lock.heldBy('other'));
    await c.clock.advance(0);
    expect(c.outcome).toEqual(neverLed);
    expectQuiet(c);
  });
});

describe('a leader that is stopped', () => {
  it('tells the work at once, and stays leader until it has finished', async () => {
    const c = new Candidate();
    await c.leads();
    await c.stop();
    expect(c.term.signal.aborted).toBe(true);
    expect(c.term.isLeading()).toBe(false);
    expect(c.election.isLeader()).toBe(true);
    expect(c.election.state).toBe('draining');
    expect(c.outcome).toBeUndefined();
  });

  it('calls onStoppedLeading after the work, and releases after that', async () => {
    const c = new Candidate();
    const claim = await c.leads();
    c.listen('released', 'ended');
    c.log.length = 0;
    await c.stop();
    await c.lock.expectIdle();
    await c.finishWork();
    expect(c.log).toEqual(['onStoppedLeading stopped']);
    expect(c.election.isLeader()).toBe(false);
    await c.allowRelease(claim);
    expect(c.log).toEqual(['onStoppedLeading stopped', 'released', 'ended: stopped']);
    const outcome = { reason: 'stopped', led: true, released: true, workFinished: true };
    expect(c.outcome).toEqual(outcome);
    expectQuiet(c);
  });

  it('while a renewal is under way awaits its answer, and holds on', async () => {
    const c = new Candidate();
    const renewal = await c.renews();
    await c.stop();
    expect(renewal.signal?.aborted).toBe(false);
    // It was stored, and refused when a proxy repeated it.
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.ok(renewal.record));
    expect(c.election.isLeader()).toBe(true);
    expect(c.election.state).toBe('draining');
    await c.finishWork();
    await c.lock.commit();
    expect(c.outcome?.released).toBe(true);
  });

  it('while a renewal is under way sends its release after the answer, and nothing else', async () => {
    const c = new Candidate();
    const renewal = await c.renews();
    c.work.resolve();
    await c.stop();
    await c.clock.advance(4_999);
    expect(renewal.signal?.aborted).toBe(false);
    expect(c.election.isLeader()).toBe(true);
    expect(c.election.state).toBe('draining');
    const stored = c.lock.ok(renewal.record);
    await c.answer('update', stored);
    const release = await c.lock.commit();
    expect(release.record?.isReleased).toBe(true);
    expect(release.base?.version).toBe(stored.ok && stored.version);
    expect(c.outcome).toMatchObject({ reason: 'stopped', released: true });
    expectQuiet(c);
  });

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

  it('after it lost its leadership waits for the work, and does not rejoin', async () => {
    const c = new Candidate({ onLost: 'rejoin' });
    await c.renews();
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.heldBy('other'));
    expect(c.election.state).toBe('lost');
    await c.stop();
    expect(c.outcome).toBeUndefined();
    await c.finishWork();
    expect(c.outcome).toMatchObject({ reason: 'superseded', workFinished: true });
    expectQuiet(c);
  });

  it('while the work of a lost term overruns does not wait for it any longer', async () => {
    const c = new Candidate({ onLost: 'rejoin' });
    await c.renews();
    await c.clock.advance(13_000);
    expect(c.log).toContain('onOverrun');
    expect(c.outcome).toBeUndefined();
    await c.stop();
    expect(c.outcome).toMatchObject({ reason: 'deadline', workFinished: false });
    expectQuiet(c);
  });

  it('by the signal given to run() is stopped in the same way', async () => {
    const c = new Candidate();
    const controller = new AbortController();
    const running = c.election.run({ signal: controller.signal });
    await c.answer('get', c.lock.free());
    const claim = await c.lock.commit();
    controller.abort();
    expect(c.term.signal.aborted).toBe(true);
    await c.finishWork();
    await c.allowRelease(claim);
    expect(await running).toMatchObject({ reason: 'stopped', released: true });
    expectQuiet(c);
  });

  it('at the end of its scope is stopped in the same way', async () => {
    const c = new Candidate();
    const claim = await c.leads();
    const disposed = c.election[Symbol.asyncDispose]();
    await c.finishWork();
    await c.allowRelease(claim);
    await disposed;
    expect(c.election.state).toBe('stopped');
    expectQuiet(c);
  });
});
