import { expect, it } from 'vitest';

import {
  type DefineCases,
  LEASES_ROOT,
  byName,
  from,
  lease,
  leasesIn,
  withMetadata,
} from '../context.js';
import type { Document, Watch, WatchEvent } from '../raw-client.js';

const summary = ({ type, object }: WatchEvent): unknown[] => [type, object.spec['holderIdentity']];

export const watchCases: DefineCases = (context) => {
  /** From that version on, and of that Lease alone unless something else is said. */
  const watchFrom = (first: Document, query = byName(first)): Promise<Watch> =>
    context().admin.watch(context().leases, { ...query, ...from(first) });

  it('what happens to one Lease after a version comes in order and in full', async () => {
    const { admin } = context();
    const first = await context().newLease();
    const watch = await watchFrom(first);
    const second = await context().change(first, { holderIdentity: 'b' });
    const third = await context().change(second, { holderIdentity: '' });
    await admin.send('DELETE', context().pathOf(first));
    const { name } = first.metadata;
    const again = await context().newLease({ holderIdentity: 'c' }, { name });
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
    const first = await context().newLease();
    const second = await context().change(first, { holderIdentity: 'b' });
    await context().change(second, { holderIdentity: 'c' });
    const watch = await watchFrom(first);
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
    const first = await context().newLease();
    const second = await context().change(first, { holderIdentity: 'b' });
    const watch = await context().admin.watch(context().leases, { ...byName(first), ...version });
    expect(await watch.next()).toEqual({ type: 'ADDED', object: second });
    await context().change(second, { holderIdentity: 'c' });
    expect((await watch.take(1)).map(summary)).toEqual([['MODIFIED', 'c']]);
    watch.close();
  });

  it('a watch of something that does not exist waits for it', async () => {
    const { admin, leases, newName } = context();
    const name = newName();
    const watch = await admin.watch(leases, { fieldSelector: `metadata.name=${name}` });
    await context().newLease();
    const object = await context().newLease({}, { name });
    expect(await watch.next()).toEqual({ type: 'ADDED', object });
    watch.close();
  });

  it('what changes nothing, other names, kinds and namespaces are not told', async () => {
    const { admin, configMaps, target } = context();
    await target.createNamespace('next-door');
    const mine = await context().newLease();
    const watch = await watchFrom(mine);
    const { name } = mine.metadata;
    await context().change(mine, {});
    await context().newLease();
    await admin.send('POST', configMaps, { metadata: { name } });
    expect((await admin.send('POST', leasesIn('next-door'), lease(name))).status).toBe(201);
    await context().change(mine, { holderIdentity: 'b' });
    expect((await watch.take(1)).map(summary)).toEqual([['MODIFIED', 'b']]);
    watch.close();
  });

  it('entering a label selection looks like a creation, leaving it like a deletion', async () => {
    const first = await context().newLease();
    const watch = await watchFrom(first, { labelSelector: 'chosen=yes' });
    const labels = { chosen: 'yes' };
    const second = (await context().put(withMetadata(first, { labels }))).body;
    const third = await context().change(second, { holderIdentity: 'b' });
    const fourth = (await context().put(withMetadata(third, { labels: {} }))).body;
    const events = await watch.take(3);
    watch.close();
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    const last = events[2]?.object.metadata;
    expect(last?.labels).toEqual(labels);
    expect(last?.resourceVersion).toBe(fourth.metadata.resourceVersion);
  });

  it('a watch over all namespaces tells of each', async () => {
    const { admin, namespace, target } = context();
    const labels = { wide: 'yes' };
    const query = { labelSelector: 'wide=yes', ...from(await context().newLease()) };
    const watch = await admin.watch(`${LEASES_ROOT}/leases`, query);
    await target.createNamespace('far-away');
    await admin.send('POST', leasesIn('far-away'), lease('one', {}, { labels }));
    await context().newLease({}, { labels });
    const told = (await watch.take(2)).map(({ object }) => object.metadata.namespace);
    watch.close();
    expect(told).toEqual(['far-away', namespace]);
  });
};
