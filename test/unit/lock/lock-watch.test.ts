import { describe, expect, it, vi } from 'vitest';
import { clientFor } from '../../../src/kubernetes/clients.js';
import { ElectionLock } from '../../../src/lock/election-lock.js';
import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import type { LockNews } from '../../../src/lock/resource-lock.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { ControllableLock } from '../../support/controllable-lock.js';
import { arrived, FakeStreams } from '../kubernetes/support/fake-streams.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';

/** A kubeconfig of which only the client that was given for it is used. */
function cluster() {
  const config = kubeConfig({ server: 'https://api.test:6443' });
  const streams = new FakeStreams();
  clientFor(config, () => streams);
  return { kubeConfig: config, streams };
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
    const { kubeConfig, streams } = cluster();
    const { log, news, watcher } = listener();
    new LeaseLock({ name: 'lock', namespace: 'ns', kubeConfig }).watch(watcher);
    await arrived();
    expect(streams.last.request.path).toBe('/apis/coordination.k8s.io/v1/namespaces/ns/leases');
    expect(streams.last.query['fieldSelector']).toBe('metadata.name=lock');
    await streams.last.begins();
    const held = lease('7', { holderIdentity: 'other', leaseDurationSeconds: 15 }, { uid: 'u' });
    await streams.last.event('ADDED', held);
    await streams.last.event('DELETED', lease('9', { holderIdentity: 'other' }));
    expect(log).toEqual(['opened false', '7 other', '9 none']);
    // The next write is based on the whole object.
    expect(news[0]?.snapshot?.object).toEqual(held);
    expect(news[0]?.snapshot?.writtenAtMs).toBeUndefined();
    expect(news[1]).toEqual({ snapshot: null, version: '9' });
  });

  it('says nothing of what is no object with a version', async () => {
    const { kubeConfig, streams } = cluster();
    const { log, watcher } = listener();
    new LeaseLock({ name: 'lock', namespace: 'ns', kubeConfig }).watch(watcher);
    await arrived();
    await streams.last.begins();
    await streams.last.event('MODIFIED', { metadata: { name: 'lock' } });
    await streams.last.event('MODIFIED', lease('v8', { holderIdentity: 'other' }));
    await streams.last.event('DELETED', lease('v9', { holderIdentity: 'other' }));
    await streams.last.event('MODIFIED', { metadata: { name: 'stranger', resourceVersion: '8' } });
    expect(log).toEqual(['opened false']);
  });

  it('tells of a record that cannot be read', async () => {
    const { kubeConfig, streams } = cluster();
    const { news, watcher } = listener();
    new LeaseLock({ name: 'lock', namespace: 'ns', kubeConfig }).watch(watcher);
    await arrived();
    await streams.last.begins();
    await streams.last.event(
      'ADDED',
      lease('7', { holderIdentity: 'x', leaseDurationSeconds: [] }),
    );
    expect(news[0]?.snapshot?.unreadable).toContain('leaseDurationSeconds');
  });

  it('that is closed says nothing more, and leaves no request and no timer', async () => {
    const { kubeConfig, streams } = cluster();
    const { clock, log, watcher } = listener();
    const watch = new LeaseLock({ name: 'lock', namespace: 'ns', kubeConfig }).watch(watcher);
    await arrived();
    await streams.last.begins();
    const open = streams.last;
    log.length = 0;
    watch.close();
    await open.event('MODIFIED', lease('8', { holderIdentity: 'x' }));
    expect(log).toEqual([]);
    expect(streams.open).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that is closed before the kubeconfig was read asks for nothing', async () => {
    const { kubeConfig, streams } = cluster();
    const { log, watcher } = listener();
    const watch = new LeaseLock({ name: 'lock', namespace: 'ns', kubeConfig }).watch(watcher);
    watch.close();
    watch.doubt();
    await arrived();
    expect(streams.all).toEqual([]);
    expect(log).toEqual([]);
  });

  it('that is doubted is set up anew', async () => {
    const { kubeConfig, streams } = cluster();
    const { watcher } = listener();
    const watch = new LeaseLock({ name: 'lock', namespace: 'ns', kubeConfig }).watch(watcher);
    await arrived();
    await streams.last.begins();
    watch.doubt();
    expect(streams.all).toHaveLength(2);
    watch.close();
  });

  it('is shared by the locks on one object that were given one kubeconfig', async () => {
    const { kubeConfig, streams } = cluster();
    const [one, two] = [listener(), listener()];
    for (const { watcher } of [one, two]) {
      new LeaseLock({ name: 'lock', namespace: 'ns', kubeConfig }).watch(watcher);
    }
    await arrived();
    expect(streams.all).toHaveLength(1);
    await streams.last.begins();
    expect([one.log, two.log]).toEqual([['opened false'], ['opened false']]);
  });

  it('that is opened anew sends one request more', async () => {
    const { kubeConfig, streams } = cluster();
    const lock = new LeaseLock({ name: 'lock', namespace: 'ns', kubeConfig });
    const [before, after] = [listener(), listener()];
    const watch = lock.watch(before.watcher);
    await arrived();
    await streams.last.begins();
    watch.close();
    lock.watch(after.watcher);
    await arrived();
    expect(streams.all).toHaveLength(2);
    expect(streams.open).toHaveLength(1);
    await streams.last.begins();
    expect(after.log).toEqual(['opened false']);
  });

  it('fails with what is wrong with the kubeconfig', async () => {
    const { kubeConfig } = cluster();
    vi.spyOn(kubeConfig, 'getContextObject').mockImplementation(() => {
      throw new Error('secret');
    });
    const { log, watcher } = listener();
    new LeaseLock({ name: 'lock', kubeConfig }).watch(watcher);
    // The namespace of a pod is looked for in a file.
    await vi.waitFor(() => {
      expect(log).toEqual(['failed unknown']);
    });
  });

  it('leaves no timer when whoever hears of that closes it', async () => {
    const { kubeConfig } = cluster();
    vi.spyOn(kubeConfig, 'getContextObject').mockImplementation(() => {
      throw new Error('secret');
    });
    const { clock, watcher } = listener();
    const closed = new Promise<void>((resolve) => {
      const failed = (): void => {
        watch.close();
        resolve();
      };
      const watch = new LeaseLock({ name: 'lock', kubeConfig }).watch({ ...watcher, failed });
    });
    await closed;
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the watch of a ConfigMap', () => {
  it('is of the core API, and tells of the record in the annotation', async () => {
    const { kubeConfig, streams } = cluster();
    const { log, watcher } = listener();
    new ConfigMapLock({ name: 'lock', namespace: 'ns', kubeConfig }).watch(watcher);
    await arrived();
    expect(streams.last.request.path).toBe('/api/v1/namespaces/ns/configmaps');
    await streams.last.begins();
    const value = { holderIdentity: 'python', leaseDurationSeconds: 15 };
    await streams.last.event('MODIFIED', {
      metadata: {
        name: 'lock',
        resourceVersion: '7',
        annotations: { 'control-plane.alpha.kubernetes.io/leader': JSON.stringify(value) },
      },
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
