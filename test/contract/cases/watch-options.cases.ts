import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';

import { type DefineCases, byName, expectRefusal, from } from '../context.js';
import type { Document, Watch, WatchEvent } from '../raw-client.js';

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
    // A real server is now and then too late for a bookmark, hence several tries.
    const seen: WatchEvent[] = [];
    const follow = async (delayMs: number): Promise<void> => {
      await setTimeout(delayMs);
      const query = { ...from(first), timeoutSeconds: '3', allowWatchBookmarks: 'true' };
      const watch = await watchOf(first, query);
      let event = await watch.next();
      while (event !== null) {
        seen.push(event);
        event = await watch.next();
      }
    };
    const watches = [0, 200, 400, 600, 800].map(follow);
    // While nothing at all has changed since a watch began, it gets no bookmark.
    await setTimeout(900);
    const other = await context().newLease();
    await Promise.all(watches);
    expect(seen).not.toEqual([]);
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
      expect(Number(resourceVersion)).toBeGreaterThanOrEqual(
        Number(other.metadata.resourceVersion),
      );
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
