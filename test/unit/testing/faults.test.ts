import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';
import { requestInfo } from '../../../src/testing/apiserver/routes.js';
import { type FaultMatch, FaultRules, type FaultTarget } from '../../../src/testing/faults.js';
import { LEASES, clientOf, holderOf, leaseBody, until } from './loopback.js';

const reset = { kind: 'reset' } as const;

function target(method: string, path: string, user = 'a'): FaultTarget {
  const url = new URL(path, 'http://127.0.0.1');
  const query = url.searchParams;
  const info = requestInfo({ method, path: url.pathname, query, headers: {}, body: '' });
  return { method, user, info };
}

describe('which requests a fault strikes', () => {
  const put = target('PUT', `${LEASES}/one`);

  it.each<[string, FaultMatch, boolean]>([
    ['nothing in particular', {}, true],
    ['its method', { method: 'PUT' }, true],
    ['another method', { method: ['GET', 'POST'] }, false],
    ['its verb', { verb: ['create', 'update'] }, true],
    ['another verb', { verb: 'patch' }, false],
    ['its user', { user: 'a' }, true],
    ['another user', { user: 'b' }, false],
    ['its resource', { resource: 'leases' }, true],
    ['another resource', { resource: 'configmaps' }, false],
    ['its namespace', { namespace: 'default' }, true],
    ['another namespace', { namespace: 'other' }, false],
    ['its name', { name: 'one' }, true],
    ['another name', { name: 'two' }, false],
    ['its path', { path: `${LEASES}/one` }, true],
    ['part of its path as text', { path: LEASES }, false],
    ['part of its path as a pattern', { path: /leases\/o/g }, true],
    ['one thing that fits and one that does not', { verb: 'update', name: 'two' }, false],
  ])('a fault for %s', (_, match, strikes) => {
    const rules = new FaultRules();
    rules.add({ match, fault: reset });
    // Twice, since a pattern with a memory must not make a difference.
    expect([rules.next(put), rules.next(put)]).toEqual(strikes ? [reset, reset] : [null, null]);
  });

  it('a watch and a list are told apart, and a watch of one object has its name', () => {
    const rules = new FaultRules();
    rules.add({ match: { verb: 'watch', name: 'one' }, fault: reset });
    expect(rules.next(target('GET', LEASES))).toBeNull();
    expect(rules.next(target('GET', `${LEASES}?watch=true`))).toBeNull();
    const query = 'watch=true&fieldSelector=metadata.name%3Done';
    expect(rules.next(target('GET', `${LEASES}?${query}`))).toBe(reset);
  });

  it('a fault strikes as often as it says', () => {
    const rules = new FaultRules();
    rules.add({ times: 2, fault: reset });
    expect([1, 2, 3].map(() => rules.next(put))).toEqual([reset, reset, null]);
  });

  it('a fault for the second request strikes that one only, of those that fit', () => {
    const rules = new FaultRules();
    rules.add({ match: { verb: 'update', nth: 2 }, fault: reset });
    const get = target('GET', `${LEASES}/one`);
    const requests = [put, get, put, put];
    expect(requests.map((one) => rules.next(one))).toEqual([null, null, reset, null]);
  });

  it('of two faults the first that was added strikes, until it is used up or taken back', () => {
    const rules = new FaultRules();
    const hang = { kind: 'hang' } as const;
    const undo = rules.add({ times: 1, fault: hang });
    rules.add({ fault: reset });
    expect([rules.next(put), rules.next(put)]).toEqual([hang, reset]);
    undo();
    undo();
    expect(rules.next(put)).toBe(reset);
    rules.clear();
    expect(rules.next(put)).toBeNull();
  });
});

describe('what a fault does', () => {
  let server: EmbeddedApiServer;

  beforeEach(async () => {
    server = await startEmbeddedApiServer();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await server.close();
  });

  const create = (): ReturnType<ReturnType<typeof clientOf>['send']> =>
    clientOf(server).send('POST', LEASES, leaseBody('one', 'a'));

  it.each([
    [429, 'TooManyRequests'],
    [503, 'ServiceUnavailable'],
    [500, 'InternalError'],
    [504, 'Timeout'],
  ])(
    'status %d comes as the API server sends it, and nothing is stored',
    async (status, reason) => {
      server.faults.add({ fault: { kind: 'status', status, retryAfterSeconds: 7 } });
      const reply = await create();
      expect(reply.status).toBe(status);
      expect(reply.headers['retry-after']).toBe('7');
      expect(reply.body).toMatchObject({
        kind: 'Status',
        status: 'Failure',
        reason,
        code: status,
        details: { retryAfterSeconds: 7 },
      });
      expect(holderOf(server, 'one')).toBeNull();
    },
  );

  it('without a time to wait, none is named', async () => {
    server.faults.add({ fault: { kind: 'status', status: 503 } });
    const reply = await create();
    expect(reply.headers).not.toHaveProperty('retry-after');
    expect(reply.body).not.toHaveProperty('details');
  });

  it('a body can be text that is no JSON, as from a proxy', async () => {
    const body = '<html>Bad Gateway</html>';
    server.faults.add({ fault: { kind: 'status', status: 502, body } });
    const reply = await create();
    expect(reply).toMatchObject({ status: 502, text: body });
    expect(reply.headers['content-type']).toMatch(/^text\/plain/);
  });

  it('a reset ends the connection before anything is stored', async () => {
    server.faults.add({ fault: reset });
    await expect(create()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(holderOf(server, 'one')).toBeNull();
    expect(server.requests).toMatchObject([{ verb: 'create', status: null, fault: 'reset' }]);
  });

  it('a drop after the commit stores the object and loses the answer', async () => {
    server.faults.add({ fault: { kind: 'dropAfterCommit' } });
    await expect(create()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(holderOf(server, 'one')).toBe('a');
    expect(server.requests).toMatchObject([{ status: null, fault: 'dropAfterCommit' }]);
  });

  it.each([
    ['before', undefined, null],
    ['after', 'afterCommit', 'a'],
  ] as const)('a hang %s the commit never answers', async (_, when, stored) => {
    const fault =
      when === undefined ? ({ kind: 'hang' } as const) : ({ kind: 'hang', when } as const);
    server.faults.add({ fault });
    const pending = create();
    let isSettled = false;
    const settled = pending.then(
      () => (isSettled = true),
      () => (isSettled = true),
    );
    await until(() => server.requests.length === 1);
    // Another request gets through in the meantime, on a connection of its own.
    server.faults.clear();
    await clientOf(server).send('GET', LEASES);
    expect(isSettled).toBe(false);
    expect(holderOf(server, 'one')).toBe(stored);
    await server.close();
    await settled;
    await expect(pending).rejects.toThrow();
  });

  it('a delay before the commit holds up both the write and its answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    server.faults.add({ fault: { kind: 'delay', ms: 5000 } });
    const pending = create();
    await until(() => vi.getTimerCount() > 0);
    await vi.advanceTimersByTimeAsync(4999);
    expect(holderOf(server, 'one')).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    expect(holderOf(server, 'one')).toBe('a');
    expect((await pending).status).toBe(201);
  });

  it('a request that is held up is served even when its sender has given up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    server.faults.add({ times: 1, fault: { kind: 'delay', ms: 5000 } });
    const sender = request(`${server.url}${LEASES}`, { method: 'POST', agent: false });
    const gone = new Promise((resolve) => sender.once('close', resolve));
    sender.on('error', () => undefined);
    sender.end(JSON.stringify(leaseBody('one', 'zombie')));
    await until(() => vi.getTimerCount() > 0);
    sender.destroy();
    await gone;
    expect(holderOf(server, 'one')).toBeNull();
    await vi.advanceTimersByTimeAsync(5000);
    expect(holderOf(server, 'one')).toBe('zombie');
    expect(server.requests).toHaveLength(1);
  });

  it('a delay after the commit stores at once and answers late', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    server.faults.add({ fault: { kind: 'delay', ms: 5000, when: 'afterCommit' } });
    const pending = create();
    await until(() => vi.getTimerCount() > 0);
    expect(holderOf(server, 'one')).toBe('a');
    expect(server.requests).toMatchObject([{ status: null, fault: 'delay' }]);
    await vi.advanceTimersByTimeAsync(5000);
    expect((await pending).status).toBe(201);
    expect(server.requests).toMatchObject([{ status: 201 }]);
  });

  it('closing the server ends a delay without serving it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    server.faults.add({ fault: { kind: 'delay', ms: 5000 } });
    const pending = create();
    const failed = expect(pending).rejects.toThrow();
    await until(() => vi.getTimerCount() > 0);
    await server.close();
    await failed;
    expect(vi.getTimerCount()).toBe(0);
    expect(holderOf(server, 'one')).toBeNull();
  });
});
