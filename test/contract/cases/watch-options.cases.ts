import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';

import { type DefineCases, expectRefusal, newLease } from '../context.js';
import type { WatchEvent } from '../raw-client.js';
import { byName, from, put } from '../watching.js';

export const watchOptionCases: DefineCases = (context) => {
  it('a watch ends after the time it asked for', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const begun = performance.now();
    const watch = await admin.watch(leases, {
      ...byName(first),
      ...from(first),
      timeoutSeconds: '1',
    });
    expect(await watch.next()).toBeNull();
    expect(performance.now() - begun).toBeGreaterThan(900);
  });

  it('bookmarks say how far a watch has come, about two seconds before it ends', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    // A real server is now and then too late for a bookmark, hence several tries.
    const seen: WatchEvent[] = [];
    const follow = async (delayMs: number): Promise<void> => {
      await setTimeout(delayMs);
      const query = { ...byName(first), ...from(first), timeoutSeconds: '3' };
      const watch = await admin.watch(leases, { ...query, allowWatchBookmarks: 'true' });
      let event = await watch.next();
      while (event !== null) {
        seen.push(event);
        event = await watch.next();
      }
    };
    const watches = [0, 200, 400, 600, 800].map(follow);
    // While nothing at all has changed since a watch began, it gets no bookmark.
    await setTimeout(900);
    const other = await newLease(context());
    await Promise.all(watches);
    expect(seen).not.toEqual([]);
    for (const { type, object } of seen) {
      expect(type).toBe('BOOKMARK');
      expect(object).toEqual({
        kind: 'Lease',
        apiVersion: 'coordination.k8s.io/v1',
        metadata: { resourceVersion: expect.stringMatching(/^\d+$/) as unknown },
        spec: {},
      });
      const version = Number(object.metadata.resourceVersion);
      expect(version).toBeGreaterThanOrEqual(Number(other.metadata.resourceVersion));
    }
  });

  it('a watch that does not want bookmarks gets none', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const query = { ...byName(first), ...from(first), timeoutSeconds: '3' };
    const watch = await admin.watch(leases, query);
    await newLease(context());
    expect(await watch.next()).toBeNull();
  });

  it('a watch from a version that does not exist yet stays silent', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const query = { ...byName(first), resourceVersion: '9999999999', timeoutSeconds: '1' };
    const watch = await admin.watch(leases, query);
    await put(context(), first, { holderIdentity: 'b' });
    expect(await watch.next()).toBeNull();
  });

  it('a watch that asks for it is told where the beginning ends', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const watch = await admin.watch(leases, {
      ...byName(first),
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });
    const [added, end] = await watch.take(2);
    watch.close();
    expect(added).toEqual({ type: 'ADDED', object: first });
    expect(end).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
  });

  it.each([
    ['a version match without initial events', { resourceVersionMatch: 'NotOlderThan' }],
    ['initial events without a version match', { sendInitialEvents: 'true' }],
  ])('%s is refused', async (_, query) => {
    const { admin, leases } = context();
    const reply = await admin.send('GET', leases, undefined, {
      query: { watch: 'true', ...query },
    });
    expectRefusal(reply, 422, 'Invalid', /^ListOptions\.meta\.k8s\.io "" is invalid/);
  });

  it('a version that is no number is refused with 500', async () => {
    const { admin, leases } = context();
    const query = { watch: 'true', resourceVersion: 'abc' };
    const reply = await admin.send('GET', leases, undefined, { query });
    expect(reply.status).toBe(500);
    expect(reply.body.message).toContain('strconv.ParseUint: parsing "abc": invalid syntax');
  });

  it('a time limit that is no number is refused', async () => {
    const { admin, leases } = context();
    const query = { watch: 'true', timeoutSeconds: 'abc' };
    const reply = await admin.send('GET', leases, undefined, { query });
    const message = 'strconv.ParseInt: parsing "abc": invalid syntax';
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it('a watch of an object by its path is a plain read', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const path = `${leases}/${first.metadata.name}`;
    const reply = await admin.send('GET', path, undefined, { query: { watch: 'true' } });
    expect(reply.body).toEqual(first);
  });
};
