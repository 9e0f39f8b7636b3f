import { expect, it } from 'vitest';

import {
  type DefineCases,
  configMap,
  expectRefusal,
  lease,
  newLease,
  withMetadata,
  withSpec,
} from '../context.js';

const STALE =
  'the object has been modified; please apply your changes to the latest version and try again';

export const updateConflictCases: DefineCases = (context) => {
  it.each(['Lease', 'ConfigMap'])('a %s is not replaced from an old version', async (kind) => {
    const { admin, leases, configMaps, newName } = context();
    const name = newName();
    const isLease = kind === 'Lease';
    const collection = isLease ? leases : configMaps;
    const resource = isLease ? 'leases.coordination.k8s.io' : 'configmaps';
    const change = (value: string): object =>
      isLease ? { spec: { holderIdentity: value } } : { data: { holder: value } };
    const first = (await admin.send('POST', collection, { metadata: { name }, ...change('a') }))
      .body;
    const path = `${collection}/${name}`;
    expect((await admin.send('PUT', path, { ...first, ...change('b') })).status).toBe(200);
    const reply = await admin.send('PUT', path, { ...first, ...change('c') });
    const message = `Operation cannot be fulfilled on ${resource} "${name}": ${STALE}`;
    expectRefusal(reply, 409, 'Conflict', message);
    const group = isLease ? { group: 'coordination.k8s.io' } : {};
    expect(reply.body).toHaveProperty('details', {
      name,
      ...group,
      kind: isLease ? 'leases' : 'configmaps',
    });
    expect((await admin.send('GET', path)).body).toMatchObject(change('b'));
  });

  it('a version that does not exist yet is a conflict as well', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const body = withMetadata(old, { resourceVersion: '9999999999' });
    const reply = await admin.send('PUT', `${leases}/${old.metadata.name}`, body);
    expectRefusal(reply, 409, 'Conflict');
  });

  it.each([
    ['no version', {}],
    ['version 0', { resourceVersion: '0' }],
  ])('a Lease is not replaced with %s', async (_, version) => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const reply = await admin.send('PUT', `${leases}/${name}`, lease(name, {}, version));
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
    const { admin, leases } = context();
    const old = await newLease(context());
    const body = withMetadata(old, { resourceVersion: 'abc' });
    const reply = await admin.send('PUT', `${leases}/${old.metadata.name}`, body);
    expect(reply.status).toBe(500);
    expect(reply.body.message).toBe('strconv.ParseUint: parsing "abc": invalid syntax');
  });

  it('an object that is stale and invalid is refused as stale', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const body = withMetadata(withSpec(old, { leaseDurationSeconds: 0 }), { resourceVersion: '1' });
    const reply = await admin.send('PUT', `${leases}/${old.metadata.name}`, body);
    expectRefusal(reply, 409, 'Conflict');
  });

  it('an object with another uid is a conflict', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const { name, uid } = old.metadata;
    const reply = await admin.send('PUT', `${leases}/${name}`, withMetadata(old, { uid: 'other' }));
    expectRefusal(
      reply,
      409,
      'Conflict',
      new RegExp(`Precondition failed: UID in precondition: other, UID in object meta: ${uid}$`),
    );
  });

  it('the same name again after a deletion is a conflict for whoever knows the old one', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const { name } = old.metadata;
    await admin.send('DELETE', `${leases}/${name}`);
    await admin.send('POST', leases, lease(name, { holderIdentity: 'b' }));
    const reply = await admin.send('PUT', `${leases}/${name}`, old);
    expectRefusal(reply, 409, 'Conflict', /UID in precondition/);
  });

  it('a Lease that is gone is a conflict, not a 404, for an update that carries its uid', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const { name } = old.metadata;
    await admin.send('DELETE', `${leases}/${name}`);
    const reply = await admin.send('PUT', `${leases}/${name}`, old);
    expectRefusal(reply, 409, 'Conflict', /UID in object meta: $/);
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
    const { admin, leases } = context();
    const old = await newLease(context());
    const path = `${leases}/${old.metadata.name}`;
    const replies = await Promise.all(
      ['b', 'c', 'd'].map((holderIdentity) =>
        admin.send('PUT', path, withSpec(old, { holderIdentity })),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  });
};
