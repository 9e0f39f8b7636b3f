import { expect, it } from 'vitest';

import {
  type DefineCases,
  LEASES_ROOT,
  configMap,
  expectRefusal,
  lease,
  leasesIn,
  newLease,
} from '../context.js';

export const readCases: DefineCases = (context) => {
  it('a Lease that does not exist is 404 and named with its group', async () => {
    const { admin, leases } = context();
    const reply = await admin.send('GET', `${leases}/missing`);
    expectRefusal(reply, 404, 'NotFound', 'leases.coordination.k8s.io "missing" not found');
    expect(reply.body).toMatchObject({
      details: { name: 'missing', group: 'coordination.k8s.io', kind: 'leases' },
    });
  });

  it('a ConfigMap that does not exist is 404 and has no group', async () => {
    const { admin, configMaps } = context();
    const reply = await admin.send('GET', `${configMaps}/missing`);
    expectRefusal(reply, 404, 'NotFound', 'configmaps "missing" not found');
    expect(reply.body).toHaveProperty('details', { name: 'missing', kind: 'configmaps' });
  });

  it('a read in a namespace that does not exist misses the Lease, not the namespace', async () => {
    const { admin } = context();
    const reply = await admin.send('GET', `${leasesIn('nowhere')}/missing`);
    expectRefusal(reply, 404, 'NotFound', 'leases.coordination.k8s.io "missing" not found');
  });

  it('a stored Lease comes back as it was answered to its writer', async () => {
    const { admin, leases } = context();
    const stored = await newLease(context());
    const reply = await admin.send('GET', `${leases}/${stored.metadata.name}`);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(stored);
  });

  it('every answer says when it was given', async () => {
    const { admin, leases } = context();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { headers } = await admin.send('GET', `${leases}/missing`);
    const date = Date.parse(headers.date ?? '');
    expect(date).toBeGreaterThanOrEqual(before);
    expect(date).toBeLessThanOrEqual(Date.now());
    expect(headers['cache-control']).toBe('no-cache, private');
    expect(headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('a list names its kind and version, and its items only their content', async () => {
    const { admin, leases } = context();
    const stored = await newLease(context());
    const reply = await admin.send('GET', leases);
    expect(reply.body).toMatchObject({
      kind: 'LeaseList',
      apiVersion: 'coordination.k8s.io/v1',
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) as unknown },
    });
    const { metadata, spec } = stored;
    expect(reply.body.items).toContainEqual({ metadata, spec });
    expect(Number(reply.body.metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(metadata.resourceVersion),
    );
  });

  it('a list is ordered by name', async () => {
    const { admin, leases } = context();
    for (const name of ['sorted-c', 'sorted-a', 'sorted-b']) {
      await admin.send('POST', leases, lease(name, {}, { labels: { group: 'sorted' } }));
    }
    const reply = await admin.send('GET', leases, undefined, {
      query: { labelSelector: 'group=sorted' },
    });
    expect(reply.body.items.map(({ metadata }) => metadata.name)).toEqual([
      'sorted-a',
      'sorted-b',
      'sorted-c',
    ]);
  });

  it('a list of a namespace that does not exist is empty', async () => {
    const reply = await context().admin.send('GET', leasesIn('nowhere'));
    expect(reply.status).toBe(200);
    expect(reply.body.items).toEqual([]);
  });

  it('a list of one kind over all namespaces tells whose each item is', async () => {
    const { admin, namespace } = context();
    const { metadata } = await newLease(context());
    const reply = await admin.send('GET', `${LEASES_ROOT}/leases`);
    const found = reply.body.items.find((item) => item.metadata.uid === metadata.uid);
    expect(found?.metadata.namespace).toBe(namespace);
  });

  it('a field selector chooses one name', async () => {
    const { admin, leases } = context();
    const { metadata } = await newLease(context());
    await newLease(context());
    const reply = await admin.send('GET', leases, undefined, {
      query: { fieldSelector: `metadata.name=${metadata.name}` },
    });
    expect(reply.body.items.map((item) => item.metadata.uid)).toEqual([metadata.uid]);
  });

  it.each([
    ['equality', 'tier=front', ['front', 'front-old']],
    ['double equals', 'tier==back', ['back']],
    ['inequality', 'app=shop,tier!=front', ['back', 'bare']],
    ['a set', 'tier in (front, back)', ['back', 'front', 'front-old']],
    ['an excluded set', 'app=shop,tier notin (front)', ['back', 'bare']],
    ['presence', 'app=shop,old', ['front-old']],
    ['absence', 'app=shop,!tier', ['bare']],
  ])('a label selector by %s chooses what fits', async (_, labelSelector, expected) => {
    const { admin, configMaps } = context();
    const all = {
      front: { tier: 'front' },
      'front-old': { tier: 'front', old: '' },
      back: { tier: 'back' },
      bare: {},
    };
    for (const [name, labels] of Object.entries(all)) {
      const body = configMap(name, {}, { labels: { app: 'shop', ...labels } });
      const { status } = await admin.send('POST', configMaps, body);
      expect([201, 409]).toContain(status);
    }
    const reply = await admin.send('GET', configMaps, undefined, { query: { labelSelector } });
    expect(reply.body.items.map(({ metadata }) => metadata.name)).toEqual(expected);
  });

  it('a selector for another field is refused with the fields that there are', async () => {
    const { admin, leases } = context();
    const reply = await admin.send('GET', leases, undefined, {
      query: { fieldSelector: 'spec.holderIdentity=a' },
    });
    const message =
      '"spec.holderIdentity" is not a known field selector: only "metadata.name", "metadata.namespace"';
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it.each([
    ['fieldSelector', 'abc'],
    ['labelSelector', 'x in ('],
  ])('an unreadable %s is refused', async (parameter, text) => {
    const { admin, leases } = context();
    const reply = await admin.send('GET', leases, undefined, { query: { [parameter]: text } });
    expectRefusal(reply, 400, 'BadRequest');
  });

  it('a limit cuts the list into pages that follow on each other', async () => {
    const { admin, leases } = context();
    const labelSelector = 'paged=yes';
    for (const name of ['page-1', 'page-2', 'page-3']) {
      await admin.send('POST', leases, lease(name, {}, { labels: { paged: 'yes' } }));
    }
    const names: string[][] = [];
    let token: string | undefined = '';
    while (token !== undefined) {
      const query: Record<string, string> = { labelSelector, limit: '2', continue: token };
      const { body } = await admin.send('GET', leases, undefined, { query });
      names.push(body.items.map(({ metadata }) => metadata.name));
      token = body.metadata.continue;
    }
    expect(names).toEqual([['page-1', 'page-2'], ['page-3']]);
  });

  it('a read of a version that does not exist yet gives up with 504', async () => {
    const { admin, leases } = context();
    const { metadata } = await newLease(context());
    const reply = await admin.send('GET', `${leases}/${metadata.name}`, undefined, {
      query: { resourceVersion: '9999999999' },
    });
    expectRefusal(reply, 504, 'Timeout', /^Timeout: Too large resource version: 9999999999/);
    expect(reply.headers['retry-after']).toBe('1');
    expect(reply.body).toMatchObject({ details: { retryAfterSeconds: 1 } });
  });

  it('a read of a version that is no number is refused', async () => {
    const { admin, leases } = context();
    const query = { resourceVersion: 'abc' };
    const reply = await admin.send('GET', leases, undefined, { query });
    expectRefusal(reply, 400, 'BadRequest', /^invalid resource version/);
  });

  it('the server says that it is ready and which version it has', async () => {
    const { admin } = context();
    expect(await admin.send('GET', '/readyz')).toMatchObject({ status: 200, text: 'ok' });
    const { body } = await admin.send('GET', '/version');
    expect(body).toMatchObject({ major: '1', minor: '37' });
  });

  it('discovery lists what can be done with Leases', async () => {
    const { body } = await context().admin.send('GET', LEASES_ROOT);
    expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'coordination.k8s.io/v1' });
    expect(body).toHaveProperty(
      'resources',
      expect.arrayContaining([
        expect.objectContaining({
          name: 'leases',
          kind: 'Lease',
          namespaced: true,
          verbs: [
            'create',
            'delete',
            'deletecollection',
            'get',
            'list',
            'patch',
            'update',
            'watch',
          ],
        }),
      ]),
    );
  });
};
