import { expect, it } from 'vitest';

import { type Context, type DefineCases, configMap, expectRefusal, newLease } from '../context.js';
import type { Document, Reply } from '../raw-client.js';
import { byName, from, put } from '../watching.js';

const as = (kind: string, group = 'meta.k8s.io', version = 'v1'): string =>
  `application/json;as=${kind};g=${group};v=${version}`;
const ONE = as('PartialObjectMetadata');
const ALL = as('PartialObjectMetadataList');

function get(
  { admin }: Context,
  path: string,
  accept: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return admin.send('GET', path, undefined, { headers: { accept }, query });
}

/** A ConfigMap that is there, with much in it. */
async function newConfigMap(context: Context): Promise<Document> {
  const { admin, configMaps, newName } = context;
  const metadata = { annotations: { note: 'kept' }, labels: { of: 'partial' } };
  const object = configMap(newName(), { data: { a: 'x'.repeat(1000) } }, metadata);
  const reply = await admin.send('POST', configMaps, object);
  expect(reply.status, reply.text).toBe(201);
  return reply.body;
}

const partial = ({ metadata }: Document, version = 'v1') => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
});

const OTHERS = /^only the following media types are accepted: application\/json/;

export const partialCases: DefineCases = (context) => {
  it('of one object: its whole metadata and nothing else', async () => {
    const object = await newConfigMap(context());
    const reply = await get(
      context(),
      `${context().configMaps}/${object.metadata.name}`,
      `${ONE},application/json`,
    );
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/json');
    expect(reply.body).toEqual(partial(object));
  });

  it('of a collection: a list of its own kind, whose items name theirs', async () => {
    const object = await newConfigMap(context());
    const query = { fieldSelector: `metadata.name=${object.metadata.name}` };
    const { body } = await get(context(), context().configMaps, `${ALL},application/json`, query);
    const { kind, apiVersion, metadata, items } = body;
    expect({ kind, apiVersion }).toEqual({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
    });
    expect(Number(metadata.resourceVersion)).toBeGreaterThan(0);
    expect(items).toEqual([partial(object)]);
  });

  it('of Leases likewise, who wrote them and when included', async () => {
    const object = await newLease(context());
    const query = { fieldSelector: `metadata.name=${object.metadata.name}` };
    const { body } = await get(context(), context().leases, ALL, query);
    expect(body.items).toEqual([partial(object)]);
    expect(body.items[0]?.metadata.managedFields).toHaveLength(1);
  });

  it('in pages, as whole objects are', async () => {
    const objects = [await newConfigMap(context()), await newConfigMap(context())];
    const query = { limit: '1', labelSelector: 'of=partial' };
    const names: string[] = [];
    let next: string | undefined = '';
    while (next !== undefined) {
      const more: Record<string, string> = next === '' ? {} : { continue: next };
      const { body } = await get(context(), context().configMaps, ALL, { ...query, ...more });
      expect(body.items.length).toBe(1);
      names.push(...body.items.map(({ metadata }) => metadata.name));
      next = body.metadata.continue;
    }
    for (const { metadata } of objects) expect(names).toContain(metadata.name);
  });

  it('in the version before as well', async () => {
    const object = await newConfigMap(context());
    const accept = as('PartialObjectMetadata', 'meta.k8s.io', 'v1beta1');
    const path = `${context().configMaps}/${object.metadata.name}`;
    expect((await get(context(), path, accept)).body).toEqual(partial(object, 'v1beta1'));
  });

  it('what is there, changes and goes is told so by a watch', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const query = { ...byName(first), ...from(first) };
    const watch = await admin.watch(leases, query, { accept: ONE });
    const second = await put(context(), first, { holderIdentity: 'b' });
    await admin.send('DELETE', `${leases}/${first.metadata.name}`);
    const [modified, deleted] = await watch.take(2);
    watch.close();
    expect(modified).toEqual({ type: 'MODIFIED', object: partial(second) });
    expect(deleted?.type).toBe('DELETED');
    expect(deleted?.object).toMatchObject({ kind: 'PartialObjectMetadata' });
    expect(deleted?.object.spec).toBeUndefined();
  });

  it('bookmarks come in that form, too', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const query = { ...from(first), allowWatchBookmarks: 'true', timeoutSeconds: '3' };
    const watch = await admin.watch(leases, query, { accept: ONE });
    await put(context(), first, { holderIdentity: 'b' });
    const [, bookmark] = await watch.take(2);
    watch.close();
    expect(bookmark?.type).toBe('BOOKMARK');
    expect(bookmark?.object).toMatchObject({ kind: 'PartialObjectMetadata' });
  });

  it('a refusal stays a Status', async () => {
    const reply = await get(context(), `${context().configMaps}/not-there`, ONE);
    expectRefusal(reply, 404, 'NotFound');
  });

  it('a collection is no single object, and the reverse', async () => {
    const { configMaps } = context();
    const object = await newConfigMap(context());
    expectRefusal(
      await get(context(), configMaps, ONE),
      406,
      'NotAcceptable',
      'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)',
    );
    expectRefusal(
      await get(context(), `${configMaps}/${object.metadata.name}`, ALL),
      406,
      'NotAcceptable',
      'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
    );
  });

  it.each([
    ['kind', as('Other')],
    ['group', as('PartialObjectMetadataList', 'other.example')],
    ['version', as('PartialObjectMetadataList', 'meta.k8s.io', 'v9')],
    ['group and version left out', 'application/json;as=PartialObjectMetadataList'],
  ])('an unknown form is refused: %s', async (_, accept) => {
    expectRefusal(await get(context(), context().configMaps, accept), 406, 'NotAcceptable', OTHERS);
  });

  it.each([
    ['the first that is known', `${as('Other')},application/json`, 'ConfigMapList'],
    ['in the order in which they stand', `application/json,${ALL}`, 'ConfigMapList'],
    ['or by their weights', `application/json;q=0.1,${ALL};q=0.9`, 'PartialObjectMetadataList'],
  ])('of several forms it takes %s', async (_, accept, kind) => {
    const { body } = await get(context(), context().configMaps, accept);
    expect(body.kind).toBe(kind);
  });
};
