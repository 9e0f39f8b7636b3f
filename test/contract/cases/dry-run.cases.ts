import { expect, it } from 'vitest';

import {
  type DefineCases,
  byName,
  configMap,
  expectRefusal,
  from,
  withMetadata,
  withSpec,
} from '../context.js';
import type { Document, Reply } from '../raw-client.js';

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
