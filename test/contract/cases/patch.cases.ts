import { expect, it } from 'vitest';

import { type DefineCases, expectInvalid, expectRefusal } from '../context.js';
import type { Document, Reply } from '../raw-client.js';

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
    ['that is no object', '[]', 400, 'BadRequest', /^error decoding patch: json: cannot unmar/],
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
