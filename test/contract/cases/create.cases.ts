import { expect, it } from 'vitest';

import {
  type DefineCases,
  configMap,
  expectInvalid,
  expectRefusal,
  lease,
  leasesIn,
  newLease,
} from '../context.js';

export const createCases: DefineCases = (context) => {
  it('a new Lease gets its uid, version and date from the server', async () => {
    const { admin, leases, namespace, newName } = context();
    const name = newName();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const reply = await admin.send('POST', leases, lease(name, { holderIdentity: 'a' }));
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      kind: 'Lease',
      apiVersion: 'coordination.k8s.io/v1',
      metadata: { name, namespace },
      spec: { holderIdentity: 'a' },
    });
    const { uid, resourceVersion, creationTimestamp } = reply.body.metadata;
    expect(uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(resourceVersion).toMatch(/^[1-9]\d*$/);
    expect(creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(creationTimestamp)).toBeGreaterThanOrEqual(before);
    expect(reply.body.metadata).not.toHaveProperty('generation');
  });

  it('kind and apiVersion may be left out', async () => {
    const { admin, leases, newName } = context();
    const reply = await admin.send('POST', leases, { metadata: { name: newName() } });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ kind: 'Lease', spec: {} });
  });

  it('a name that is taken is 409 AlreadyExists', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const reply = await admin.send('POST', leases, lease(name));
    const message = `leases.coordination.k8s.io "${name}" already exists`;
    expectRefusal(reply, 409, 'AlreadyExists', message);
    expect(reply.body).toHaveProperty('details', {
      name,
      group: 'coordination.k8s.io',
      kind: 'leases',
    });
  });

  it('an invalid object is refused as such even where its name is taken', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const reply = await admin.send('POST', leases, lease(name, { leaseDurationSeconds: 0 }));
    expectInvalid(reply, [['spec.leaseDurationSeconds', 'must be greater than 0']]);
  });

  it.each(['leases', 'configmaps'])(
    'in a namespace that does not exist, %s are refused with 404 for the namespace',
    async (resource) => {
      const { admin } = context();
      const reply =
        resource === 'leases'
          ? await admin.send('POST', leasesIn('nowhere'), lease('one'))
          : await admin.send('POST', '/api/v1/namespaces/nowhere/configmaps', configMap('one'));
      expectRefusal(reply, 404, 'NotFound', 'namespaces "nowhere" not found');
      expect(reply.body).toHaveProperty('details', { name: 'nowhere', kind: 'namespaces' });
    },
  );

  it('in a namespace that is being deleted, nothing new is taken in', async () => {
    const { admin, target } = context();
    await target.createNamespace('leaving');
    const marked = await admin.send('DELETE', '/api/v1/namespaces/leaving');
    expect(marked.body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    expect(marked.body.metadata.deletionTimestamp).toMatch(/Z$/);
    const reply = await admin.send('POST', leasesIn('leaving'), lease('one'));
    expectRefusal(
      reply,
      403,
      'Forbidden',
      'leases.coordination.k8s.io "one" is forbidden: unable to create new content in namespace leaving because it is being terminated',
    );
    expect(reply.body).toMatchObject({ details: { causes: [{ reason: 'NamespaceTerminating' }] } });
  });

  it('an object that brings a resourceVersion is refused with 500', async () => {
    const { admin, leases, newName } = context();
    const body = lease(newName(), {}, { resourceVersion: '5' });
    const reply = await admin.send('POST', leases, body);
    expect(reply.status).toBe(500);
    expect(reply.body.message).toBe('resourceVersion should not be set on objects to be created');
    expect(reply.body).not.toHaveProperty('reason');
  });

  it('an object of another namespace than the URL is refused', async () => {
    const { admin, leases, newName } = context();
    const reply = await admin.send('POST', leases, lease(newName(), {}, { namespace: 'other' }));
    const message =
      'the namespace of the provided object does not match the namespace sent on the request';
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it('generateName is completed by five characters', async () => {
    const { admin, leases } = context();
    const body = { metadata: { generateName: 'made-' } };
    const { body: stored } = await admin.send('POST', leases, body);
    expect(stored.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
  });

  it('what the server decides cannot be set by a client', async () => {
    const { admin, leases, newName } = context();
    const given = {
      uid: 'mine',
      creationTimestamp: '2020-01-01T00:00:00Z',
      deletionTimestamp: '2020-01-01T00:00:00Z',
      selfLink: '/mine',
    };
    const { status, body } = await admin.send('POST', leases, lease(newName(), {}, given));
    expect(status).toBe(201);
    expect(body.metadata.uid).not.toBe('mine');
    expect(body.metadata.creationTimestamp).not.toBe(given.creationTimestamp);
    expect(body.metadata).not.toHaveProperty('deletionTimestamp');
    expect(body.metadata).not.toHaveProperty('selfLink');
  });

  it('a dry run answers as if, and stores nothing', async () => {
    const { admin, leases, newName } = context();
    const name = newName();
    const options = { query: { dryRun: 'All' } };
    expect((await admin.send('POST', leases, lease(name), options)).status).toBe(201);
    expect((await admin.send('GET', `${leases}/${name}`)).status).toBe(404);
  });

  it.each([
    ['dryRun', 'Some', 'supported values: "All"'],
    ['fieldValidation', 'Loose', 'supported values: "", "Ignore", "Strict", "Warn"'],
  ])('an option %s that does not exist is refused', async (option, value, text) => {
    const { admin, leases, newName } = context();
    const query = { [option]: value };
    const reply = await admin.send('POST', leases, lease(newName()), { query });
    expectInvalid(reply, [[option, text]]);
    expect(reply.body).toMatchObject({ details: { group: 'meta.k8s.io', kind: 'CreateOptions' } });
  });

  it('resourceVersions are one growing sequence over all kinds', async () => {
    const { admin, configMaps, leases, newName } = context();
    const versions: number[] = [];
    const note = (body: { metadata: { resourceVersion: string } }): void => {
      versions.push(Number(body.metadata.resourceVersion));
    };
    const first = await newLease(context());
    note(first);
    note((await admin.send('POST', configMaps, configMap(newName()))).body);
    note(await newLease(context()));
    await admin.send('DELETE', `${leases}/${first.metadata.name}`);
    note((await admin.send('POST', leases, lease(first.metadata.name))).body);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    // The deletion took a number as well.
    expect(versions[3]).toBeGreaterThan((versions[2] ?? 0) + 1);
  });
};
