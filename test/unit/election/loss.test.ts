import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { settle } from '../../../src/testing/virtual-clock.js';
import { Candidate, type Options } from './support/candidate.js';

/** A leader that learned, at 2 s, that another holds the lock. Its last lease runs until 15 s. */
async function superseded(options: Options = {}): Promise<Candidate> {
  const c = new Candidate(options);
  await c.renews();
  await c.answer('update', c.lock.failure('conflict'));
  await c.answer('get', c.lock.heldBy('other'));
  return c;
}

const stops = (c: Candidate): string[] =>
  c.log.filter((entry) => entry.startsWith('onStoppedLeading'));

/** Calls to end the process, which it survives: in a worker thread, too, which is killed first. */
function exitSpy() {
  vi.spyOn(process, 'kill').mockReturnValue(true);
  return vi.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a leader that lost its leadership', () => {
  it('takes work that rejects with its abort for obedient', async () => {
    const c = await superseded();
    c.work.reject(c.term.signal.reason);
    await settle();
    expect(c.outcome?.error).toBeUndefined();
    const aborted = await superseded();
    aborted.work.reject(new DOMException('This operation was aborted', 'AbortError'));
    await settle();
    expect(aborted.outcome?.error).toBeUndefined();
  });

  it('knows an abort by its name, whichever realm it comes from', async () => {
    const c = await superseded();
    c.listen('callbackFailed');
    // Test runners have a realm for each file, in which `Error` and `DOMException` are others.
    const abort: unknown = runInNewContext("Object.assign(new Error('x'), { name: 'AbortError' })");
    expect(abort).not.toBeInstanceOf(Error);
    c.work.reject(abort);
    await settle();
    expect(c.log).not.toContain('callbackFailed: onStartedLeading');
    expect(c.outcome).toMatchObject({ reason: 'superseded', workFinished: true });
    expect(c.outcome?.error).toBeUndefined();
  });

  it.each([
    ['null', null],
    ['a text', 'AbortError'],
    ['a nameless object', {}],
  ])('takes work that rejects with %s for failed', async (_, thrown) => {
    const c = await superseded();
    c.listen('callbackFailed');
    c.work.reject(thrown);
    await settle();
    expect(c.log).toContain('callbackFailed: onStartedLeading');
  });
});

describe('work that has not ended when the lease of its lost term runs out', () => {
  it('is an overrun at once when the process comes back after that', async () => {
    const c = new Candidate();
    await c.leads();
    c.clock.freeze(20_000);
    await c.clock.advance(0);
    expect(c.log).toContain('onOverrun');
  });

  it('ends the process when that was asked for, after onOverrun was called, whatever that does', async () => {
    const exit = exitSpy();
    const onOverrun = vi.fn(() => {
      expect(exit).not.toHaveBeenCalled();
      throw new Error('no time for this');
    });
    const c = await superseded({ overrun: 'exit', onOverrun });
    await c.clock.advance(12_999);
    expect(exit).not.toHaveBeenCalled();
    await c.clock.advance(1);
    expect(onOverrun).toHaveBeenCalledOnce();
    expect(exit).toHaveBeenCalledExactlyOnceWith(1);
  });

  it('leaves the process alone by default', async () => {
    const exit = exitSpy();
    const c = await superseded();
    await c.clock.advance(13_000);
    expect(c.log).toContain('onOverrun');
    expect(exit).not.toHaveBeenCalled();
  });

  it('leaves the process alone when it ended a millisecond before', async () => {
    const exit = exitSpy();
    const c = await superseded({ overrun: 'exit' });
    await c.clock.advance(12_999);
    await c.finishWork();
    await c.clock.advance(10_000);
    expect(exit).not.toHaveBeenCalled();
  });
});

describe('a candidate that rejoins', () => {
  it('pauses, then competes again, and leads a term of its own', async () => {
    const c = await superseded({ onLost: 'rejoin' });
    const [first] = c.terms;
    await c.finishWork();
    expect(c.election.state).toBe('rejoining');
    await c.clock.advance(999);
    await c.lock.expectIdle();
    await c.clock.advance(1);
    await c.answer('get', c.lock.free());
    await c.lock.commit();
    expect(c.election.isLeader()).toBe(true);
    expect(c.terms).toHaveLength(2);
    expect(c.term.fencingToken > first!.fencingToken).toBe(true);
    expect(c.term.isLeading()).toBe(true);
    expect(first!.isLeading()).toBe(false);
    expect(first!.signal.aborted).toBe(true);
  });

  it('takes its own last record at once: nobody else can have led by it', async () => {
    const c = new Candidate({ onLost: 'rejoin' });
    const claim = await c.leads();
    await c.clock.advance(10_000);
    expect(stops(c)).toEqual(['onStoppedLeading deadline']);
    await c.finishWork();
    await c.clock.advance(1_000);
    await c.answer('get', c.lock.ok(claim.record));
    const again = await c.lock.commit();
    expect(again.record?.leaderTransitions).toBe(claim.record?.leaderTransitions);
    expect(c.election.isLeader()).toBe(true);
  });
});
