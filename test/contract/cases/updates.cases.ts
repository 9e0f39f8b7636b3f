import { expect, it } from 'vitest';
import {
  type DefineCases,
  byName,
  configMap,
  expectInvalid,
  expectRefusal,
  from,
  lease,
  withMetadata,
  withSpec,
} from '../context.js';
import type { Document, Reply } from '../raw-client.js';

export const updateCases: DefineCases = (context) => {
  it('a Lease is replaced when the version is the current one', async () => {
    const old = await context().newLease({ holderIdentity: 'a', leaseDurationSeconds: 15 });
    const reply = await context().put({ ...old, spec: { holderIdentity: 'b' } });
    expect(reply.status).toBe(200);
    expect(reply.body.spec).toEqual({ holderIdentity: 'b' });
    const { uid, creationTimestamp, resourceVersion } = reply.body.metadata;
    expect([uid, creationTimestamp]).toEqual([old.metadata.uid, old.metadata.creationTimestamp]);
    expect(Number(resourceVersion)).toBeGreaterThan(Number(old.metadata.resourceVersion));
    expect((await context().admin.send('GET', context().pathOf(old))).body).toEqual(reply.body);
  });

  it('name and namespace in the object have to be those of the URL', async () => {
    const { admin } = context();
    const old = await context().newLease();
    const { name } = old.metadata;
    const refusalOf = async (body: unknown, message: string): Promise<void> => {
      expectRefusal(
        await admin.send('PUT', context().pathOf(old), body),
        400,
        'BadRequest',
        message,
      );
    };
    const other = `the name of the object (other) does not match the name on the URL (${name})`;
    await refusalOf(lease('other'), other);
    const none = `the name of the object (${name} based on URL) was undeterminable: name must be provided`;
    await refusalOf({ spec: {} }, none);
    const elsewhere =
      'the namespace of the provided object does not match the namespace sent on the request';
    await refusalOf(withMetadata(old, { namespace: 'other' }), elsewhere);
  });

  const date = '2020-01-01T00:00:00Z';
  it.each<[what: string, change: (old: Document) => Document, field: string, text: string]>([
    [
      'a spec that is',
      (old) => withSpec(old, { leaseDurationSeconds: 0 }),
      'spec.leaseDurationSeconds',
      'must be greater than 0',
    ],
    [
      'a label that is',
      (old) => withMetadata(old, { labels: { a: 'b c' } }),
      'metadata.labels',
      'Invalid value: "b c": a valid label must',
    ],
    [
      'a deletion by hand, which is',
      (old) => withMetadata(old, { deletionTimestamp: date }),
      'metadata.deletionTimestamp',
      'field is immutable',
    ],
  ])('%s invalid is refused and changes nothing', async (_, change, field, text) => {
    const old = await context().newLease();
    const reply = await context().put(change(old));
    expectInvalid(reply, [field, text]);
    expect(reply.body).toHaveProperty('details.causes.length', 1);
    expect((await context().admin.send('GET', context().pathOf(old))).body).toEqual(old);
  });

  it.each([
    ['what is there', {}],
    ['another date of creation, or generation', { creationTimestamp: date, generation: 9 }],
  ])('an update with %s changes nothing, and keeps the version', async (_, metadata) => {
    const old = await context().newLease();
    const reply = await context().put(withMetadata(old, metadata));
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(old);
  });

  it('what the new object leaves out is gone', async () => {
    const old = await context().newLease({}, { labels: { a: 'b' }, annotations: { c: 'd' } });
    const { name, resourceVersion } = old.metadata;
    const body = lease(name, {}, { resourceVersion, annotations: { e: 'f' } });
    const { metadata } = (await context().admin.send('PUT', context().pathOf(old), body)).body;
    expect(metadata).not.toHaveProperty('labels');
    expect(metadata).toHaveProperty('annotations', { e: 'f' });
  });
};

const STALE =
  'the object has been modified; please apply your changes to the latest version and try again';

export const updateConflictCases: DefineCases = (context) => {
  it.each(['leases', 'configMaps'] as const)(
    '%s are not replaced from an old version',
    async (of) => {
      const { admin, [of]: collection, newName } = context();
      const name = newName();
      const change = (value: string): object =>
        of === 'leases' ? { spec: { holderIdentity: value } } : { data: { holder: value } };
      const made = await admin.send('POST', collection, { metadata: { name }, ...change('a') });
      const path = `${collection}/${name}`;
      expect((await admin.send('PUT', path, { ...made.body, ...change('b') })).status).toBe(200);
      const reply = await admin.send('PUT', path, { ...made.body, ...change('c') });
      const resource = of === 'leases' ? 'leases.coordination.k8s.io' : 'configmaps';
      const message = `Operation cannot be fulfilled on ${resource} "${name}": ${STALE}`;
      expectRefusal(reply, 409, 'Conflict', message);
      const [kind, group] = resource.split(/\.(.*)/);
      expect(reply.body).toHaveProperty('details', { name, kind, ...(group && { group }) });
      expect((await admin.send('GET', path)).body).toMatchObject(change('b'));
    },
  );

  it.each<[what: string, change: (old: Document) => Document, message: RegExp]>([
    [
      'with a version that does not exist yet',
      (old) => withMetadata(old, { resourceVersion: '9999999999' }),
      /has been modified/,
    ],
    [
      'that is stale and invalid',
      (old) => withMetadata(withSpec(old, { leaseDurationSeconds: 0 }), { resourceVersion: '1' }),
      /has been modified/,
    ],
    [
      'with another uid',
      (old) => withMetadata(old, { uid: 'other' }),
      /Precondition failed: UID in precondition: other, UID in object meta: .+$/,
    ],
  ])('an object %s is a conflict', async (_, change, message) => {
    const old = await context().newLease();
    expectRefusal(await context().put(change(old)), 409, 'Conflict', message);
  });

  it.each([
    ['no version', {}],
    ['version 0', { resourceVersion: '0' }],
  ])('a Lease is not replaced with %s', async (_, version) => {
    const old = await context().newLease();
    const { name } = old.metadata;
    const body = lease(name, {}, version);
    const reply = await context().admin.send('PUT', context().pathOf(old), body);
    const message = `leases.coordination.k8s.io "${name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`;
    expectRefusal(reply, 422, 'Invalid', message);
    expect(reply.body).toMatchObject({ details: { kind: 'leases' } });
  });

  it('a ConfigMap is replaced without a version, whatever is there', async () => {
    const { admin, configMaps, newName } = context();
    const name = newName();
    await admin.send('POST', configMaps, configMap(name, { data: { a: '1' } }));
    const body = configMap(name, { data: { a: '2' } });
    const reply = await admin.send('PUT', `${configMaps}/${name}`, body);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ data: { a: '2' } });
  });

  it('a version that is no number is refused with 500', async () => {
    const old = await context().newLease();
    const reply = await context().put(withMetadata(old, { resourceVersion: 'abc' }));
    expect(reply.status).toBe(500);
    expect(reply.body.message).toBe('strconv.ParseUint: parsing "abc": invalid syntax');
  });

  it('what is gone is a conflict, not a 404, for whoever knows its uid, created anew or not', async () => {
    const old = await context().newLease();
    await context().admin.send('DELETE', context().pathOf(old));
    expectRefusal(await context().put(old), 409, 'Conflict', /UID in object meta: $/);
    const { name } = old.metadata;
    const { uid } = (await context().newLease({ holderIdentity: 'b' }, { name })).metadata;
    expect(uid).not.toBe(old.metadata.uid);
    expectRefusal(await context().put(old), 409, 'Conflict', /UID in precondition/);
  });

  it.each([
    ['neither uid nor version', {}],
    ['an old version, but no uid', { resourceVersion: '5' }],
  ])('a Lease that does not exist is created by a PUT with %s', async (_, metadata) => {
    const { admin, leases, newName } = context();
    const name = newName();
    const body = lease(name, { holderIdentity: 'a' }, metadata);
    const reply = await admin.send('PUT', `${leases}/${name}`, body);
    expect(reply.status).toBe(201);
    expect(reply.body.metadata.uid).toMatch(/-/);
    expect(reply.body.metadata.resourceVersion).not.toBe('5');
  });

  it('a Lease is not created by a PUT of somebody who may not create', async () => {
    const { narrow, target, namespace, leases, newName } = context();
    const rules = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
    await target.grant(namespace, [{ ...rules, verbs: ['get', 'update'] }]);
    const name = newName();
    const reply = await narrow.send('PUT', `${leases}/${name}`, lease(name));
    expectRefusal(reply, 403, 'Forbidden', /cannot create resource "leases"/);
  });

  it('a ConfigMap that does not exist is 404, with and without uid', async () => {
    const { admin, configMaps, newName } = context();
    const name = newName();
    for (const metadata of [{}, { uid: 'a', resourceVersion: '5' }]) {
      const reply = await admin.send('PUT', `${configMaps}/${name}`, configMap(name, {}, metadata));
      expectRefusal(reply, 404, 'NotFound', `configmaps "${name}" not found`);
    }
  });

  it('of two updates from one version exactly one succeeds', async () => {
    const old = await context().newLease();
    const replies = await Promise.all(
      ['b', 'c', 'd'].map((holderIdentity) => context().put(withSpec(old, { holderIdentity }))),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  });
};

const MERGE = 'application/merge-patch+json';

export const patchCases: DefineCases = (context) => {
  /** Patches an object, or one of this name. */
  const patch = (
    object: Document | string,
    changes: unknown,
    type = MERGE,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Reply> => {
    const { admin, leases } = context();
    const name = typeof object === 'string' ? object : object.metadata.name;
    const options = { headers: { 'content-type': type }, query };
    return admin.send('PATCH', `${leases}/${name}`, changes, options);
  };

  it('a merge patch sets fields, takes away the null ones, and leaves the others', async () => {
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 2 };
    const old = await context().newLease(spec);
    const reply = await patch(old, { spec: { holderIdentity: 'b', leaseTransitions: null } });
    expect(reply.status).toBe(200);
    expect(reply.body.spec).toEqual({ holderIdentity: 'b', leaseDurationSeconds: 15 });
    expect(Number(reply.body.metadata.resourceVersion)).toBeGreaterThan(
      Number(old.metadata.resourceVersion),
    );
    // Without a version it is written over whatever is there.
    const again = await patch(old, { spec: { holderIdentity: 'c' } });
    expect(again.body.spec['holderIdentity']).toBe('c');
  });

  it('a strategic merge patch of plain fields does the same', async () => {
    const type = 'application/strategic-merge-patch+json';
    const old = await context().newLease();
    const { body } = await patch(old, { spec: { leaseDurationSeconds: 5 } }, type);
    expect(body.spec).toEqual({ holderIdentity: 'a', leaseDurationSeconds: 5 });
  });

  it('a patch that changes nothing keeps the version, and warns of an unknown field', async () => {
    const old = await context().newLease();
    const reply = await patch(old, { spec: { holderIdentity: 'a', unknown: 1 } });
    expect(reply.body).toEqual(old);
    expect(reply.headers.warning).toBe(String.raw`299 - "unknown field \"spec.unknown\""`);
  });

  it('a Lease that does not exist is 404', async () => {
    const message = 'leases.coordination.k8s.io "missing" not found';
    expectRefusal(await patch('missing', { spec: {} }), 404, 'NotFound', message);
  });

  it.each<[what: string, changes: unknown, code: number, reason: string, message: RegExp]>([
    ['with an old version', { metadata: { resourceVersion: '1' } }, 409, 'Conflict', /modified;/],
    ['of the name', { metadata: { name: 'other' } }, 400, 'BadRequest', /not match the name/],
    ['of the namespace', { metadata: { namespace: 'other' } }, 400, 'BadRequest', /not match/],
    ['that is no JSON', '{', 400, 'BadRequest', /^invalid JSON patch$/],
    ['that is no object', '[]', 400, 'BadRequest', /^error decoding patch: json: /],
  ])('a patch %s is refused', async (_, changes, code, reason, message) => {
    expectRefusal(await patch(await context().newLease(), changes), code, reason, message);
  });

  it.each<[what: string, changes: object, field: string, text: string]>([
    ['of the uid', { metadata: { uid: 'other' } }, 'metadata.uid', 'field is immutable'],
    [
      'to what is invalid',
      { spec: { leaseDurationSeconds: 0 } },
      'spec.leaseDurationSeconds',
      'must be greater than 0',
    ],
    // That these are no 400, as they are for a PUT, is the API server's own way.
    ['to a wrong time', { spec: { renewTime: '2024' } }, 'patch', 'parsing time "2024"'],
    ['to text', { spec: { leaseDurationSeconds: '5' } }, 'patch', 'cannot unmarshal string into'],
  ])('a patch %s is 422', async (_, changes, field, text) => {
    expectInvalid(await patch(await context().newLease(), changes), [field, text]);
  });

  it('plain JSON is no patch', async () => {
    const reply = await patch(await context().newLease(), {}, 'application/json');
    expectRefusal(reply, 415, 'UnsupportedMediaType');
  });

  it('force is for apply patches only', async () => {
    const reply = await patch(await context().newLease(), {}, MERGE, { force: 'true' });
    expectInvalid(reply, ['force', 'Forbidden: may not be specified for non-apply patch']);
  });
};

const as = (agent: string) => ({ headers: { 'user-agent': agent } });

function ownersOf({ metadata }: Document): Record<string, unknown> {
  const entries = metadata.managedFields ?? [];
  return Object.fromEntries(entries.map(({ manager, fieldsV1 }) => [manager, fieldsV1]));
}

export const managedFieldsCases: DefineCases = (context) => {
  it('a new object belongs to its writer, named by the first word of User-Agent', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const reply = await context().post({ holderIdentity: 'a' }, {}, as('some elector/1.0 (linux)'));
    const [entry, ...more] = reply.body.metadata.managedFields ?? [];
    expect(more).toEqual([]);
    expect(entry).toEqual({
      manager: 'some elector',
      operation: 'Update',
      apiVersion: 'coordination.k8s.io/v1',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as unknown,
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:holderIdentity': {} } },
    });
    expect(Date.parse(entry?.time ?? '')).toBeGreaterThanOrEqual(before);
    expect(Date.parse(entry?.time ?? '')).toBeLessThanOrEqual(Date.now());
  });

  it.each([
    ['that names itself goes by that name', { query: { fieldManager: 'myself' } }, 'myself'],
    ['without a name is unknown', {}, 'unknown'],
  ])('a writer %s', async (_, options, name) => {
    const { body } = await context().post({ holderIdentity: 'a' }, {}, options);
    expect(Object.keys(ownersOf(body))).toEqual([name]);
  });

  it('maps, lists and plain fields are owned each in its way', async () => {
    const { admin, configMaps, newName } = context();
    const metadata = {
      labels: { a: 'b' },
      annotations: { 'example.com/c': 'd' },
      finalizers: ['example.com/hold'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }],
    };
    const { body } = await context().post({}, metadata, as('x/1'));
    expect(ownersOf(body)).toEqual({
      x: {
        'f:metadata': {
          'f:annotations': { '.': {}, 'f:example.com/c': {} },
          'f:finalizers': { '.': {}, 'v:"example.com/hold"': {} },
          'f:labels': { '.': {}, 'f:a': {} },
          'f:ownerReferences': { '.': {}, 'k:{"uid":"u"}': {} },
        },
      },
    });
    const map = configMap(newName(), { data: { a: 'b' } });
    const stored = (await admin.send('POST', configMaps, map, as('x/1'))).body;
    expect(ownersOf(stored)).toEqual({ x: { 'f:data': { '.': {}, 'f:a': {} } } });
  });

  it('an object with nothing in it belongs to nobody', async () => {
    expect((await context().newLease({})).metadata).not.toHaveProperty('managedFields');
  });

  it('what a writer changes becomes its own, and the rest stays with its owner', async () => {
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 15 };
    const first = (await context().post(spec, { labels: { a: 'b' } }, as('first/1'))).body;
    const changed = withSpec(first, { holderIdentity: 'b' });
    const second = (await context().put(changed, as('second/1'))).body;
    expect(ownersOf(second)).toEqual({
      first: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
        'f:spec': { 'f:leaseDurationSeconds': {} },
      },
      second: { 'f:spec': { 'f:holderIdentity': {} } },
    });
    const emptied = withMetadata({ ...second, spec: { holderIdentity: 'b' } }, { labels: {} });
    const third = (await context().put(emptied, as('third/1'))).body;
    expect(ownersOf(third)).toEqual({ second: { 'f:spec': { 'f:holderIdentity': {} } } });
  });

  it('each write of a writer dates its entry anew', async () => {
    const timeOf = ({ metadata }: Document) =>
      Date.parse(metadata.managedFields?.at(-1)?.time ?? '');
    let object = await context().newLease();
    const first = timeOf(object);
    // The server dates in whole seconds, so the writes go on until a new one begins.
    const renew = async (): Promise<number> => {
      const version = object.metadata.resourceVersion.padStart(6, '0').slice(-6);
      object = await context().change(object, { renewTime: `2024-01-01T00:00:00.${version}Z` });
      return timeOf(object);
    };
    await expect.poll(renew, { timeout: 5000, interval: 100 }).toBeGreaterThan(first);
  });

  it('a client that leaves them out does not lose them', async () => {
    const spec = { holderIdentity: 'a', leaseTransitions: 1 };
    const first = (await context().post(spec, {}, as('first/1'))).body;
    const { managedFields, ...metadata } = first.metadata;
    expect(managedFields).toHaveLength(1);
    const changed = { ...withSpec(first, { holderIdentity: 'b' }), metadata };
    const second = (await context().put(changed, as('second/1'))).body;
    expect(ownersOf(second)).toEqual({
      first: { 'f:spec': { 'f:leaseTransitions': {} } },
      second: { 'f:spec': { 'f:holderIdentity': {} } },
    });
  });

  it('a client can wipe them, and then they are no longer kept', async () => {
    const first = await context().newLease();
    const wiped = await context().put(withMetadata(first, { managedFields: [{}] }));
    expect(wiped.body.metadata).not.toHaveProperty('managedFields');
    const later = await context().change(wiped.body, { holderIdentity: 'b' });
    expect(later.metadata).not.toHaveProperty('managedFields');
  });
};

/* A dry-run write is how a candidate asks an API server for its present time. */

const DRY_RUN = { query: { dryRun: 'All' } };
const HELD = { holderIdentity: 'a', renewTime: '2024-01-01T00:00:00.000000Z' };
const RENEWED = { renewTime: '2024-01-01T00:00:01.000000Z' };

function newestDate({ metadata }: Document): number {
  return Math.max(...(metadata.managedFields ?? []).map(({ time }) => Date.parse(time)));
}

/** Resolves once the server's clock, which dates by whole seconds, has come to the next one. */
async function nextSecond(since: Document, dryRun: () => Promise<Reply>): Promise<Document> {
  let reply = await dryRun();
  const isLater = async (): Promise<boolean> => {
    reply = await dryRun();
    expect(reply.status, reply.text).toBe(200);
    return newestDate(reply.body) > newestDate(since);
  };
  await expect.poll(isLater, { timeout: 5000, interval: 100 }).toBe(true);
  return reply.body;
}

export const dryRunCases: DefineCases = (context) => {
  const put = (object: Document): Promise<Reply> =>
    context().candidate.send('PUT', context().pathOf(object), object, DRY_RUN);

  it('of a changed Lease is dated now, keeps the version and stores nothing', async () => {
    const old = await context().newLease(HELD);
    const body = await nextSecond(old, () => put(withSpec(old, RENEWED)));
    expect(body.metadata.resourceVersion).toBe(old.metadata.resourceVersion);
    expect(body.spec['renewTime']).toBe(RENEWED.renewTime);
    expect(Math.abs(newestDate(body) - Date.now())).toBeLessThan(5000);
    expect((await context().admin.send('GET', context().pathOf(old))).body).toEqual(old);
    // One that changes nothing is answered with the old date.
    expect((await put(old)).body).toEqual(old);
  });

  it('of one without managedFields in the body is dated just so', async () => {
    const old = await context().newLease(HELD);
    const { managedFields, ...metadata } = old.metadata;
    expect(managedFields).toHaveLength(1);
    const body = await nextSecond(old, () => put({ ...withSpec(old, RENEWED), metadata }));
    expect(body.metadata.resourceVersion).toBe(old.metadata.resourceVersion);
  });

  it('of a changed annotation of a ConfigMap is dated now', async () => {
    const { candidate, admin, configMaps, newName } = context();
    const made = configMap(newName(), {}, { annotations: { leader: 'a' } });
    const { body: old } = await admin.send('POST', configMaps, made);
    const path = `${configMaps}/${old.metadata.name}`;
    const changed = withMetadata(old, { annotations: { leader: 'b' } });
    const body = await nextSecond(old, () => candidate.send('PUT', path, changed, DRY_RUN));
    expect(body.metadata.resourceVersion).toBe(old.metadata.resourceVersion);
    expect((await admin.send('GET', path)).body).toEqual(old);
  });

  it('that wipes the dates is answered without any', async () => {
    const old = await context().newLease(HELD);
    const { body } = await put(withMetadata(withSpec(old, RENEWED), { managedFields: [] }));
    expect(body.metadata).not.toHaveProperty('managedFields');
  });

  it('of a new object shows the present time as that of its creation, and stores nothing', async () => {
    const reply = await context().post(HELD, {}, DRY_RUN);
    expect(reply.status).toBe(201);
    const created = Date.parse(reply.body.metadata.creationTimestamp);
    expect(Math.abs(created - Date.now())).toBeLessThan(5000);
    expect(newestDate(reply.body)).toBe(created);
    const path = context().pathOf(reply.body);
    expect((await context().admin.send('GET', path)).status).toBe(404);
  });

  it('is refused like the write itself: without the right, of an old version, of what is gone', async () => {
    const { admin, nobody } = context();
    const old = await context().newLease(HELD);
    const path = context().pathOf(old);
    const changed = withSpec(old, { renewTime: '2024-01-01T00:00:02.000000Z' });
    expectRefusal(await nobody.send('PUT', path, changed, DRY_RUN), 403, 'Forbidden');
    await context().change(old, RENEWED);
    expectRefusal(await put(changed), 409, 'Conflict');
    expect((await admin.send('DELETE', path)).status).toBe(200);
    expectRefusal(await put(changed), 409, 'Conflict');
  });

  it('needs no other right than the write itself', async () => {
    const { narrow, namespace, target } = context();
    const old = await context().newLease(HELD);
    const rule = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
    const resourceNames = [old.metadata.name];
    await target.grant(namespace, [{ ...rule, verbs: ['update'], resourceNames }]);
    const changed = withSpec(old, RENEWED);
    const reply = await narrow.send('PUT', context().pathOf(old), changed, DRY_RUN);
    expect(reply.status, reply.text).toBe(200);
  });

  it('is not told to watches', async () => {
    const old = await context().newLease(HELD);
    const watch = await context().admin.watch(context().leases, { ...byName(old), ...from(old) });
    await put(withSpec(old, RENEWED));
    const stored = await context().change(old, { holderIdentity: 'b' });
    expect((await watch.next())?.object).toEqual(stored);
    watch.close();
  });
};
