import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/errors/config-error.js';
import { NotLeaderError } from '../../../src/errors/not-leader-error.js';
import type { Term } from '../../../src/term/term.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { type Deferred, deferred } from '../../model/support/deferred.js';
import type { PendingCall } from '../../support/controllable-lock.js';
import { Candidate, type Options } from './support/candidate.js';
import { RecordingLogger } from './support/recording-logger.js';

interface Led {
  readonly c: Candidate;
  readonly claim: PendingCall;
  readonly work: Deferred<string>;
  readonly result: Promise<string>;
  readonly terms: Term[];
}

/** lead() was called, and its work runs. */
async function leads(options: Options = {}): Promise<Led> {
  const c = new Candidate({ onStartedLeading: null, ...options });
  const work = deferred<string>();
  const terms: Term[] = [];
  const result = c.election.lead((term) => {
    terms.push(term);
    return work.promise;
  });
  result.catch(() => undefined);
  await c.answer('get', c.lock.free());
  const claim = await c.lock.commit();
  return { c, claim, work, result, terms };
}

/* Without the types, or past them: what would be found only once the lock is held is found before. */
it.each<[method: 'run' | 'acquire' | 'lead', args: unknown[], problem: string]>([
  ['lead', [], 'work must be a function; received undefined'],
  ['lead', [() => 1, null], 'options must be an object; received null'],
  ['run', [{ signal: {} }], 'signal must be an AbortSignal, such as'],
  ['run', [{ signal: new AbortController() }], 'received an object (AbortController)'],
  ['acquire', [{ singal: null }], 'singal is not an option: did you mean signal?'],
])('%s() called with %o is refused before the lock is asked', async (method, args, problem) => {
  const c = new Candidate({ onStartedLeading: null });
  const called = Reflect.apply(c.election[method], c.election, args) as Promise<unknown>;
  await expect(called).rejects.toThrow(ConfigError);
  await expect(called).rejects.toThrow(problem);
  expect(c.election.state).toBe('idle');
  await c.lock.expectIdle();
});

describe('lead()', () => {
  it('gives the lock back, then resolves with what the work resolves with', async () => {
    const { c, claim, work, result, terms } = await leads();
    expect(terms[0]?.isLeading()).toBe(true);
    work.resolve('done');
    await settle();
    await c.allowRelease(claim);
    expect(await result).toBe('done');
    expect(c.election.state).toBe('stopped');
    expect(c.clock.pendingTimers).toBe(0);
    await c.lock.expectIdle();
  });

  it('rejects with what the work rejects with, and gives the lock back', async () => {
    const { c, claim, work, result } = await leads();
    const failure = new Error('the work failed');
    work.reject(failure);
    await settle();
    await c.allowRelease(claim);
    await expect(result).rejects.toBe(failure);
  });

  it('rejects when the leadership was lost before the work had finished', async () => {
    const { c, work, result, terms } = await leads();
    await c.clock.advance(10_000);
    expect(terms[0]?.signal.aborted).toBe(true);
    work.resolve('too late');
    await expect(result).rejects.toThrow(NotLeaderError);
    await expect(result).rejects.toThrow('me lost its leadership (deadline)');
  });

  it('rejects when it was stopped before it led', async () => {
    const c = new Candidate({ onStartedLeading: null });
    const result = c.election.lead(() => 'never');
    const rejected = expect(result).rejects.toThrow('me was stopped before it led');
    await c.answer('get', c.lock.heldBy('other'));
    await c.election.stop();
    await rejected;
  });

  it('resolves when it was stopped and the work finished under the lease', async () => {
    const { c, claim, work, result, terms } = await leads();
    void c.election.stop();
    expect(terms[0]?.signal.aborted).toBe(true);
    work.resolve('wound down');
    await settle();
    await c.allowRelease(claim);
    expect(await result).toBe('wound down');
  });

  it('rejects when the work outlasts the drain timeout', async () => {
    const { c, result } = await leads({ drainTimeoutSeconds: 1 });
    void c.election.stop();
    await c.clock.advance(1_000);
    await expect(result).rejects.toThrow('me lost its leadership (drainTimeout)');
  });

  it('resolves when only onStoppedLeading outlasts the drain timeout', async () => {
    const { c, work, result } = await leads({
      drainTimeoutSeconds: 1,
      onStoppedLeading: () => new Promise(() => undefined),
    });
    work.resolve('done');
    await settle();
    await c.clock.advance(1_000);
    expect(await result).toBe('done');
  });

  it('refuses to begin while the election runs', async () => {
    const { c, result } = await leads();
    await expect(c.election.lead(() => 'again')).rejects.toThrow(ConfigError);
    c.election.actor.stop();
    await expect(result).rejects.toThrow('stopped from outside');
  });

  it('says in the log what happens, not what is to be done about options that it has not', async () => {
    const logger = new RecordingLogger();
    const { c, claim, work, result } = await leads({ logger });
    work.reject(new Error('the work failed'));
    await settle();
    await c.allowRelease(claim);
    await expect(result).rejects.toThrow('the work failed');
    expect([...logger.of('warn'), ...logger.of('error')]).toEqual([]);
    expect(logger.of('info')).toContain(
      'The work of lead() failed, and lead() rejects with its error',
    );
  });

  it('has an error logged that its work throws after lead() has rejected', async () => {
    const logger = new RecordingLogger();
    const { c, work, result } = await leads({ logger, drainTimeoutSeconds: 1 });
    void c.election.stop();
    await c.clock.advance(1_000);
    await expect(result).rejects.toThrow('drainTimeout');
    work.reject(new Error('too late'));
    await settle();
    expect(logger.of('warn')).toEqual([expect.stringMatching(/^The work of lead\(\) did not end/)]);
    expect(logger.of('error')).toEqual(['The work of lead() failed']);
  });

  it('can be called again after it is over, and run() after it', async () => {
    const { c, claim, work, result } = await leads();
    work.resolve('first');
    await settle();
    await c.allowRelease(claim);
    await result;
    const second = c.election.lead(() => 'second');
    await c.answer('get', c.lock.free());
    await c.allowRelease(await c.lock.commit());
    expect(await second).toBe('second');
    await c.leads();
    expect(c.election.isLeader()).toBe(true);
  });
});
