import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeaderElectionRecord } from '../../src/lock/record.js';
import { OnServer } from './support/on-server.js';

/* What stands in the lock, and what we write there: through a server that validates as Kubernetes does. */
let on: OnServer;

beforeEach(async () => {
  on = await OnServer.start();
});

afterEach(async () => {
  await on[Symbol.asyncDispose]();
});

const SIX_DIGITS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

describe('a lock that nobody holds', () => {
  it.each([
    ['a null holder', { holderIdentity: null, leaseDurationSeconds: 1, leaseTransitions: 7 }, 8],
    ['an empty holder', { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 7 }, 8],
    ['no spec to speak of', {}, 1],
  ])('with %s is updated, never created, and led at once', async (_, spec, transitions) => {
    on.putLease(spec);
    const a = on.join('a');
    await on.quiet();
    expect(a.lock.calls).toEqual(['get', 'update']);
    expect(on.leaders()).toEqual(['a']);
    expect(on.spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: transitions });
  });
});

describe('a Lease that a candidate leads, renews and releases', () => {
  it('keeps the labels, annotations, finalizers and owners that it had', async () => {
    const metadata = {
      labels: { team: 'x' },
      annotations: { 'example.com/note': 'y' },
      finalizers: ['example.com/keep'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u-1' }],
    };
    on.putLease({}, metadata);
    const a = on.join('a');
    await on.pass(5_000);
    on.putLease(on.spec, { ...metadata, labels: { team: 'x', added: 'later' } });
    await on.pass(5_000);
    expect(on.leaders()).toEqual(['a']);
    const stopping = a.election.stop();
    await on.quiet();
    expect((await stopping).released).toBe(true);
    const lease = on.server.store.get({ resource: 'leases', name: 'job' });
    expect(lease?.metadata).toMatchObject({
      ...metadata,
      labels: { team: 'x', added: 'later' },
    });
  });

  it('is read back as it was written, to the last digit', async () => {
    const a = on.join('a', { random: () => 0.456 });
    await on.quiet();
    expect(a.lock.written[0]?.renewTime).toMatch(/\.\d{3}456Z$/);
    const answer = await a.lock.get();
    const read = answer.ok ? answer.record : null;
    expect(read).toBeInstanceOf(LeaderElectionRecord);
    expect(read).toEqual(a.lock.written[0]);
  });

  it('holds whole seconds above zero and times of six digits, and is never refused', async () => {
    const a = on.join('a', { renewDeadlineSeconds: 7.5, retryPeriodSeconds: 1.25 });
    const seen: Record<string, unknown>[] = [];
    for (let looks = 0; looks < 20; looks += 1) {
      await on.pass(500);
      seen.push(on.spec);
    }
    const stopping = a.election.stop();
    await on.quiet();
    await stopping;
    seen.push(on.spec);
    expect(new Set(seen.map(({ renewTime }) => renewTime)).size).toBeGreaterThan(5);
    for (const spec of seen) {
      expect(spec['leaseDurationSeconds']).toSatisfy((s: number) => Number.isInteger(s) && s > 0);
      expect(spec['acquireTime']).toMatch(SIX_DIGITS);
      expect(spec['renewTime']).toMatch(SIX_DIGITS);
      expect(Object.keys(spec).sort()).toEqual([
        'acquireTime',
        'holderIdentity',
        'leaseDurationSeconds',
        'leaseTransitions',
        'renewTime',
      ]);
    }
    const refused = on.server.requests.filter(({ status }) => (status ?? 500) >= 400);
    // The very first read finds no Lease.
    expect(refused.map(({ verb, status }) => `${verb} ${status}`)).toEqual(['get 404']);
  });
});
