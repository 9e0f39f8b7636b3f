import { expect, it } from 'vitest';

import { type DefineCases, LEASES_ROOT, lease, newLease, withMetadata } from '../context.js';
import type { WatchEvent } from '../raw-client.js';
import { byName, from, put } from '../watching.js';

const summary = ({ type, object }: WatchEvent): unknown[] => [type, object.spec['holderIdentity']];

export const watchCases: DefineCases = (context) => {
  it('what happens to one Lease after a version comes in order and in full', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const watch = await admin.watch(leases, { ...byName(first), ...from(first) });
    const second = await put(context(), first, { holderIdentity: 'b' });
    const third = await put(context(), second, { holderIdentity: '' });
    await admin.send('DELETE', `${leases}/${first.metadata.name}`);
    const body = lease(first.metadata.name, { holderIdentity: 'c' });
    const again = (await admin.send('POST', leases, body)).body;
    const events = await watch.take(4);
    watch.close();
    expect(events.map(summary)).toEqual([
      ['MODIFIED', 'b'],
      ['MODIFIED', ''],
      ['DELETED', ''],
      ['ADDED', 'c'],
    ]);
    expect(events[0]?.object).toEqual(second);
    expect(events[3]?.object).toEqual(again);
    const deleted = events[2]?.object;
    expect(deleted?.metadata.uid).toBe(first.metadata.uid);
    // The deletion has a version of its own.
    const version = Number(deleted?.metadata.resourceVersion);
    expect(version).toBeGreaterThan(Number(third.metadata.resourceVersion));
    expect(version).toBeLessThan(Number(again.metadata.resourceVersion));
  });

  it('what has happened meanwhile comes first', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const second = await put(context(), first, { holderIdentity: 'b' });
    await put(context(), second, { holderIdentity: 'c' });
    const watch = await admin.watch(leases, { ...byName(first), ...from(first) });
    expect((await watch.take(2)).map(summary)).toEqual([
      ['MODIFIED', 'b'],
      ['MODIFIED', 'c'],
    ]);
    watch.close();
  });

  it.each([
    ['no version', {}],
    ['version 0', { resourceVersion: '0' }],
  ])('a watch with %s begins with what is there', async (_, version) => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const second = await put(context(), first, { holderIdentity: 'b' });
    const watch = await admin.watch(leases, { ...byName(first), ...version });
    expect(await watch.next()).toEqual({ type: 'ADDED', object: second });
    await put(context(), second, { holderIdentity: 'c' });
    expect((await watch.take(1)).map(summary)).toEqual([['MODIFIED', 'c']]);
    watch.close();
  });

  it('a watch of something that does not exist waits for it', async () => {
    const { admin, leases, newName } = context();
    const name = newName();
    const watch = await admin.watch(leases, { fieldSelector: `metadata.name=${name}` });
    await newLease(context());
    const { body } = await admin.send('POST', leases, lease(name));
    expect(await watch.next()).toEqual({ type: 'ADDED', object: body });
    watch.close();
  });

  it('other names, kinds and namespaces are not told', async () => {
    const { admin, leases, configMaps, target } = context();
    await target.createNamespace('next-door');
    const mine = await newLease(context());
    const watch = await admin.watch(leases, { ...byName(mine), ...from(mine) });
    const { name } = mine.metadata;
    await newLease(context());
    await admin.send('POST', configMaps, { metadata: { name } });
    const nextDoor = `${LEASES_ROOT}/namespaces/next-door/leases`;
    expect((await admin.send('POST', nextDoor, lease(name))).status).toBe(201);
    await put(context(), mine, { holderIdentity: 'b' });
    expect((await watch.take(1)).map(summary)).toEqual([['MODIFIED', 'b']]);
    watch.close();
  });

  it('an update that changes nothing is not told', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const watch = await admin.watch(leases, { ...byName(first), ...from(first) });
    await put(context(), first, {});
    await put(context(), first, { holderIdentity: 'b' });
    expect((await watch.take(1)).map(summary)).toEqual([['MODIFIED', 'b']]);
    watch.close();
  });

  it('entering a label selection looks like a creation, leaving it like a deletion', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const path = `${leases}/${first.metadata.name}`;
    const watch = await admin.watch(leases, { labelSelector: 'chosen=yes', ...from(first) });
    const chosen = withMetadata(first, { labels: { chosen: 'yes' } });
    const second = (await admin.send('PUT', path, chosen)).body;
    const third = await put(context(), second, { holderIdentity: 'b' });
    const fourth = (await admin.send('PUT', path, withMetadata(third, { labels: {} }))).body;
    const events = await watch.take(3);
    watch.close();
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    const last = events[2]?.object.metadata;
    expect(last?.labels).toEqual({ chosen: 'yes' });
    expect(last?.resourceVersion).toBe(fourth.metadata.resourceVersion);
  });

  it('a watch over all namespaces tells of each', async () => {
    const { admin, target } = context();
    const first = await newLease(context());
    const watch = await admin.watch(`${LEASES_ROOT}/leases`, {
      labelSelector: 'wide=yes',
      ...from(first),
    });
    await target.createNamespace('far-away');
    const far = `${LEASES_ROOT}/namespaces/far-away/leases`;
    await admin.send('POST', far, lease('one', {}, { labels: { wide: 'yes' } }));
    await newLease(context(), {}, { labels: { wide: 'yes' } });
    const events = await watch.take(2);
    watch.close();
    expect(events.map(({ object }) => object.metadata.namespace)).toEqual([
      'far-away',
      context().namespace,
    ]);
  });
};
