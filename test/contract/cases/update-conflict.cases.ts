import { expect, it } from 'vitest';

import {
  type DefineCases,
  configMap,
  expectRefusal,
  lease,
  withMetadata,
  withSpec,
} from '../context.js';
import type { Document } from '../raw-client.js';

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
