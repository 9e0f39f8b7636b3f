import { expect, it } from 'vitest';

import { type DefineCases, byName, configMap, expectRefusal, from } from '../context.js';
import type { Document, Reply } from '../raw-client.js';

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
