import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';
import { LEASES, clientOf, until } from './loopback.js';

const BOOKMARKS = { allowWatchBookmarks: 'true' };

describe('the watches of the embedded API server', () => {
  let server: EmbeddedApiServer;

  beforeEach(async () => {
    server = await startEmbeddedApiServer({ bookmarkIntervalMs: 1000, compactAfter: 3 });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await server.close();
  });

  const put = (name: string, holderIdentity: string): void => {
    server.store.put({ kind: 'Lease', metadata: { name }, spec: { holderIdentity } });
  };

  it('are counted until either side ends them', async () => {
    const first = await clientOf(server).watch(LEASES);
    const second = await clientOf(server).watch(LEASES);
    expect(server.watches.count).toBe(2);
    first.close();
    await until(() => server.watches.count === 1);
    server.watches.closeAll();
    expect(server.watches.count).toBe(0);
    expect(await second.next()).toBeNull();
  });

  it('can be cut off in the middle', async () => {
    const watch = await clientOf(server).watch(LEASES);
    server.watches.closeAll({ abruptly: true });
    await expect(watch.next()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('deliver nothing while silenced, and what was lost stays lost', async () => {
    const watch = await clientOf(server).watch(LEASES);
    const undo = server.watches.silence();
    const later = await clientOf(server).watch(LEASES);
    put('one', 'lost');
    undo();
    undo();
    put('two', 'seen');
    for (const one of [watch, later]) {
      expect(await one.next()).toMatchObject({
        type: 'ADDED',
        object: { metadata: { name: 'two' } },
      });
    }
    expect(server.watches.count).toBe(2);
  });

  it('are silent until the last silence is lifted', async () => {
    const watch = await clientOf(server).watch(LEASES);
    const undoFirst = server.watches.silence();
    const undoSecond = server.watches.silence();
    undoFirst();
    put('one', 'lost');
    undoSecond();
    put('two', 'seen');
    expect(await watch.next()).toMatchObject({ object: { metadata: { name: 'two' } } });
  });

  it('send a bookmark at each interval, once something has changed somewhere', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const query = { ...BOOKMARKS, fieldSelector: 'metadata.name=one' };
    const watch = await clientOf(server).watch(LEASES, query);
    await vi.advanceTimersByTimeAsync(1000);
    put('two', 'a');
    await vi.advanceTimersByTimeAsync(999);
    put('one', 'a');
    await vi.advanceTimersByTimeAsync(1);
    const events = await watch.take(2);
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
    const version = String(server.store.revision);
    expect(events[1]?.object.metadata).toEqual({ resourceVersion: version });
  });

  it('end with 410 where more has happened since than is remembered', async () => {
    const { resourceVersion } = server.store.put({
      kind: 'Lease',
      metadata: { name: 'one' },
    }).metadata;
    const from = { resourceVersion: resourceVersion ?? '' };
    for (const holder of ['a', 'b', 'c']) put('one', holder);
    const inTime = await clientOf(server).watch(LEASES, from);
    expect(await inTime.take(3)).toHaveLength(3);
    put('one', 'd');
    const tooLate = await clientOf(server).watch(LEASES, from);
    expect(await tooLate.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    expect(await tooLate.next()).toBeNull();
    expect(server.watches.count).toBe(1);
  });

  it('from the very first versions end with 410', async () => {
    const watch = await clientOf(server).watch(LEASES, { resourceVersion: '1' });
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { reason: 'Expired' } });
  });

  it('leave no timer behind when the server is closed', async () => {
    const toFake = ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const;
    vi.useFakeTimers({ toFake: [...toFake] });
    await clientOf(server).watch(LEASES, { ...BOOKMARKS, timeoutSeconds: '100' });
    expect(vi.getTimerCount()).toBe(3);
    await server.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(server.watches.count).toBe(0);
  });
});
