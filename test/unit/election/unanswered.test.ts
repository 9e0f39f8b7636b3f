import { describe, expect, it } from 'vitest';
import { Candidate } from './support/candidate.js';

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
