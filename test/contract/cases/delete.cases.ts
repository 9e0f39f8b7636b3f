import { expect, it } from 'vitest';

import {
  type DefineCases,
  configMap,
  expectInvalid,
  expectRefusal,
  lease,
  newLease,
  withMetadata,
} from '../context.js';

export const deleteCases: DefineCases = (context) => {
  it('a deletion is answered with what was deleted', async () => {
    const { admin, leases } = context();
    const { name, uid } = (await newLease(context())).metadata;
    const reply = await admin.send('DELETE', `${leases}/${name}`);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name, group: 'coordination.k8s.io', kind: 'leases', uid },
    });
    expect((await admin.send('GET', `${leases}/${name}`)).status).toBe(404);
  });

  it('what does not exist is 404', async () => {
    const { admin, configMaps } = context();
    const reply = await admin.send('DELETE', `${configMaps}/missing`);
    expectRefusal(reply, 404, 'NotFound', 'configmaps "missing" not found');
  });

  it('a deletion can be meant for one uid and one version only', async () => {
    const { admin, leases } = context();
    const { name, uid, resourceVersion } = (await newLease(context())).metadata;
    const remove = (preconditions: object): ReturnType<typeof admin.send> =>
      admin.send('DELETE', `${leases}/${name}`, { preconditions });
    expectRefusal(
      await remove({ uid: 'other' }),
      409,
      'Conflict',
      `Operation cannot be fulfilled on Lease.coordination.k8s.io "${name}": the UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
    expectRefusal(
      await remove({ resourceVersion: '1' }),
      409,
      'Conflict',
      `Operation cannot be fulfilled on Lease.coordination.k8s.io "${name}": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
    expect((await remove({ uid, resourceVersion })).status).toBe(200);
  });

  it('options that are no JSON are refused', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    expectRefusal(await admin.send('DELETE', `${leases}/${name}`, '{'), 400, 'BadRequest');
  });

  it('a dry run deletes nothing', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const path = `${leases}/${name}`;
    const query = { dryRun: 'All' };
    expect((await admin.send('DELETE', path, undefined, { query })).status).toBe(200);
    expect((await admin.send('GET', path)).status).toBe(200);
  });

  it('a finalizer keeps the object until it is taken away', async () => {
    const { admin, leases } = context();
    const finalizers = ['example.com/hold'];
    const { name } = (await newLease(context(), {}, { finalizers })).metadata;
    const path = `${leases}/${name}`;
    const marked = await admin.send('DELETE', path);
    expect(marked.status).toBe(200);
    expect(marked.body).toMatchObject({
      kind: 'Lease',
      metadata: {
        deletionTimestamp: expect.stringMatching(/Z$/) as unknown,
        deletionGracePeriodSeconds: 0,
      },
    });
    expect((await admin.send('DELETE', path)).body).toEqual(marked.body);

    const more = withMetadata(marked.body, { finalizers: [...finalizers, 'example.com/more'] });
    expectInvalid(await admin.send('PUT', path, more), [
      ['metadata.finalizers', 'Forbidden: no new finalizers can be added'],
    ]);
    const free = withMetadata(marked.body, { finalizers: [] });
    expect((await admin.send('PUT', path, free)).status).toBe(200);
    expect((await admin.send('GET', path)).status).toBe(404);
  });

  it('a whole selection is deleted at once', async () => {
    const { admin, configMaps, newName } = context();
    for (const group of ['doomed', 'doomed', 'spared']) {
      await admin.send('POST', configMaps, configMap(newName(), {}, { labels: { group } }));
    }
    const query = { labelSelector: 'group=doomed' };
    const reply = await admin.send('DELETE', configMaps, undefined, { query });
    expect(reply.status).toBe(200);
    expect(reply.body.kind).toBe('ConfigMapList');
    const { body } = await admin.send('GET', configMaps, undefined, {
      query: { labelSelector: 'group' },
    });
    expect(body.items.map(({ metadata }) => metadata.labels)).toEqual([{ group: 'spared' }]);
  });

  it('versions go on after a deletion, and do not begin anew with the object', async () => {
    const { admin, leases } = context();
    const { name, resourceVersion, uid } = (await newLease(context())).metadata;
    await admin.send('DELETE', `${leases}/${name}`);
    const { metadata } = (await admin.send('POST', leases, lease(name))).body;
    expect(metadata.uid).not.toBe(uid);
    expect(Number(metadata.resourceVersion)).toBeGreaterThan(Number(resourceVersion) + 1);
  });

  it('the default namespace cannot be deleted', async () => {
    const reply = await context().admin.send('DELETE', '/api/v1/namespaces/default');
    const message = 'namespaces "default" is forbidden: this namespace may not be deleted';
    expectRefusal(reply, 403, 'Forbidden', message);
  });
};
