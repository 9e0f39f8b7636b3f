import { expect, it } from 'vitest';

import {
  type DefineCases,
  configMap,
  expectInvalid,
  expectRefusal,
  lease,
  leasesIn,
} from '../context.js';

export const createCases: DefineCases = (context) => {
  it('a new Lease gets its uid, version and date from the server', async () => {
    const { namespace } = context();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const reply = await context().post({ holderIdentity: 'a' });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      kind: 'Lease',
      apiVersion: 'coordination.k8s.io/v1',
      metadata: { namespace },
      spec: { holderIdentity: 'a' },
    });
    const { name, uid, resourceVersion, creationTimestamp } = reply.body.metadata;
    expect(name).toMatch(/^case-\d+$/);
    expect(uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(resourceVersion).toMatch(/^[1-9]\d*$/);
    expect(creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(creationTimestamp)).toBeGreaterThanOrEqual(before);
    expect(reply.body.metadata).not.toHaveProperty('generation');
  });

  it('kind and apiVersion may be left out, and generateName is completed', async () => {
    const { admin, leases } = context();
    const body = { metadata: { generateName: 'made-' } };
    const reply = await admin.send('POST', leases, body);
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ kind: 'Lease', spec: {} });
    expect(reply.body.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
  });

  it('a name that is taken is 409, unless the object is invalid', async () => {
    const { name } = (await context().newLease()).metadata;
    const message = `leases.coordination.k8s.io "${name}" already exists`;
    const reply = await context().post({}, { name });
    expectRefusal(reply, 409, 'AlreadyExists', message);
    const details = { name, group: 'coordination.k8s.io', kind: 'leases' };
    expect(reply.body).toHaveProperty('details', details);
    const invalid = await context().post({ leaseDurationSeconds: 0 }, { name });
    expectInvalid(invalid, ['spec.leaseDurationSeconds', 'must be greater than 0']);
  });

  it.each([
    ['leases', leasesIn('nowhere'), lease('one')],
    ['configmaps', '/api/v1/namespaces/nowhere/configmaps', configMap('one')],
  ])('in a namespace that does not exist, %s are 404 for it', async (_, path, body) => {
    const reply = await context().admin.send('POST', path, body);
    expectRefusal(reply, 404, 'NotFound', 'namespaces "nowhere" not found');
    expect(reply.body).toHaveProperty('details', { name: 'nowhere', kind: 'namespaces' });
  });

  it('in a namespace that is being deleted, nothing new is taken in', async () => {
    const { admin, target } = context();
    await target.createNamespace('leaving');
    const marked = await admin.send('DELETE', '/api/v1/namespaces/leaving');
    expect(marked.body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    expect(marked.body.metadata.deletionTimestamp).toMatch(/Z$/);
    const reply = await admin.send('POST', leasesIn('leaving'), lease('one'));
    const message =
      'leases.coordination.k8s.io "one" is forbidden: unable to create new content in namespace leaving because it is being terminated';
    expectRefusal(reply, 403, 'Forbidden', message);
    expect(reply.body).toMatchObject({ details: { causes: [{ reason: 'NamespaceTerminating' }] } });
  });

  it('an object that brings a resourceVersion is refused with 500', async () => {
    const reply = await context().post({}, { resourceVersion: '5' });
    expect(reply.status).toBe(500);
    expect(reply.body.message).toBe('resourceVersion should not be set on objects to be created');
    expect(reply.body).not.toHaveProperty('reason');
  });

  it('an object of another namespace than the URL is refused', async () => {
    const message =
      'the namespace of the provided object does not match the namespace sent on the request';
    const reply = await context().post({}, { namespace: 'other' });
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it('what the server decides cannot be set by a client', async () => {
    const long = '2020-01-01T00:00:00Z';
    const given = { uid: 'mine', creationTimestamp: long, deletionTimestamp: long, selfLink: '/a' };
    const { status, body } = await context().post({}, given);
    expect(status).toBe(201);
    expect(body.metadata.uid).not.toBe('mine');
    expect(body.metadata.creationTimestamp).not.toBe(long);
    expect(body.metadata).not.toHaveProperty('deletionTimestamp');
    expect(body.metadata).not.toHaveProperty('selfLink');
  });

  it.each([
    ['dryRun', 'Some', 'supported values: "All"'],
    ['fieldValidation', 'Loose', 'supported values: "", "Ignore", "Strict", "Warn"'],
  ])('an option %s that does not exist is refused', async (option, value, text) => {
    const reply = await context().post({}, {}, { query: { [option]: value } });
    expectInvalid(reply, [option, text]);
    expect(reply.body).toMatchObject({ details: { group: 'meta.k8s.io', kind: 'CreateOptions' } });
  });

  it('resourceVersions are one growing sequence over all kinds', async () => {
    const { admin, configMaps, newName } = context();
    const first = await context().newLease();
    const map = (await admin.send('POST', configMaps, configMap(newName()))).body;
    const second = await context().newLease();
    await admin.send('DELETE', context().pathOf(first));
    const again = await context().newLease({}, { name: first.metadata.name });
    const all = [first, map, second, again].map(({ metadata }) => Number(metadata.resourceVersion));
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
    // The deletion took a number as well.
    expect(all[3]).toBeGreaterThan((all[2] ?? 0) + 1);
  });
};
