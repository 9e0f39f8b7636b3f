import { expect, it } from 'vitest';

import {
  type DefineCases,
  expectInvalid,
  expectRefusal,
  lease,
  newLease,
  withMetadata,
  withSpec,
} from '../context.js';

export const updateCases: DefineCases = (context) => {
  it('a Lease is replaced when the version is the current one', async () => {
    const { admin, leases } = context();
    const old = await newLease(context(), { holderIdentity: 'a', leaseDurationSeconds: 15 });
    const path = `${leases}/${old.metadata.name}`;
    const reply = await admin.send('PUT', path, { ...old, spec: { holderIdentity: 'b' } });
    expect(reply.status).toBe(200);
    expect(reply.body.spec).toEqual({ holderIdentity: 'b' });
    const { uid, creationTimestamp, resourceVersion } = reply.body.metadata;
    expect([uid, creationTimestamp]).toEqual([old.metadata.uid, old.metadata.creationTimestamp]);
    expect(Number(resourceVersion)).toBeGreaterThan(Number(old.metadata.resourceVersion));
    expect((await admin.send('GET', path)).body).toEqual(reply.body);
  });

  it('the name in the object has to be that of the URL', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const path = `${leases}/${name}`;
    const other = await admin.send('PUT', path, lease('other'));
    const message = `the name of the object (other) does not match the name on the URL (${name})`;
    expectRefusal(other, 400, 'BadRequest', message);
    const none = await admin.send('PUT', path, { spec: {} });
    const undeterminable = `the name of the object (${name} based on URL) was undeterminable: name must be provided`;
    expectRefusal(none, 400, 'BadRequest', undeterminable);
  });

  it('the namespace in the object has to be that of the URL', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const body = withMetadata(old, { namespace: 'other' });
    const reply = await admin.send('PUT', `${leases}/${old.metadata.name}`, body);
    const message =
      'the namespace of the provided object does not match the namespace sent on the request';
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it('an invalid object is refused and changes nothing', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const path = `${leases}/${old.metadata.name}`;
    const reply = await admin.send('PUT', path, withSpec(old, { leaseDurationSeconds: 0 }));
    expectInvalid(reply, [['spec.leaseDurationSeconds', 'must be greater than 0']]);
    expect((await admin.send('GET', path)).body).toEqual(old);
  });

  it('labels are checked once more', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const body = withMetadata(old, { labels: { a: 'b c' } });
    const reply = await admin.send('PUT', `${leases}/${old.metadata.name}`, body);
    expectInvalid(reply, [['metadata.labels', 'Invalid value: "b c": a valid label must']]);
    expect(reply.body).toHaveProperty('details.causes.length', 1);
  });

  it('a time with three digits is refused', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const body = withSpec(old, { renewTime: '2024-01-01T00:00:00.123Z' });
    const reply = await admin.send('PUT', `${leases}/${old.metadata.name}`, body);
    expectRefusal(reply, 400, 'BadRequest', /cannot parse "\.123Z" as "\.000000"$/);
  });

  it('an update that changes nothing keeps the version', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const reply = await admin.send('PUT', `${leases}/${old.metadata.name}`, old);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(old);
  });

  it('creation time and generation cannot be changed', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const changes = { creationTimestamp: '2020-01-01T00:00:00Z', generation: 9 };
    const body = withMetadata(old, changes);
    const reply = await admin.send('PUT', `${leases}/${old.metadata.name}`, body);
    expect(reply.body).toEqual(old);
  });

  it('a deletion cannot be written by hand', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const body = withMetadata(old, { deletionTimestamp: '2020-01-01T00:00:00Z' });
    const reply = await admin.send('PUT', `${leases}/${old.metadata.name}`, body);
    expectInvalid(reply, [['metadata.deletionTimestamp', 'field is immutable']]);
  });

  it('what the new object leaves out is gone', async () => {
    const { admin, leases } = context();
    const old = await newLease(context(), {}, { labels: { a: 'b' }, annotations: { c: 'd' } });
    const { name, resourceVersion } = old.metadata;
    const body = lease(name, {}, { resourceVersion, annotations: { e: 'f' } });
    const reply = await admin.send('PUT', `${leases}/${name}`, body);
    expect(reply.body.metadata).not.toHaveProperty('labels');
    expect(reply.body.metadata).toHaveProperty('annotations', { e: 'f' });
  });

  it('a dry run answers as if, and changes nothing', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const path = `${leases}/${old.metadata.name}`;
    const changed = withSpec(old, { holderIdentity: 'b' });
    const reply = await admin.send('PUT', path, changed, { query: { dryRun: 'All' } });
    expect(reply.body.spec).toEqual({ holderIdentity: 'b' });
    expect((await admin.send('GET', path)).body).toEqual(old);
  });
};
