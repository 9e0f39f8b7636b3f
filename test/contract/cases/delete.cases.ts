import { expect, it } from 'vitest';

import {
  type DefineCases,
  configMap,
  expectInvalid,
  expectRefusal,
  withMetadata,
} from '../context.js';

export const deleteCases: DefineCases = (context) => {
  it('a deletion is answered with what was deleted', async () => {
    const { admin } = context();
    const old = await context().newLease();
    const { name, uid } = old.metadata;
    const reply = await admin.send('DELETE', context().pathOf(old));
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name, group: 'coordination.k8s.io', kind: 'leases', uid },
    });
    expect((await admin.send('GET', context().pathOf(old))).status).toBe(404);
  });

  it('what does not exist is 404', async () => {
    const { admin, configMaps } = context();
    const reply = await admin.send('DELETE', `${configMaps}/missing`);
    expectRefusal(reply, 404, 'NotFound', 'configmaps "missing" not found');
  });

  it('a deletion can be meant for one uid and one version only', async () => {
    const old = await context().newLease();
    const { name, uid, resourceVersion } = old.metadata;
    const remove = (preconditions: object) =>
      context().admin.send('DELETE', context().pathOf(old), { preconditions });
    const refused = `Operation cannot be fulfilled on Lease.coordination.k8s.io "${name}": the`;
    const anotherUid = `${refused} UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    expectRefusal(await remove({ uid: 'other' }), 409, 'Conflict', anotherUid);
    const oldVersion = `${refused} ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    expectRefusal(await remove({ resourceVersion: '1' }), 409, 'Conflict', oldVersion);
    expect((await remove({ uid, resourceVersion })).status).toBe(200);
  });

  it('options that are no JSON are refused, and a dry run deletes nothing', async () => {
    const { admin } = context();
    const path = context().pathOf(await context().newLease());
    expectRefusal(await admin.send('DELETE', path, '{'), 400, 'BadRequest');
    const query = { dryRun: 'All' };
    expect((await admin.send('DELETE', path, undefined, { query })).status).toBe(200);
    expect((await admin.send('GET', path)).status).toBe(200);
  });

  it('a finalizer keeps the object until it is taken away', async () => {
    const { admin } = context();
    const finalizers = ['example.com/hold'];
    const path = context().pathOf(await context().newLease({}, { finalizers }));
    const marked = await admin.send('DELETE', path);
    expect(marked.status).toBe(200);
    const deletionTimestamp = expect.stringMatching(/Z$/) as unknown;
    expect(marked.body).toMatchObject({
      kind: 'Lease',
      metadata: { deletionTimestamp, deletionGracePeriodSeconds: 0 },
    });
    expect((await admin.send('DELETE', path)).body).toEqual(marked.body);

    const more = withMetadata(marked.body, { finalizers: [...finalizers, 'example.com/more'] });
    const text = 'Forbidden: no new finalizers can be added';
    expectInvalid(await context().put(more), ['metadata.finalizers', text]);
    const free = withMetadata(marked.body, { finalizers: [] });
    expect((await context().put(free)).status).toBe(200);
    expect((await admin.send('GET', path)).status).toBe(404);
  });

  it('a whole selection is deleted at once', async () => {
    const { admin, configMaps, newName } = context();
    for (const group of ['doomed', 'doomed', 'spared']) {
      await admin.send('POST', configMaps, configMap(newName(), {}, { labels: { group } }));
    }
    const send = (method: string, labelSelector: string) =>
      admin.send(method, configMaps, undefined, { query: { labelSelector } });
    const reply = await send('DELETE', 'group=doomed');
    expect(reply.status).toBe(200);
    expect(reply.body.kind).toBe('ConfigMapList');
    const { body } = await send('GET', 'group');
    expect(body.items.map(({ metadata }) => metadata.labels)).toEqual([{ group: 'spared' }]);
  });

  it('the default namespace cannot be deleted', async () => {
    const reply = await context().admin.send('DELETE', '/api/v1/namespaces/default');
    const message = 'namespaces "default" is forbidden: this namespace may not be deleted';
    expectRefusal(reply, 403, 'Forbidden', message);
  });
};
