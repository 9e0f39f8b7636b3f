import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OnServer } from './support/on-server.js';

/* What comes over the network, with the real lock and a real connection. */
let on: OnServer;

beforeEach(async () => {
  on = await OnServer.start();
});

afterEach(async () => {
  await on[Symbol.asyncDispose]();
});

/** The status codes of the requests with this verb, in the order in which they came in. */
const statuses = (verb: string) =>
  on.server.requests.filter((request) => request.verb === verb).map(({ status }) => status);

const held = {
  holderIdentity: 'gone',
  leaseDurationSeconds: 15,
  acquireTime: '2026-01-01T00:00:00.000000Z',
  renewTime: '2026-01-01T00:00:00.000000Z',
  leaseTransitions: 3,
};

describe('a server that cannot be reached any more', () => {
  it('ends the term of its leader at the deadline, with the stop callback, and not run()', async () => {
    const a = on.join('a');
    const failures: string[] = [];
    a.election.on('renewFailed', ({ error }) => failures.push(error.kind));
    await on.pass(3_000);
    expect(on.leaders()).toEqual(['a']);
    await on.server.close();
    // The last renewal was sent at 2 s.
    await on.pass(8_950);
    expect(on.leaders()).toEqual(['a']);
    expect(failures.length).toBeGreaterThan(3);
    expect(new Set(failures)).toEqual(new Set(['network']));
    expect(a.stops).toEqual([]);
    await on.pass(50);
    expect(on.leaders()).toEqual([]);
    expect(a.stops).toEqual(['deadline']);
    expect(a.terms[0]?.signal.aborted).toBe(true);
    expect(await a.ended).toBe('deadline');
  });

  it('is asked again and again by a candidate, for as long as it takes', async () => {
    await on.server.close();
    const a = on.join('a');
    await on.pass(120_000, 1_000);
    expect(a.lock.calls.length).toBeGreaterThan(60);
    expect(new Set(a.lock.calls)).toEqual(new Set(['get']));
    expect(a.election.state).toBe('acquiring');
  });
});

describe('an answer that is no JSON', () => {
  const page = '<html><body>502 Bad Gateway</body></html>';

  it.each([500, 502, 503, 409, 404, 200])(
    'with status %d, once, does not disturb the term of a leader',
    async (status) => {
      const a = on.join('a');
      await on.pass(1_000);
      on.server.faults.add({
        match: { resource: 'leases' },
        times: 1,
        fault: { kind: 'status', status, body: page },
      });
      await on.pass(20_000);
      expect(on.leaders()).toEqual(['a']);
      expect(a.terms).toHaveLength(1);
      expect(a.stops).toEqual([]);
    },
  );

  it('to every request ends the term at the deadline, with the stop callback', async () => {
    const a = on.join('a');
    await on.pass(1_000);
    on.server.faults.add({ fault: { kind: 'status', status: 502, body: page } });
    await on.pass(8_950);
    expect(on.leaders()).toEqual(['a']);
    await on.pass(50);
    expect(a.stops).toEqual(['deadline']);
    expect(await a.ended).toBe('deadline');
  });
});

describe('a claim that is stored and whose answer is lost', () => {
  it('starts nothing until it is found in the lock, and is not sent again', async () => {
    on.server.faults.add({
      match: { verb: 'create' },
      times: 1,
      fault: { kind: 'dropAfterCommit' },
    });
    const a = on.join('a');
    await on.quiet();
    expect(on.spec['holderIdentity']).toBe('a');
    expect(a.terms).toEqual([]);
    await on.pass(150);
    expect(a.terms).toHaveLength(1);
    expect(a.lock.calls).toEqual(['get', 'create', 'get']);
  });
});

describe('an answer of 409', () => {
  it('to a claim is no success: whoever wrote first leads', async () => {
    on.putLease({ ...held, holderIdentity: '', leaseDurationSeconds: 1 });
    const a = on.join('a');
    a.lock.before = (verb) => {
      if (verb === 'update') on.putLease(held);
    };
    await on.quiet();
    expect(statuses('update')).toContain(409);
    expect(a.terms).toEqual([]);
    expect(on.leaders()).toEqual([]);
    expect(on.spec).toMatchObject({ holderIdentity: 'gone', leaseTransitions: 3 });
  });

  it('to a creation is no success, either', async () => {
    const a = on.join('a');
    a.lock.before = (verb) => {
      if (verb === 'create') on.putLease(held);
    };
    await on.quiet();
    expect(statuses('create')).toEqual([409]);
    expect(a.terms).toEqual([]);
    expect(on.spec).toMatchObject({ holderIdentity: 'gone' });
  });
});

describe('six candidates that find one expired lease at the same moment', () => {
  it('write six times and get one leader, whose record alone is stored', async () => {
    on.putLease(held);
    let waiting = 0;
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const { lock } = on.join(name);
      // Nobody's write is sent before everybody has read the lock and decided to write.
      lock.before = async (verb) => {
        if (verb !== 'update') return;
        waiting += 1;
        if (waiting === 6) open();
        await gate;
      };
    }
    await on.pass(15_000, 500);
    expect(waiting).toBe(6);
    const [winner, ...others] = on.all.filter(({ terms }) => terms.length > 0);
    expect(others).toEqual([]);
    expect(on.leaders()).toEqual([winner?.election.identity]);
    expect(statuses('update').sort()).toEqual([200, 409, 409, 409, 409, 409]);
    expect(on.spec).toMatchObject({
      holderIdentity: winner?.election.identity,
      leaseTransitions: 4,
    });
    await on.pass(30_000, 500);
    expect(on.all.flatMap(({ terms }) => terms)).toHaveLength(1);
  });
});
