import { beforeAll, describe, expect, it } from 'vitest';
import {
  type DefineCases,
  LEASES_ROOT,
  byName,
  configMap,
  expectRefusal,
  from,
  leasesIn,
} from '../context.js';
import type { Document, Reply } from '../raw-client.js';

export const readCases: DefineCases = (context) => {
  const get = (path: string) => context().admin.send('GET', path);

  it.each([
    ['Lease', 'leases', { group: 'coordination.k8s.io' }],
    ['ConfigMap', 'configMaps', {}],
  ] as const)('a %s that does not exist is 404 and named with its group', async (_, of, group) => {
    const kind = of.toLowerCase();
    const reply = await get(`${context()[of]}/missing`);
    const resource = of === 'leases' ? `${kind}.coordination.k8s.io` : kind;
    expectRefusal(reply, 404, 'NotFound', `${resource} "missing" not found`);
    expect(reply.body).toHaveProperty('details', { name: 'missing', kind, ...group });
  });

  it('a read in a namespace that does not exist misses the Lease, not the namespace', async () => {
    const reply = await get(`${leasesIn('nowhere')}/missing`);
    expectRefusal(reply, 404, 'NotFound', 'leases.coordination.k8s.io "missing" not found');
    const list = await get(leasesIn('nowhere'));
    expect(list.status).toBe(200);
    expect(list.body.items).toEqual([]);
  });

  it('a stored Lease comes back as it was answered to its writer', async () => {
    const stored = await context().newLease();
    const reply = await get(context().pathOf(stored));
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(stored);
  });

  it('every answer says when it was given', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { headers } = await get(`${context().leases}/missing`);
    const date = Date.parse(headers.date ?? '');
    expect(date).toBeGreaterThanOrEqual(before);
    expect(date).toBeLessThanOrEqual(Date.now());
    expect(headers['cache-control']).toBe('no-cache, private');
    expect(headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('a list names its kind and version, and its items only their content', async () => {
    const { metadata, spec } = await context().newLease();
    const { body } = await get(context().leases);
    expect(body).toMatchObject({ kind: 'LeaseList', apiVersion: 'coordination.k8s.io/v1' });
    expect(body.items).toContainEqual({ metadata, spec });
    expect(body.metadata.resourceVersion).toMatch(/^\d+$/);
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(metadata.resourceVersion),
    );
  });

  it('a list of one kind over all namespaces tells whose each item is', async () => {
    const { metadata } = await context().newLease();
    const { items } = (await get(`${LEASES_ROOT}/leases`)).body;
    const found = items.find((item) => item.metadata.uid === metadata.uid);
    expect(found?.metadata.namespace).toBe(context().namespace);
  });

  it('a field selector chooses one name', async () => {
    const stored = await context().newLease();
    await context().newLease();
    const { body } = await context().list(byName(stored));
    expect(body.items.map(({ metadata }) => metadata.uid)).toEqual([stored.metadata.uid]);
  });

  describe('a label selector', () => {
    beforeAll(async () => {
      const { admin, configMaps } = context();
      const all = {
        front: { tier: 'front' },
        'front-old': { tier: 'front', old: '' },
        back: { tier: 'back' },
        bare: {},
      };
      for (const [name, labels] of Object.entries(all)) {
        const body = configMap(name, {}, { labels: { app: 'shop', ...labels } });
        expect((await admin.send('POST', configMaps, body)).status).toBe(201);
      }
    });

    it.each([
      ['equality', 'tier=front', ['front', 'front-old']],
      ['double equals', 'tier==back', ['back']],
      ['inequality', 'app=shop,tier!=front', ['back', 'bare']],
      ['a set', 'tier in (front, back)', ['back', 'front', 'front-old']],
      ['an excluded set', 'app=shop,tier notin (front)', ['back', 'bare']],
      ['presence', 'app=shop,old', ['front-old']],
      ['absence', 'app=shop,!tier', ['bare']],
    ])('by %s chooses what fits, in the order of names', async (_, labelSelector, expected) => {
      const { admin, configMaps } = context();
      const reply = await admin.send('GET', configMaps, undefined, { query: { labelSelector } });
      expect(reply.body.items.map(({ metadata }) => metadata.name)).toEqual(expected);
    });
  });

  const otherField =
    '"spec.holderIdentity" is not a known field selector: only "metadata.name", "metadata.namespace"';
  it.each<[what: string, query: Record<string, string>, message: string | RegExp]>([
    ['a selector for another field', { fieldSelector: 'spec.holderIdentity=a' }, otherField],
    ['an unreadable selector of fields', { fieldSelector: 'abc' }, /./],
    ['an unreadable selector of labels', { labelSelector: 'x in (' }, /./],
    ['a version that is no number', { resourceVersion: 'abc' }, /^invalid resource version/],
  ])('%s is refused', async (_, query, message) => {
    expectRefusal(await context().list(query), 400, 'BadRequest', message);
  });

  it('a limit cuts the list into pages that follow on each other', async () => {
    const all = ['page-1', 'page-2', 'page-3'];
    for (const name of all) await context().newLease({}, { name, labels: { paged: 'yes' } });
    const names: string[][] = [];
    let token: string | undefined = '';
    while (token !== undefined) {
      const query: Record<string, string> = {
        labelSelector: 'paged=yes',
        limit: '2',
        continue: token,
      };
      const { items, metadata } = (await context().list(query)).body;
      names.push(items.map((item) => item.metadata.name));
      token = metadata.continue;
    }
    expect(names).toEqual([['page-1', 'page-2'], ['page-3']]);
  });

  it('a read of a version that does not exist yet gives up with 504', async () => {
    const path = context().pathOf(await context().newLease());
    const query = { resourceVersion: '9999999999' };
    const reply = await context().admin.send('GET', path, undefined, { query });
    expectRefusal(reply, 504, 'Timeout', /^Timeout: Too large resource version: 9999999999/);
    expect(reply.headers['retry-after']).toBe('1');
    expect(reply.body).toMatchObject({ details: { retryAfterSeconds: 1 } });
  });

  it('the server says that it is ready and which version it has', async () => {
    expect(await get('/readyz')).toMatchObject({ status: 200, text: 'ok' });
    expect((await get('/version')).body).toMatchObject({ major: '1', minor: '37' });
  });

  it('discovery lists what can be done with Leases', async () => {
    const { body } = await get(LEASES_ROOT);
    expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'coordination.k8s.io/v1' });
    const verbs = 'create delete deletecollection get list patch update watch'.split(' ');
    const leases = { name: 'leases', kind: 'Lease', namespaced: true, verbs };
    expect(body).toHaveProperty(
      'resources',
      expect.arrayContaining([expect.objectContaining(leases)]),
    );
  });
};

const as = (kind: string, group = 'meta.k8s.io', version = 'v1'): string =>
  `application/json;as=${kind};g=${group};v=${version}`;
const ONE = as('PartialObjectMetadata');
const ALL = as('PartialObjectMetadataList');

const partial = ({ metadata }: Document, version = 'v1') => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
});

const OTHERS = /^only the following media types are accepted: application\/json/;

export const partialCases: DefineCases = (context) => {
  const get = (
    accept: string,
    path = context().configMaps,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Reply> => context().admin.send('GET', path, undefined, { headers: { accept }, query });

  /** A ConfigMap that is there, with much in it. */
  const newConfigMap = async (): Promise<Document> => {
    const { admin, configMaps, newName } = context();
    const metadata = { annotations: { note: 'kept' }, labels: { of: 'partial' } };
    const object = configMap(newName(), { data: { a: 'x'.repeat(1000) } }, metadata);
    const reply = await admin.send('POST', configMaps, object);
    expect(reply.status, reply.text).toBe(201);
    return reply.body;
  };

  it('of one object: its whole metadata and nothing else', async () => {
    const object = await newConfigMap();
    const path = `${context().configMaps}/${object.metadata.name}`;
    const reply = await get(`${ONE},application/json`, path);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/json');
    expect(reply.body).toEqual(partial(object));
    const before = as('PartialObjectMetadata', 'meta.k8s.io', 'v1beta1');
    expect((await get(before, path)).body).toEqual(partial(object, 'v1beta1'));
  });

  it('of a collection: a list of its own kind, whose items name theirs', async () => {
    const object = await context().newLease();
    const { body } = await get(`${ALL},application/json`, context().leases, byName(object));
    const kind = 'PartialObjectMetadataList';
    expect(body).toMatchObject({ kind, apiVersion: 'meta.k8s.io/v1' });
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0);
    expect(body.items).toEqual([partial(object)]);
    expect(body.items[0]?.metadata.managedFields).toHaveLength(1);
  });

  it('in pages, as whole objects are', async () => {
    const objects = [await newConfigMap(), await newConfigMap()];
    const names: string[] = [];
    let next: string | undefined = '';
    while (next !== undefined) {
      const query: Record<string, string> = {
        limit: '1',
        labelSelector: 'of=partial',
        continue: next,
      };
      const { items, metadata } = (await get(ALL, context().configMaps, query)).body;
      expect(items.length).toBe(1);
      names.push(...items.map((item) => item.metadata.name));
      next = metadata.continue;
    }
    for (const { metadata } of objects) expect(names).toContain(metadata.name);
  });

  it('what is there, changes and goes is told so by a watch, bookmarks included', async () => {
    const { admin, leases } = context();
    const first = await context().newLease();
    const query = { ...from(first), allowWatchBookmarks: 'true', timeoutSeconds: '3' };
    const watch = await admin.watch(leases, query, { accept: ONE });
    const second = await context().change(first, { holderIdentity: 'b' });
    await admin.send('DELETE', context().pathOf(first));
    const [modified, deleted, bookmark] = await watch.take(3);
    watch.close();
    expect(modified).toEqual({ type: 'MODIFIED', object: partial(second) });
    const object = { kind: 'PartialObjectMetadata' };
    expect(deleted).toMatchObject({ type: 'DELETED', object });
    expect(deleted?.object.spec).toBeUndefined();
    expect(bookmark).toMatchObject({ type: 'BOOKMARK', object });
  });

  it('a refusal stays a Status', async () => {
    expectRefusal(await get(ONE, `${context().configMaps}/not-there`), 404, 'NotFound');
  });

  it('a collection is no single object, and the reverse', async () => {
    const { configMaps } = context();
    const object = await newConfigMap();
    const aList =
      'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)';
    expectRefusal(await get(ONE), 406, 'NotAcceptable', aList);
    const noList =
      'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)';
    const path = `${configMaps}/${object.metadata.name}`;
    expectRefusal(await get(ALL, path), 406, 'NotAcceptable', noList);
  });

  it.each([
    ['kind', as('Other')],
    ['group', as('PartialObjectMetadataList', 'other.example')],
    ['version', as('PartialObjectMetadataList', 'meta.k8s.io', 'v9')],
    ['group and version left out', 'application/json;as=PartialObjectMetadataList'],
  ])('an unknown form is refused: %s', async (_, accept) => {
    expectRefusal(await get(accept), 406, 'NotAcceptable', OTHERS);
  });

  it.each([
    ['the first that is known', `${as('Other')},application/json`, 'ConfigMapList'],
    ['in the order in which they stand', `application/json,${ALL}`, 'ConfigMapList'],
    ['or by their weights', `application/json;q=0.1,${ALL};q=0.9`, 'PartialObjectMetadataList'],
  ])('of several forms it takes %s', async (_, accept, kind) => {
    expect((await get(accept)).body.kind).toBe(kind);
  });
};
