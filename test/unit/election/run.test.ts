import { describe, expect, it, vi } from 'vitest';
import { NotLeaderError } from '../../../src/errors/not-leader-error.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { objectAsking } from '../../model/support/step-down.js';
import { Candidate } from './support/candidate.js';
import { spyLogger } from './support/spy-logger.js';

/* run(), acquire(), renewLoop() and on(): what they promise and when they settle. */
describe('run()', () => {
  it('asks nobody anything when its signal is aborted already', async () => {
    const c = new Candidate();
    const outcome = await c.election.run({ signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ reason: 'stopped', led: false });
    await c.lock.expectIdle();
    expect(c.clock.pendingTimers).toBe(0);
  });

  it('joins the candidacy that runs when it is called again', async () => {
    const c = new Candidate();
    const both = Promise.all([c.election.run(), c.election.run()]);
    await c.lock.expectCall('get');
    await c.election.stop();
    const [first, second] = await both;
    expect(second).toBe(first);
  });

  it('is stopped by the signal of whoever joined', async () => {
    const c = new Candidate();
    const controller = new AbortController();
    const both = Promise.all([c.election.run(), c.election.run({ signal: controller.signal })]);
    await c.lock.expectCall('get');
    controller.abort();
    expect((await both).map(({ reason }) => reason)).toEqual(['stopped', 'stopped']);
  });

  it('begins a new candidacy after the end of one, with the same listeners', async () => {
    const c = new Candidate();
    c.listen('startedLeading');
    for (let candidacy = 1; candidacy <= 3; candidacy += 1) {
      const claim = await c.leads();
      await c.stop();
      await c.finishWork();
      await c.allowRelease(claim);
      expect(c.outcome?.reason).toBe('stopped');
      expect(c.log.filter((entry) => entry === 'startedLeading')).toHaveLength(candidacy);
    }
  });

  it('begins nothing by being constructed', async () => {
    const c = new Candidate();
    await settle();
    expect(c.election.state).toBe('idle');
    expect(c.election.isLeader()).toBe(false);
    expect(c.election.term).toBeNull();
    expect(c.election.leader).toBeNull();
    expect(c.clock.pendingTimers).toBe(0);
    await c.lock.expectIdle();
  });

  it('rejects, and ends the term, when its actor is stopped from outside', async () => {
    const c = new Candidate();
    const running = c.election.run();
    await c.answer('get', c.lock.free());
    await c.lock.commit();
    c.election.actor.stop();
    await expect(running).rejects.toThrow('stopped from outside');
    expect(c.election.isLeader()).toBe(false);
    expect(c.term.signal.aborted).toBe(true);
    expect(c.clock.pendingTimers).toBe(0);
  });
});

describe('acquire()', () => {
  it('is true once this candidate leads', async () => {
    const c = new Candidate();
    const acquired = c.election.acquire();
    await c.answer('get', c.lock.free());
    await c.lock.commit();
    expect(await acquired).toBe(true);
    expect(c.election.isLeader()).toBe(true);
    expect(await c.election.acquire()).toBe(true);
  });

  it('is false when the candidacy is stopped before', async () => {
    const c = new Candidate();
    const acquired = c.election.acquire();
    await c.answer('get', c.lock.heldBy('other'));
    await c.election.stop();
    expect(await acquired).toBe(false);
  });

  it('rejects for a library that cannot be loaded, as run() and lead() do', async () => {
    const started = [
      (c: Candidate) => c.election.acquire(),
      (c: Candidate) => c.election.run(),
      (c: Candidate) => c.election.lead(() => 'not done'),
    ];
    for (const start of started) {
      const c = new Candidate();
      const seen = vi.fn();
      c.election.on('acquireFailed', seen);
      const rejected = expect(start(c)).rejects.toMatchObject({ kind: 'dependency' });
      await c.answer('get', c.lock.failure('dependency'));

      await rejected;
      expect(seen).toHaveBeenCalledOnce();
      expect(c.clock.pendingTimers).toBe(0);
      await c.clock.advance(60_000);
      expect(c.lock.pending).toEqual([]);
    }
  });
});

describe('renewLoop()', () => {
  it('rejects where nobody leads', async () => {
    const c = new Candidate();
    await expect(c.election.renewLoop()).rejects.toThrow(NotLeaderError);
    await c.waits();
    await expect(c.election.renewLoop()).rejects.toThrow('call acquire() before renewLoop()');
  });

  it('resolves with the reason when the term has ended', async () => {
    const c = new Candidate();
    await c.leads();
    const ended = vi.fn();
    void c.election.renewLoop().then(ended);
    await c.clock.advance(9_999);
    expect(ended).not.toHaveBeenCalled();
    await c.clock.advance(1);
    await c.finishWork();
    expect(ended).toHaveBeenCalledExactlyOnceWith('deadline');
  });

  it('knows the reason of a term that drains already, and of a drain that takes too long', async () => {
    const c = new Candidate({ onLost: 'rejoin', watched: true, drainTimeoutSeconds: 1 });
    const claim = await c.leads();
    const asking = c.lock.snapshot(claim.record, null, objectAsking(claim.record!));
    await c.lock.watching.changed(asking);
    expect(c.election.state).toBe('draining');
    const ended = vi.fn();
    void c.election.renewLoop().then(ended);
    await c.finishWork();
    await c.allowRelease(claim);
    expect(ended).toHaveBeenCalledExactlyOnceWith('steppedDown');

    const late = new Candidate({ onLost: 'rejoin', watched: true, drainTimeoutSeconds: 1 });
    const held = await late.leads();
    void late.election.renewLoop().then(ended);
    const asked = late.lock.snapshot(held.record, null, objectAsking(held.record!));
    await late.lock.watching.changed(asked);
    await late.clock.advance(1_000);
    await late.finishWork();
    await late.clock.advance(15_000);
    expect(ended).toHaveBeenLastCalledWith('drainTimeout');
  });
});

type Reject = (error: unknown) => void;

describe('the events of an election', () => {
  it('name each change of state, with the one before', async () => {
    const c = new Candidate();
    const changes: string[] = [];
    c.election.on('stateChanged', ({ previous, state }) => changes.push(`${previous} ${state}`));
    await c.leads();
    await c.clock.advance(2_000);
    const held = await c.lock.commit();
    await c.stop();
    await c.finishWork();
    await c.allowRelease(held);
    expect(changes).toEqual([
      'idle acquiring',
      'acquiring leading',
      'leading renewing',
      'renewing leading',
      'leading draining',
      'draining releasing',
      'releasing stopped',
    ]);
  });

  it('are not delivered any more once the listener was removed', async () => {
    const c = new Candidate();
    const listener = vi.fn();
    const remove = c.election.on('newLeader', listener);
    await c.waits('first');
    remove();
    remove();
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.heldBy('second'));
    expect(listener.mock.calls).toEqual([[{ type: 'newLeader', identity: 'first' }]]);
  });

  const failure = new Error('the listener failed');
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw failure;
      },
    ],
    ['returns a promise that rejects', () => Promise.reject(failure)],
    ['returns what only looks like one', () => ({ then: (_: unknown, no: Reject) => no(failure) })],
  ])('reach the other listeners and the election goes on when one %s', async (_, listener) => {
    const logger = spyLogger();
    const c = new Candidate({ logger });
    const other = vi.fn();
    c.election.on('startedLeading', listener);
    c.election.on('startedLeading', other);
    await c.leads();
    expect(other).toHaveBeenCalledOnce();
    expect(logger.error).toHaveBeenCalledWith(
      { err: failure, event: 'startedLeading' },
      'A listener of the election failed',
    );
    await c.clock.advance(2_000);
    await c.lock.commit();
    expect(c.election.isLeader()).toBe(true);
  });

  it('are refused by a name that none has, and to what cannot be called', () => {
    const { election } = new Candidate();
    const refused = (type: unknown, listener: unknown): unknown => {
      try {
        election.on(type as 'renewed', listener as () => void);
        return 'taken';
      } catch (error) {
        return error;
      }
    };
    expect(refused('started_leading', vi.fn())).toMatchObject({
      name: 'ConfigError',
      message:
        'LeaderElection.on(): 1 problem\n' +
        '  - type must be the type of an event: did you mean startedLeading?; ' +
        'received "started_leading"',
    });
    expect(refused('nope', vi.fn())).toMatchObject({
      problems: [{ field: 'type', rule: expect.stringContaining('acquireFailed, ') }],
    });
    for (const type of ['toString', '__proto__', '', undefined, null, 5, Symbol('renewed')]) {
      expect(refused(type, vi.fn())).toMatchObject({ problems: [{ field: 'type' }] });
    }
    for (const listener of [5, undefined, null, {}, 'log']) {
      expect(refused('renewed', listener)).toMatchObject({
        problems: [{ field: 'listener', rule: 'must be a function' }],
      });
    }
    expect(refused('renewed', vi.fn())).toBe('taken');
  });
});
