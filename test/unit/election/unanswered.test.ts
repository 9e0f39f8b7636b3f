import { describe, expect, it } from 'vitest';
import { Candidate } from './support/candidate.js';

/* Writes whose answer never came: neither a success nor a failure until the lock was read. */
describe('a renewal that went unanswered', () => {
  it('is not taken for stored by an answer of 500', async () => {
    const c = new Candidate();
    const renewal = await c.renews();
    await c.answer('update', c.lock.failure('serverError'));
    expect(c.election.state).toBe('renewing');
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(renewal.record));
    expect(c.election.state).toBe('leading');
  });

  it('is given up at the deadline, so that it cannot hold a lease that nobody serves', async () => {
    const c = new Candidate();
    await c.leads();
    await c.clock.advance(2_000);
    await c.answer('update', c.lock.failure('throttled', 4_000));
    await c.clock.advance(4_000);
    await c.answer('get', c.lock.failure('network'));
    await c.clock.advance(250);
    const hanging = await c.lock.expectCall('get');
    await c.clock.advance(3_750);
    expect(hanging.signal?.aborted).toBe(true);
    expect(c.election.isLeader()).toBe(false);
  });
});

describe('a claim that went unanswered', () => {
  it('uses the version that it is found with as its fencing token', async () => {
    const c = new Candidate();
    const claim = await c.claims();
    await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(125);
    const found = c.lock.ok(claim.record);
    await c.answer('get', found);
    expect(c.term.fencingToken).toBe(BigInt(found.ok ? found.version : 'none'));
  });

  it('is recognised as our own when it is stored after it was given up', async () => {
    const c = new Candidate();
    const claim = await c.claims();
    await c.clock.advance(5_125);
    // It is not there yet; another try is made, and refused, because now it is.
    await c.answer('get', c.lock.unchanged());
    await c.answer('update', c.lock.failure('conflict'));
    await c.clock.advance(250);
    const found = c.lock.ok(claim.record);
    await c.answer('get', found);
    const again = await c.lock.commit();
    expect(again.base?.version).toBe(found.ok && found.version);
    expect(c.election.isLeader()).toBe(true);
  });

  it('is not our own any more once the lock was seen in another state', async () => {
    const c = new Candidate();
    await c.run();
    await c.answer('get', c.lock.failure('notFound'));
    const creation = await c.lock.expectCall('create');
    await c.clock.advance(5_125);
    await c.answer('get', c.lock.heldBy('other'));
    // Another has led in the meantime, the lock was deleted, and only then the creation is stored.
    await c.clock.advance(2_000);
    await c.answer('get', c.lock.ok(creation.record));
    expect(c.election.isLeader()).toBe(false);
    await c.lock.expectIdle();
    expect(c.election.state).toBe('acquiring');
  });
});

describe('a claim that is refused', () => {
  it('starts nothing: the callback comes after the write, not before it', async () => {
    const c = new Candidate();
    await c.claims();
    await c.answer('update', c.lock.failure('conflict'));
    expect(c.log).toEqual([]);
    await c.answer('get', c.lock.heldBy('other'));
    expect(c.log).toEqual(['onNewLeader other']);
    expect(c.election.isLeader()).toBe(false);
  });
});

describe('a lock that throws instead of answering', () => {
  it('does not end a candidacy, whichever call it is', async () => {
    const c = new Candidate();
    c.listen('acquireFailed');
    await c.run();
    await (await c.lock.expectCall('get')).reject(new TypeError('fetch failed'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.free());
    const claim = await c.lock.expectCall('update');
    await claim.reject(new SyntaxError('Unexpected token < in JSON'));
    expect(c.log).toEqual(['acquireFailed: unknown', 'acquireFailed: unknown']);
    // Nothing is known of a write that failed like this: it is read back.
    await c.clock.advance(250);
    await c.answer('get', c.lock.ok(claim.record));
    expect(c.election.isLeader()).toBe(true);
  });

  it('before it returns a promise does not, either', async () => {
    const c = new Candidate();
    const get = c.lock.get;
    c.lock.get = () => {
      throw new Error('not a promise');
    };
    await c.run();
    expect(c.election.state).toBe('acquiring');
    c.lock.get = get;
    await c.clock.advance(125);
    await c.answer('get', c.lock.free());
    await c.lock.commit();
    expect(c.election.isLeader()).toBe(true);
  });
});

/* A proxy repeats a request at its next upstream, which may refuse it for reasons of its own. */
describe.each(['throttled', 'forbidden', 'unauthorized', 'invalid', 'notFound'] as const)(
  'a write that was stored, and answered by %s when a proxy repeated it',
  (kind) => {
    it('is found as a renewal, and the term goes on', async () => {
      const c = new Candidate();
      const renewal = await c.renews();
      await c.answer('update', c.lock.failure(kind));
      await c.clock.advance(kind === 'notFound' ? 0 : 125);
      await c.answer('get', c.lock.ok(renewal.record));
      expect(c.election.state).toBe('leading');
      expect(c.term.leadingUntil.getTime() - c.term.acquiredAt.getTime()).toBe(12_000);
    });

    it('is found as a claim, and written over at once', async () => {
      const c = new Candidate();
      const claim = await c.claims();
      await c.answer('update', c.lock.failure(kind));
      await c.clock.advance(125);
      await c.answer('get', c.lock.ok(claim.record));
      await c.lock.commit();
      expect(c.election.state).toBe('leading');
    });
  },
);
