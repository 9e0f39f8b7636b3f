import { expect, it } from 'vitest';

import {
  type Context,
  type DefineCases,
  configMap,
  expectRefusal,
  lease,
  newLease,
  withMetadata,
  withSpec,
} from '../context.js';
import type { Document, Reply } from '../raw-client.js';
import { byName, from, put } from '../watching.js';

/* A dry-run write is how a candidate asks an API server for its present time. */

const DRY_RUN = { query: { dryRun: 'All' } };
const HELD = { holderIdentity: 'a', renewTime: '2024-01-01T00:00:00.000000Z' };
const RENEWED = { renewTime: '2024-01-01T00:00:01.000000Z' };

function pathOf({ leases }: Context, { metadata }: Document): string {
  return `${leases}/${metadata.name}`;
}

function newestDate({ metadata }: Document): number {
  return Math.max(...(metadata.managedFields ?? []).map(({ time }) => Date.parse(time)));
}

/** Resolves once the server's clock, which dates by whole seconds, has come to the next one. */
async function nextSecond(since: Document, dryRun: () => Promise<Reply>): Promise<Reply> {
  let reply = await dryRun();
  const isLater = async (): Promise<boolean> => {
    reply = await dryRun();
    expect(reply.status, reply.text).toBe(200);
    return newestDate(reply.body) > newestDate(since);
  };
  await expect.poll(isLater, { timeout: 5000, interval: 100 }).toBe(true);
  return reply;
}

export const dryRunCases: DefineCases = (context) => {
  it('of a changed Lease is dated now, keeps the version and stores nothing', async () => {
    const { candidate, admin } = context();
    const old = await newLease(context(), HELD);
    const path = pathOf(context(), old);
    const dryRun = () => candidate.send('PUT', path, withSpec(old, RENEWED), DRY_RUN);
    const { body } = await nextSecond(old, dryRun);
    expect(body.metadata.resourceVersion).toBe(old.metadata.resourceVersion);
    expect(body.spec['renewTime']).toBe(RENEWED.renewTime);
    expect(Math.abs(newestDate(body) - Date.now())).toBeLessThan(5000);
    expect((await admin.send('GET', path)).body).toEqual(old);
  });

  it('of one without managedFields in the body is dated just so', async () => {
    const { candidate } = context();
    const old = await newLease(context(), HELD);
    const { managedFields, ...metadata } = old.metadata;
    expect(managedFields).toHaveLength(1);
    const changed = { ...withSpec(old, RENEWED), metadata };
    const dryRun = () => candidate.send('PUT', pathOf(context(), old), changed, DRY_RUN);
    const { body } = await nextSecond(old, dryRun);
    expect(body.metadata.resourceVersion).toBe(old.metadata.resourceVersion);
  });

  it('of a changed annotation of a ConfigMap is dated now', async () => {
    const { candidate, admin, configMaps, newName } = context();
    const name = newName();
    const object = (value: string): object =>
      configMap(name, {}, { annotations: { leader: value } });
    const { body: old } = await admin.send('POST', configMaps, object('a'));
    const changed = withMetadata(old, { annotations: { leader: 'b' } });
    const dryRun = () => candidate.send('PUT', `${configMaps}/${name}`, changed, DRY_RUN);
    const { body } = await nextSecond(old, dryRun);
    expect(body.metadata.resourceVersion).toBe(old.metadata.resourceVersion);
    expect((await admin.send('GET', `${configMaps}/${name}`)).body).toEqual(old);
  });

  it('that changes nothing is answered with the old date', async () => {
    const { candidate } = context();
    const old = await newLease(context(), HELD);
    const path = pathOf(context(), old);
    await nextSecond(old, () => candidate.send('PUT', path, withSpec(old, RENEWED), DRY_RUN));
    const { body } = await candidate.send('PUT', path, old, DRY_RUN);
    expect(body).toEqual(old);
  });

  it('that wipes the dates is answered without any', async () => {
    const { candidate } = context();
    const old = await newLease(context(), HELD);
    const changed = withMetadata(withSpec(old, RENEWED), { managedFields: [] });
    const { body } = await candidate.send('PUT', pathOf(context(), old), changed, DRY_RUN);
    expect(body.metadata).not.toHaveProperty('managedFields');
  });

  it('of a new object shows the present time as that of its creation', async () => {
    const { candidate, leases, newName } = context();
    const reply = await candidate.send('POST', leases, lease(newName(), HELD), DRY_RUN);
    expect(reply.status).toBe(201);
    const created = Date.parse(reply.body.metadata.creationTimestamp);
    expect(Math.abs(created - Date.now())).toBeLessThan(5000);
    expect(newestDate(reply.body)).toBe(created);
  });

  it('is refused like the write itself: without the right, of an old version, of what is gone', async () => {
    const { admin, candidate, nobody } = context();
    const old = await newLease(context(), HELD);
    const path = pathOf(context(), old);
    const changed = withSpec(old, { renewTime: '2024-01-01T00:00:02.000000Z' });
    expectRefusal(await nobody.send('PUT', path, changed, DRY_RUN), 403, 'Forbidden');
    await put(context(), old, RENEWED);
    expectRefusal(await candidate.send('PUT', path, changed, DRY_RUN), 409, 'Conflict');
    expect((await admin.send('DELETE', path)).status).toBe(200);
    expectRefusal(await candidate.send('PUT', path, changed, DRY_RUN), 409, 'Conflict');
  });

  it('needs no other right than the write itself', async () => {
    const { narrow, namespace, target } = context();
    const old = await newLease(context(), HELD);
    const path = pathOf(context(), old);
    const rule = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
    const resourceNames = [old.metadata.name];
    await target.grant(namespace, [{ ...rule, verbs: ['update'], resourceNames }]);
    const reply = await narrow.send('PUT', path, withSpec(old, RENEWED), DRY_RUN);
    expect(reply.status, reply.text).toBe(200);
  });

  it('is not told to watches', async () => {
    const { admin, candidate, leases } = context();
    const old = await newLease(context(), HELD);
    const watch = await admin.watch(leases, { ...byName(old), ...from(old) });
    await candidate.send('PUT', pathOf(context(), old), withSpec(old, RENEWED), DRY_RUN);
    const stored = await put(context(), old, { holderIdentity: 'b' });
    expect((await watch.next())?.object).toEqual(stored);
    watch.close();
  });
};
