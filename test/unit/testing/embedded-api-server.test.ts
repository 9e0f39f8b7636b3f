import { afterEach, describe, expect, it } from 'vitest';

import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';
import { LEASES, clientOf, holderOf, leaseBody } from './loopback.js';

let server: EmbeddedApiServer;
afterEach(() => server.close());

describe('who the embedded API server lets in', () => {
  it('is everyone, when it is started without tokens', async () => {
    server = await startEmbeddedApiServer();
    expect((await clientOf(server).send('GET', LEASES)).status).toBe(200);
    expect((await clientOf(server, 'anything').send('GET', LEASES)).status).toBe(200);
    expect(server.requests.map(({ user }) => user)).toEqual([
      'kubernetes-admin',
      'kubernetes-admin',
    ]);
    expect(server.kubeConfig()).not.toContain('token');
    expect(() => {
      server.addToken('one', 'a');
    }).toThrow('lets everyone in');
  });

  it('is who has a token, until it is revoked', async () => {
    server = await startEmbeddedApiServer({ tokens: { one: 'a' } });
    const read = async (): Promise<number> =>
      (await clientOf(server, 'one').send('GET', LEASES)).status;
    expect(await read()).toBe(200);
    server.revokeToken('one');
    expect(await read()).toBe(401);
    server.addToken('one', 'a');
    expect(await read()).toBe(200);
  });

  it('is decided by the latest rule that fits, until it is undone', async () => {
    server = await startEmbeddedApiServer({ tokens: { one: 'a' } });
    const statuses = async (): Promise<number[]> => [
      (await clientOf(server, 'one').send('GET', LEASES)).status,
      (await clientOf(server, 'one').send('GET', `${LEASES}/x`)).status,
    ];
    const undoDeny = server.deny({ user: 'a', resource: 'leases' });
    expect(await statuses()).toEqual([403, 403]);
    const undoAllow = server.allow({ verb: 'get' });
    expect(await statuses()).toEqual([403, 404]);
    undoAllow();
    expect(await statuses()).toEqual([403, 403]);
    undoDeny();
    undoDeny();
    expect(await statuses()).toEqual([200, 404]);
  });
});

describe('the log of requests', () => {
  it('says who asked for what and how it went, and holds no token', async () => {
    server = await startEmbeddedApiServer({ tokens: { 'very-secret': 'a' } });
    const options = { headers: { 'user-agent': 'elector/1' }, query: { dryRun: 'All' } };
    await clientOf(server, 'very-secret').send('POST', LEASES, leaseBody('one', 'a'), options);
    await clientOf(server, 'wrong').send('GET', `${LEASES}/one`);
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: LEASES,
        query: 'dryRun=All',
        verb: 'create',
        resource: 'leases',
        namespace: 'default',
        name: '',
        user: 'a',
        userAgent: 'elector/1',
        status: 201,
        fault: null,
      },
      { verb: 'get', name: 'one', user: '', status: 401 },
    ]);
    expect(JSON.stringify(server.requests)).not.toMatch(/very-secret|wrong/);
  });
});

describe('the store past the network', () => {
  it('overwrites whatever is there, as another client, and keeps the uid', async () => {
    server = await startEmbeddedApiServer();
    const { body } = await clientOf(server).send('POST', LEASES, leaseBody('one', 'a'));
    const thief = { kind: 'Lease', metadata: { name: 'one' }, spec: { holderIdentity: 'thief' } };
    const stored = server.store.put(thief, { manager: 'kubectl-edit' });
    expect(stored.metadata.uid).toBe(body.metadata.uid);
    expect(stored.metadata.managedFields?.map(({ manager }) => manager)).toContain('kubectl-edit');
    const reply = await clientOf(server).send('PUT', `${LEASES}/one`, body);
    expect(reply.status).toBe(409);
    expect(holderOf(server, 'one')).toBe('thief');
  });

  it('takes no fault, no access rule and no invalid object', async () => {
    server = await startEmbeddedApiServer();
    server.deny({});
    server.faults.add({ fault: { kind: 'reset' } });
    const metadata = { name: 'one' };
    server.store.put({ kind: 'Lease', metadata, spec: { holderIdentity: 'a' } });
    expect(() =>
      server.store.put({ kind: 'Lease', metadata, spec: { leaseDurationSeconds: 0 } }),
    ).toThrow('must be greater than 0');
    expect(holderOf(server, 'one')).toBe('a');
  });

  it('hands out copies', async () => {
    server = await startEmbeddedApiServer();
    const stored = server.store.put({ kind: 'ConfigMap', metadata: { name: 'one' } });
    stored.metadata.name = 'changed';
    const found = server.store.get({ resource: 'configmaps', name: 'one' });
    expect(found?.metadata.name).toBe('one');
  });

  it('takes objects away, and namespaces with all that is in them', async () => {
    server = await startEmbeddedApiServer({ namespaces: ['mine'] });
    server.store.put({ kind: 'Lease', metadata: { name: 'one', namespace: 'mine' } });
    server.store.put({ kind: 'ConfigMap', metadata: { name: 'two', namespace: 'mine' } });
    const one = { resource: 'leases', namespace: 'mine', name: 'one' } as const;
    expect([server.store.delete(one), server.store.delete(one)]).toEqual([true, false]);
    server.store.deleteNamespace('mine');
    expect(server.store.list('configmaps')).toEqual([]);
    const path = '/api/v1/namespaces/mine/configmaps';
    const reply = await clientOf(server).send('POST', path, { metadata: { name: 'two' } });
    expect(reply.body.message).toBe('namespaces "mine" not found');
    server.store.createNamespace('mine');
    expect((await clientOf(server).send('POST', path, { metadata: { name: 'two' } })).status).toBe(
      201,
    );
  });
});

describe('the clock of the embedded API server', () => {
  it('dates objects, their writers and the answers', async () => {
    server = await startEmbeddedApiServer({ now: () => new Date('2030-01-02T03:04:05.678Z') });
    const reply = await clientOf(server).send('POST', LEASES, leaseBody('one', 'a'));
    expect(reply.headers.date).toBe('Wed, 02 Jan 2030 03:04:05 GMT');
    expect(reply.body.metadata.creationTimestamp).toBe('2030-01-02T03:04:05Z');
    expect(reply.body.metadata.managedFields?.[0]?.time).toBe('2030-01-02T03:04:05Z');
    expect(server.requests[0]?.at.toISOString()).toBe('2030-01-02T03:04:05.678Z');
  });
});

describe('closing the embedded API server', () => {
  it('can be done twice, and frees the port', async () => {
    server = await startEmbeddedApiServer();
    const port = Number(new URL(server.url).port);
    await server.close();
    await server.close();
    server = await startEmbeddedApiServer({ port });
    expect(new URL(server.url).port).toBe(String(port));
  });

  it('reports a port that is taken', async () => {
    server = await startEmbeddedApiServer();
    const port = Number(new URL(server.url).port);
    await expect(startEmbeddedApiServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
