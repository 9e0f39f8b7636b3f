import { expect, it } from 'vitest';

import { type DefineCases, expectInvalid, expectRefusal, newLease } from '../context.js';
import type { RequestOptions } from '../raw-client.js';

const merge: RequestOptions = { headers: { 'content-type': 'application/merge-patch+json' } };

export const patchCases: DefineCases = (context) => {
  it('a merge patch sets fields, takes away the null ones, and leaves the others', async () => {
    const { admin, leases } = context();
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 2 };
    const old = await newLease(context(), spec);
    const patch = { spec: { holderIdentity: 'b', leaseTransitions: null } };
    const reply = await admin.send('PATCH', `${leases}/${old.metadata.name}`, patch, merge);
    expect(reply.status).toBe(200);
    expect(reply.body.spec).toEqual({ holderIdentity: 'b', leaseDurationSeconds: 15 });
    expect(Number(reply.body.metadata.resourceVersion)).toBeGreaterThan(
      Number(old.metadata.resourceVersion),
    );
  });

  it('a strategic merge patch of plain fields does the same', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const reply = await admin.send(
      'PATCH',
      `${leases}/${old.metadata.name}`,
      { spec: { leaseDurationSeconds: 5 } },
      { headers: { 'content-type': 'application/strategic-merge-patch+json' } },
    );
    expect(reply.body.spec).toEqual({ holderIdentity: 'a', leaseDurationSeconds: 5 });
  });

  it('a patch that changes nothing keeps the version', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const patch = { spec: { holderIdentity: 'a' } };
    const reply = await admin.send('PATCH', `${leases}/${old.metadata.name}`, patch, merge);
    expect(reply.body).toEqual(old);
  });

  it('a patch without a version overwrites whatever is there', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    for (const holderIdentity of ['b', 'c']) {
      const patch = { spec: { holderIdentity } };
      const reply = await admin.send('PATCH', `${leases}/${name}`, patch, merge);
      expect(reply.body.spec).toEqual({ holderIdentity });
    }
  });

  it('a patch with an old version is a conflict', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const patch = { metadata: { resourceVersion: '1' }, spec: { holderIdentity: 'b' } };
    const reply = await admin.send('PATCH', `${leases}/${name}`, patch, merge);
    expectRefusal(reply, 409, 'Conflict', /the object has been modified/);
  });

  it('a Lease that does not exist is 404', async () => {
    const { admin, leases } = context();
    const reply = await admin.send('PATCH', `${leases}/missing`, { spec: {} }, merge);
    expectRefusal(reply, 404, 'NotFound', 'leases.coordination.k8s.io "missing" not found');
  });

  it('neither name, namespace nor uid can be patched', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const patch = (metadata: object): ReturnType<typeof admin.send> =>
      admin.send('PATCH', `${leases}/${name}`, { metadata }, merge);
    expectRefusal(await patch({ name: 'other' }), 400, 'BadRequest', /does not match the name/);
    expectRefusal(await patch({ namespace: 'other' }), 400, 'BadRequest', /does not match/);
    expectInvalid(await patch({ uid: 'other' }), [['metadata.uid', 'field is immutable']]);
  });

  it('a result that is invalid is refused', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const patch = { spec: { leaseDurationSeconds: 0 } };
    const reply = await admin.send('PATCH', `${leases}/${name}`, patch, merge);
    expectInvalid(reply, [['spec.leaseDurationSeconds', 'must be greater than 0']]);
  });

  it.each([
    [{ renewTime: '2024-01-01T00:00:00.123Z' }, 'cannot parse ".123Z" as ".000000"'],
    [{ leaseDurationSeconds: '5' }, 'cannot unmarshal string into Go struct field'],
  ])('a result that does not fit the type is 422, not 400: %j', async (spec, text) => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const reply = await admin.send('PATCH', `${leases}/${name}`, { spec }, merge);
    expectInvalid(reply, [['patch', text]]);
  });

  it('an unknown field is dropped with a warning', async () => {
    const { admin, leases } = context();
    const old = await newLease(context());
    const patch = { spec: { unknown: 1 } };
    const reply = await admin.send('PATCH', `${leases}/${old.metadata.name}`, patch, merge);
    expect(reply.headers.warning).toBe(String.raw`299 - "unknown field \"spec.unknown\""`);
    expect(reply.body).toEqual(old);
  });

  it.each([
    ['no JSON', '{', /^invalid JSON patch$/],
    ['no object', '[]', /^error decoding patch: json: cannot unmarshal/],
  ])('a patch that is %s is refused', async (_, body, message) => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const reply = await admin.send('PATCH', `${leases}/${name}`, body, merge);
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it('plain JSON is no patch', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const reply = await admin.send('PATCH', `${leases}/${name}`, {});
    expectRefusal(reply, 415, 'UnsupportedMediaType');
  });

  it('force is for apply patches only', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const options = { ...merge, query: { force: 'true' } };
    const reply = await admin.send('PATCH', `${leases}/${name}`, {}, options);
    expectInvalid(reply, [['force', 'Forbidden: may not be specified for non-apply patch']]);
  });
};
