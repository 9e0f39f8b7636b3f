import { describe, expect, it } from 'vitest';
import { LockError } from '../../../src/errors/lock-error.js';
import { Candidate } from './support/candidate.js';

/* What a leader does about each answer to a renewal. */
describe('a leader that renews', () => {
  it('writes without reading first, a retry period after each success', async () => {
    const c = new Candidate();
    const claim = await c.leads();
    const renewals = [];
    for (let n = 1; n <= 3; n += 1) {
      await c.clock.advance(1_999);
      await c.lock.expectIdle();
      await c.clock.advance(1);
      renewals.push(await c.lock.commit());
    }
    for (const { record } of renewals) {
      const { holderIdentity, acquireTime, leaderTransitions } = claim.record!;
      expect(record).toMatchObject({ holderIdentity, acquireTime, leaderTransitions });
    }
    const times = [claim, ...renewals].map(({ record }) => record?.renewTime);
    expect(new Set(times).size).toBe(4);
    expect(c.log.filter((entry) => entry === 'onStartedLeading')).toHaveLength(1);
  });

  it('keeps the fencing token of the write that won the term', async () => {
    const c = new Candidate();
    await c.leads();
    const token = c.term.fencingToken;
    await c.clock.advance(2_000);
    await c.lock.commit();
    expect(c.term.fencingToken).toBe(token);
    expect(typeof token).toBe('bigint');
  });
});

describe('a renewal that meets a conflict', () => {
  it('ends the term at once when another holds the lock', async () => {
    const c = new Candidate();
    await c.renews();
    await c.answer('update', c.lock.failure('conflict'));
    const seen: unknown[] = [];
    c.election.on('newLeader', () => seen.push(c.election.isLeader(), c.term.signal.aborted));
    await c.answer('get', c.lock.heldBy('other'));
    expect(c.clock.now().monotonicMs).toBe(2_000);
    expect(c.log.slice(-2).sort()).toEqual(['onNewLeader other', 'onStoppedLeading superseded']);
    expect(seen).toEqual([false, true]);
    expect(c.election.leader).toBe('other');
    await c.lock.expectIdle();
  });

  it('pauses between tries when conflicts repeat', async () => {
    const c = new Candidate();
    const claim = await c.leads();
    await c.clock.advance(2_000);
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.ok(claim.record));
    await c.answer('update', c.lock.failure('conflict'));
    await c.lock.expectIdle();
    await c.clock.advance(250);
    await c.lock.expectCall('get');
  });
});

describe('a lock that was deleted under its leader', () => {
  it('ends the term when another has created it meanwhile', async () => {
    const c = new Candidate();
    await c.renews();
    await c.answer('update', c.lock.failure('notFound'));
    await c.answer('get', c.lock.failure('notFound'));
    await c.answer('create', c.lock.failure('conflict'));
    await c.clock.advance(250);
    await c.answer('get', c.lock.heldBy('other'));
    expect(c.log).toContain('onStoppedLeading superseded');
  });
});

describe('a renewal that fails', () => {
  it('is retried soon after one answer of 500, and the term goes on', async () => {
    const c = new Candidate();
    const claim = await c.leads();
    await c.clock.advance(2_000);
    await c.answer('update', c.lock.failure('serverError'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(claim.record));
    await c.lock.commit();
    expect(c.election.state).toBe('leading');
    expect(c.log.some((entry) => entry.startsWith('onStoppedLeading'))).toBe(false);
  });

  it('is retried after pauses that double up to the retry period', async () => {
    const c = new Candidate({ random: () => 1 - Number.EPSILON });
    await c.leads();
    await c.clock.advance(2_000);
    const pauses: number[] = [];
    await c.answer('update', c.lock.failure('serverError'));
    while (c.election.isLeader()) {
      const failedAt = c.clock.now().monotonicMs;
      while (c.lock.pending.length === 0 && c.election.isLeader()) await c.clock.advance(1);
      if (!c.election.isLeader()) break;
      pauses.push(c.clock.now().monotonicMs - failedAt);
      await c.answer('get', c.lock.failure('serverError'));
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000]);
  });

  it.each(['get', 'update'] as const)('outlives a lock whose %s throws', async (verb) => {
    const c = new Candidate();
    const claim = await c.leads();
    await c.clock.advance(2_000);
    const write = await c.lock.expectCall('update');
    await write.reject(new TypeError('connection refused'));
    await c.clock.advance(125);
    if (verb === 'get') {
      const read = await c.lock.expectCall('get');
      await read.reject(new SyntaxError('Unexpected token < in JSON'));
      await c.clock.advance(250);
    }
    await c.answer('get', c.lock.ok(claim.record));
    await c.lock.commit();
    expect(c.election.state).toBe('leading');
  });

  it('is told to listeners with the error and the time that remains', async () => {
    const c = new Candidate();
    await c.renews();
    const failures: unknown[] = [];
    c.election.on('renewFailed', ({ error, remainingMs }) => failures.push(error, remainingMs));
    await c.clock.advance(5_000);
    const [error, remainingMs] = failures;
    expect(remainingMs).toBe(3_000);
    expect(error).toBeInstanceOf(LockError);
    expect((error as LockError).kind).toBe('timeout');
    expect((error as LockError).message).toContain('did not answer within 5 s');
  });
});
