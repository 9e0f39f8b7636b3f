import { describe, expect, it } from 'vitest';
import { LeaderElectionRecord } from '../../../src/index.js';
import { InMemoryLockStore, testResourceLock } from '../../../src/testing.js';

describe('a lock in memory', () => {
  const stores = new Map<string, InMemoryLockStore>();
  const storeOf = (name: string): InMemoryLockStore => {
    const store = stores.get(name) ?? new InMemoryLockStore();
    stores.set(name, store);
    return store;
  };
  testResourceLock({
    test: it,
    create: ({ name, identity }) => storeOf(name).lock(identity),
    remove: (name) => storeOf(name).delete(),
  });

  it('shows what a test has put into its store', async () => {
    const store = storeOf('a test');
    const fields = { acquireTime: '', renewTime: '', leaseDurationSeconds: 15 };
    const record = new LeaderElectionRecord({ ...fields, holderIdentity: 'other' });
    store.put(record);
    expect(await store.lock('me').get()).toMatchObject({ ok: true, record, unreadable: null });
    store.put(null, 'not JSON');
    expect(store.record).toBeNull();
    expect(await store.lock('me').get()).toMatchObject({ ok: true, unreadable: 'not JSON' });
  });
});
