import { describe, expect, it, vi } from 'vitest';
import { clientFor } from '../../../src/kubernetes/clients.js';
import { ElectionLock } from '../../../src/lock/election-lock.js';
import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import type { LockNews } from '../../../src/lock/resource-lock.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { ControllableLock } from '../../support/controllable-lock.js';
import { arrived, FakeStreams } from '../kubernetes/support/fake-streams.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';

/** A lock, whose kubeconfig leads to a client that can only watch. */
function lockOn(streams: FakeStreams, Lock: typeof LeaseLock | typeof ConfigMapLock = LeaseLock) {
  const config = kubeConfig({ server: 'https://api.test:6443' });
  clientFor(config, () => streams);
  return new Lock({ name: 'lock', namespace: 'ns', kubeConfig: config });
}

/** A watch of it, that has asked. */
async function watching(Lock?: typeof LeaseLock | typeof ConfigMapLock) {
  const streams = new FakeStreams();
  const lock = lockOn(streams, Lock);
  const heard = listener();
  const watch = lock.watch(heard.watcher);
  await arrived();
  return { lock, streams, watch, ...heard };
}

function listener() {
  const clock = new VirtualClock();
  const log: string[] = [];
  const news: LockNews[] = [];
  const watcher = {
    clock,
    random: () => 0,
    changed: (change: LockNews) => {
      news.push(change);
      log.push(`${change.version} ${change.snapshot?.record?.holderIdentity ?? 'none'}`);
    },
    opened: (gap: boolean) => log.push(`opened ${gap}`),
    failed: ({ kind }: { kind: string }) => log.push(`failed ${kind}`),
  };
  return { clock, log, news, watcher };
}

const lease = (version: string, spec: object, more: object = {}) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'lock', namespace: 'ns', resourceVersion: version, ...more },
  spec,
});

describe('the watch of a Lease', () => {
  it('tells of its records as a read would', async () => {
    const { log, news, streams } = await watching();
    expect(streams.last.request.path).toBe('/apis/coordination.k8s.io/v1/namespaces/ns/leases');
    expect(streams.last.query['fieldSelector']).toBe('metadata.name=lock');
    await streams.last.begins();
    const held = lease('7', { holderIdentity: 'other', leaseDurationSeconds: 15 }, { uid: 'u' });
    await streams.last.event('ADDED', held);
    await streams.last.event('MODIFIED', lease('8', { holderIdentity: [] }));
    await streams.last.event('DELETED', lease('9', { holderIdentity: 'other' }));
    expect(log).toEqual(['opened false', '7 other', '8 none', '9 none']);
    // The next write is based on the whole object.
    expect(news[0]?.snapshot?.object).toEqual(held);
    expect(news[0]?.snapshot?.writtenAtMs).toBeUndefined();
    expect(news[1]?.snapshot?.unreadable).toContain('holderIdentity');
    expect(news[2]).toEqual({ snapshot: null, version: '9' });
  });

  it('says nothing of what is no object with a version', async () => {
    const { log, streams } = await watching();
    await streams.last.begins();
    await streams.last.event('MODIFIED', { metadata: { name: 'lock' } });
    await streams.last.event('MODIFIED', lease('v8', { holderIdentity: 'other' }));
    await streams.last.event('DELETED', lease('v9', { holderIdentity: 'other' }));
    await streams.last.event('MODIFIED', { metadata: { name: 'stranger', resourceVersion: '8' } });
    expect(log).toEqual(['opened false']);
  });

  it('that is closed says nothing more, leaves no request and no timer, and can be opened anew', async () => {
    const { clock, lock, log, streams, watch } = await watching();
    await streams.last.begins();
    const open = streams.last;
    log.length = 0;
    watch.close();
    await open.event('MODIFIED', lease('8', { holderIdentity: 'x' }));
    expect(log).toEqual([]);
    expect(streams.open).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
    const after = listener();
    lock.watch(after.watcher);
    await arrived();
    expect(streams.all).toHaveLength(2);
    await streams.last.begins();
    expect(after.log).toEqual(['opened false']);
  });

  it('that is closed before the kubeconfig was read asks for nothing', async () => {
    const streams = new FakeStreams();
    const { log, watcher } = listener();
    const watch = lockOn(streams).watch(watcher);
    watch.close();
    watch.doubt();
    await arrived();
    expect(streams.all).toEqual([]);
    expect(log).toEqual([]);
  });

  it('that is doubted is set up anew', async () => {
    const { streams, watch } = await watching();
    await streams.last.begins();
    watch.doubt();
    expect(streams.all).toHaveLength(2);
    watch.close();
  });

  it('is shared by the locks on one object that were given one kubeconfig', async () => {
    const { lock, log, streams } = await watching();
    const other = listener();
    lock.watch(other.watcher);
    await arrived();
    expect(streams.all).toHaveLength(1);
    await streams.last.begins();
    expect([log, other.log]).toEqual([['opened false'], ['opened false']]);
  });

  it('fails by what is wrong with the kubeconfig, and leaves no timer when it is closed then', async () => {
    const config = kubeConfig({ server: 'https://api.test:6443' });
    vi.spyOn(config, 'getContextObject').mockImplementation(() => {
      throw new Error('secret');
    });
    const { clock, watcher } = listener();
    const kind = new Promise<string>((resolve) => {
      const failed = (error: { kind: string }): void => {
        watch.close();
        resolve(error.kind);
      };
      const lock = new LeaseLock({ name: 'lock', kubeConfig: config });
      const watch = lock.watch({ ...watcher, failed });
    });
    expect(await kind).toBe('unknown');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the watch of a ConfigMap', () => {
  it('is of the core API, and tells of the record in the annotation', async () => {
    const { log, streams } = await watching(ConfigMapLock);
    expect(streams.last.request.path).toBe('/api/v1/namespaces/ns/configmaps');
    await streams.last.begins();
    const value = JSON.stringify({ holderIdentity: 'python', leaseDurationSeconds: 15 });
    const annotations = { 'control-plane.alpha.kubernetes.io/leader': value };
    await streams.last.event('MODIFIED', {
      metadata: { name: 'lock', resourceVersion: '7', annotations },
    });
    expect(log.at(-1)).toBe('7 python');
  });
});

describe('a lock as the chart carries it about', () => {
  it('can be watched exactly if it can be watched', async () => {
    const watched = new ControllableLock('me', true);
    const { log, watcher } = listener();
    const carried = new ElectionLock(watched, new VirtualClock());
    const watch = carried.watch?.(watcher);
    await watched.watching.opened(true);
    expect(log).toEqual(['opened true']);
    watch?.close();
    expect(watched.watches[0]?.closed).toBe(true);
    expect(Object.keys(carried)).not.toContain('watch');
    expect(new ElectionLock(new ControllableLock(), new VirtualClock()).watch).toBeUndefined();
  });

  it('can be asked for its age exactly if it can be asked', async () => {
    const { identity, description, get, create, update } = new ControllableLock();
    const plain = { identity, description, get, create, update };
    expect(new ElectionLock(plain, new VirtualClock()).writtenAgo).toBeUndefined();
    const lock = new ControllableLock();
    const carried = new ElectionLock(lock, new VirtualClock());
    const base = lock.snapshot(null);
    const age = carried.writtenAgo?.(base);
    const asked = await lock.expectAge();
    expect(asked.base).toBe(base);
    await asked.answer(7);
    await expect(age).resolves.toBe(7);
    expect(Object.keys(carried)).not.toContain('writtenAgo');
  });
});
