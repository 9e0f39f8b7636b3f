import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import {
  type DefineCases,
  LEASES_ROOT,
  byName,
  expectRefusal,
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

export const watchOptionCases: DefineCases = (context) => {
  const watchOf = (first: Document, query: Record<string, string>): Promise<Watch> =>
    context().admin.watch(context().leases, { ...byName(first), ...query });

  it('a watch ends after the time it asked for', async () => {
    const first = await context().newLease();
    const begun = performance.now();
    const watch = await watchOf(first, { ...from(first), timeoutSeconds: '1' });
    expect(await watch.next()).toBeNull();
    expect(performance.now() - begun).toBeGreaterThan(900);
  });

  it('bookmarks say how far a watch has come, about two seconds before it ends', async () => {
    const first = await context().newLease();
    const seen: WatchEvent[] = [];
    const versionOf = ({ object }: WatchEvent): number => Number(object.metadata.resourceVersion);
    let others = 0;
    const isFarEnough = (event: WatchEvent): boolean => versionOf(event) >= others;
    const follow = async (delayMs: number): Promise<void> => {
      await setTimeout(delayMs);
      const query = { ...from(first), timeoutSeconds: '3', allowWatchBookmarks: 'true' };
      const watch = await watchOf(first, query);
      // While nothing at all has changed since a watch began, it gets no bookmark.
      const other = Number((await context().newLease()).metadata.resourceVersion);
      if (others === 0) others = other;
      for (let event = await watch.next(); event !== null; event = await watch.next()) {
        seen.push(event);
      }
    };
    // A busy server is now and then too late for a bookmark, hence several tries. And one may come early,
    // because of a lease of the server's own.
    for (let round = 0; round < 5 && !seen.some(isFarEnough); round += 1) {
      await Promise.all([0, 200, 400, 600, 800].map(follow));
    }
    expect(seen.filter(isFarEnough)).not.toEqual([]);
    for (const { type, object } of seen) {
      expect(type).toBe('BOOKMARK');
      const { resourceVersion } = object.metadata;
      expect(resourceVersion).toMatch(/^\d+$/);
      expect(object).toEqual({
        kind: 'Lease',
        apiVersion: 'coordination.k8s.io/v1',
        metadata: { resourceVersion },
        spec: {},
      });
      expect(Number(resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
    }
  });

  it('a watch that does not want bookmarks gets none', async () => {
    const first = await context().newLease();
    const watch = await watchOf(first, { ...from(first), timeoutSeconds: '3' });
    await context().newLease();
    expect(await watch.next()).toBeNull();
  });

  it('a watch from a version that does not exist yet stays silent', async () => {
    const first = await context().newLease();
    const watch = await watchOf(first, { resourceVersion: '9999999999', timeoutSeconds: '1' });
    await context().change(first, { holderIdentity: 'b' });
    expect(await watch.next()).toBeNull();
  });

  it('a watch that asks for it is told where the beginning ends', async () => {
    const first = await context().newLease();
    const watch = await watchOf(first, {
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });
    const [added, end] = await watch.take(2);
    watch.close();
    expect(added).toEqual({ type: 'ADDED', object: first });
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    expect(end).toMatchObject({ type: 'BOOKMARK', object: { metadata: { annotations } } });
  });

  const noLimit = 'strconv.ParseInt: parsing "abc": invalid syntax';
  const ofOptions = /^ListOptions\.meta\.k8s\.io "" is invalid/;
  it.each<[string, Record<string, string>, number, string, string | RegExp]>([
    ['a version match alone', { resourceVersionMatch: 'NotOlderThan' }, 422, 'Invalid', ofOptions],
    ['initial events without one', { sendInitialEvents: 'true' }, 422, 'Invalid', ofOptions],
    ['a time limit that is no number', { timeoutSeconds: 'abc' }, 400, 'BadRequest', noLimit],
  ])('%s is refused', async (_, query, code, reason, message) => {
    expectRefusal(await context().list({ watch: 'true', ...query }), code, reason, message);
  });

  it('a version that is no number is refused with 500', async () => {
    const reply = await context().list({ watch: 'true', resourceVersion: 'abc' });
    expect(reply.status).toBe(500);
    expect(reply.body.message).toContain('strconv.ParseUint: parsing "abc": invalid syntax');
  });

  it('a watch of an object by its path is a plain read', async () => {
    const first = await context().newLease();
    const options = { query: { watch: 'true' } };
    const path = context().pathOf(first);
    expect((await context().admin.send('GET', path, undefined, options)).body).toEqual(first);
  });
};

/** How long the server may take to be itself again after it has been made to forget. */
const RESTART_MS = 90_000;

export const watchHistoryCases: DefineCases = (context) => {
  it(
    'a watch from a version that is forgotten is told so with 410, inside the stream',
    async () => {
      const { admin, leases, target } = context();
      const first = await context().newLease();
      const second = await context().change(first, { holderIdentity: 'b' });
      await target.forgetHistory();
      const watch = await admin.watch(leases, { ...byName(first), ...from(first) });
      const event = await watch.next();
      expect(event?.type).toBe('ERROR');
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure' };
      expect(event?.object).toMatchObject({ ...status, reason: 'Expired', code: 410 });
      const { resourceVersion } = first.metadata;
      expect(event?.object.message).toMatch(
        new RegExp(`^too old resource version: ${resourceVersion} \\(\\d+\\)$`),
      );
      expect(await watch.next()).toBeNull();

      const list = (await context().list(byName(first))).body;
      expect(list.items.map(({ metadata }) => metadata)).toEqual([second.metadata]);
      const anew = await admin.watch(leases, { ...byName(first), ...from(list) });
      const third = await context().change(second, { holderIdentity: 'c' });
      expect(await anew.next()).toEqual({ type: 'MODIFIED', object: third });
      anew.close();
    },
    RESTART_MS,
  );
};
