import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { LockError, type LockErrorKind } from '../../../src/errors/lock-error.js';
import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import { claimRecord, releaseRecord, renewalRecord } from '../../../src/lock/next-record.js';
import { MultiLock } from '../../../src/lock/multi-lock.js';
import type { LeaderElectionRecord } from '../../../src/lock/record.js';
import type {
  LockNews,
  LockResult,
  LockSnapshot,
  LockWatcher,
  ResourceLock,
} from '../../../src/lock/resource-lock.js';
import { startEmbeddedApiServer } from '../../../src/testing/embedded-api-server.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';

/** Objects of one API server: their versions are of one count. */
class Store {
  #version = 0;
  readonly objects = new Map<string, LockSnapshot>();

  put(name: string, value: LeaderElectionRecord | null, unreadable: string | null = null): string {
    this.#version += 1;
    const version = String(this.#version);
    const fingerprint = unreadable ?? JSON.stringify(value);
    this.objects.set(name, { record: value, unreadable, fingerprint, version, object: { name } });
    return version;
  }

  delete(name: string): string {
    this.objects.delete(name);
    this.#version += 1;
    return String(this.#version);
  }
}

/** A lock on one of them. */
class Half implements ResourceLock {
  readonly description: string;
  /** Every write, in order, of all halves. */
  readonly log: string[];
  /** What becomes of the next write: refused, or stored without an answer. */
  next: LockErrorKind | 'lost' | null = null;
  readonly watchers: LockWatcher[] = [];
  readonly #store: Store;

  constructor(
    store: Store,
    readonly name: string,
    log: string[],
    readonly identity = 'me',
  ) {
    this.#store = store;
    this.description = name;
    this.log = log;
  }

  get(): Promise<LockResult> {
    const found = this.#store.objects.get(this.name);
    return Promise.resolve(found === undefined ? failed('notFound') : { ok: true, ...found });
  }

  create(value: LeaderElectionRecord): Promise<LockResult> {
    return this.#write(value, null);
  }

  update(value: LeaderElectionRecord, { base }: { base?: LockSnapshot } = {}): Promise<LockResult> {
    return this.#write(value, base?.version ?? 'none');
  }

  watch(watcher: LockWatcher): { doubt: () => void; close: () => void } {
    this.watchers.push(watcher);
    return { doubt: () => undefined, close: () => void this.watchers.splice(0) };
  }

  writtenAgo(base: LockSnapshot): Promise<number | undefined> {
    return Promise.resolve(base.writtenAtMs);
  }

  #write(value: LeaderElectionRecord, over: string | null): Promise<LockResult> {
    const { next } = this;
    this.next = null;
    const present = this.#store.objects.get(this.name)?.version ?? null;
    this.log.push(`${this.name}${value.isReleased ? ' released' : ''}`);
    if (next !== null && next !== 'lost') return Promise.resolve(failed(next));
    if (present !== over) return Promise.resolve(failed('conflict'));
    this.#store.put(this.name, value);
    return next === 'lost' ? Promise.resolve(failed('network')) : this.get();
  }
}

function failed(kind: LockErrorKind): LockResult {
  return { ok: false, error: new LockError(`test: ${kind}`, { kind }) };
}

function setUp() {
  const store = new Store();
  const log: string[] = [];
  const old = new Half(store, 'old', log);
  const young = new Half(store, 'new', log);
  return { store, log, old, young, lock: new MultiLock([old, young]) };
}

let wallMs = 1_700_000_000_000;

const now = () => ({ leaseDurationMs: 15_000, wallMs: ++wallMs, random: Math.random });
const claimOver = (before: LockSnapshot): LeaderElectionRecord =>
  claimRecord({ before, identity: 'me', ...now() });
const renewal = (held: LeaderElectionRecord): LeaderElectionRecord =>
  renewalRecord({ held, ...now() });
const released = record({ holderIdentity: '', leaseDurationSeconds: 1 });
const others = record({ holderIdentity: 'other', leaderTransitions: 4 });

function ok(answer: LockResult): LockSnapshot {
  if (!answer.ok) throw answer.error;
  return answer;
}

const read = async (lock: MultiLock): Promise<LockSnapshot> => ok(await lock.get());

/** Takes it: what is stored then, and the record in it. */
async function won(lock: MultiLock): Promise<{ base: LockSnapshot; held: LeaderElectionRecord }> {
  const free = await read(lock);
  const held = claimOver(free);
  return { base: ok(await lock.update(held, { base: free })), held };
}

const kindOf = (answer: LockResult): string => (answer.ok ? 'ok' : answer.error.kind);

describe('a MultiLock is read as', () => {
  it('nobody’s where neither object exists, and creates both, the new one first', async () => {
    const { lock, log, store } = setUp();
    const base = await read(lock);
    expect(base).toMatchObject({ record: null, unreadable: null, version: '0' });
    expect(base.parts).toEqual([null, null]);
    const claim = claimOver(base);
    const answer = await lock.update(claim, { base });
    expect(answer).toMatchObject({ ok: true, record: claim, version: '3', token: '2' });
    expect(log).toEqual(['new', 'old']);
    expect([...store.objects.values()].map((one) => one.record)).toEqual([claim, claim]);
  });

  it('held while one of the two is held, by whoever holds it', async () => {
    const { lock, store } = setUp();
    store.put('old', others);
    store.put('new', released);
    const { record: seen } = await read(lock);
    expect(seen).toMatchObject({ holderIdentity: 'other', leaseDurationSeconds: 15 });
    expect(seen?.isReleased).toBe(false);
  });

  it('held by the one that was written last, for the longest of the durations', async () => {
    const { lock, store } = setUp();
    store.put('old', record({ holderIdentity: 'dead', leaseDurationSeconds: 40 }));
    store.put('new', others);
    const { record: seen } = await read(lock);
    expect(seen).toMatchObject({ holderIdentity: 'other', leaseDurationSeconds: 40 });
  });

  it('held by another where one half is ours and the other is not, whichever was written last', async () => {
    const { lock, store } = setUp();
    const { held } = await won(lock);
    store.put('old', others);
    expect((await read(lock)).record?.holderIdentity).toBe('other');
    store.put('new', renewal(held));
    expect((await read(lock)).record?.holderIdentity).toBe('other');
  });

  it('nobody’s of ours once one half was emptied by another', async () => {
    const { lock, store } = setUp();
    const { held } = await won(lock);
    store.put('old', released);
    const { record: seen } = await read(lock);
    expect(seen?.isReleased).toBe(false);
    // It names us still, and is not what we wrote.
    expect(seen?.equals(held)).toBe(false);
  });

  it('without a record where one of our objects was deleted, to be put back', async () => {
    const { lock, store, log } = setUp();
    const { held } = await won(lock);
    store.delete('old');
    const base = await read(lock);
    expect(base).toMatchObject({ record: null, unreadable: null });
    const next = renewal(held);
    expect(await lock.update(next, { base })).toMatchObject({ ok: true, record: next });
    expect(log).toEqual(['new', 'old', 'new', 'old']);
  });

  it('unreadable where one half is', async () => {
    const { lock, store } = setUp();
    store.put('old', others);
    store.put('new', null, 'garbage');
    expect(await read(lock)).toMatchObject({ record: null, unreadable: 'garbage' });
  });
});

describe('a write of which only a half is stored', () => {
  it('holds nothing: the lock is as it was, and is tried again over what is there', async () => {
    const { lock, old, store, log } = setUp();
    store.put('old', released);
    store.put('new', released);
    const base = await read(lock);
    old.next = 'serverError';
    expect(kindOf(await lock.update(claimOver(base), { base }))).toBe('serverError');
    const again = await read(lock);
    const { record: seen, fingerprint, version, parts } = base;
    expect(again).toMatchObject({ record: seen, fingerprint, version, parts });
    const claim = claimOver(again);
    expect(await lock.update(claim, { base: again })).toMatchObject({ ok: true, record: claim });
    // What failed comes first, so that the other half may run out if it goes on failing.
    expect(log).toEqual(['new', 'old', 'old', 'new']);
  });

  it('is somebody’s for all other candidates', async () => {
    const { lock, old, store, log } = setUp();
    const base = await read(lock);
    old.next = 'forbidden';
    await lock.update(claimOver(base), { base });
    const bystander = new MultiLock([
      new Half(store, 'old', log, 'bystander'),
      new Half(store, 'new', log, 'bystander'),
    ]);
    expect((await read(bystander)).record?.holderIdentity).toBe('me');
  });

  it('is not the end of a term, and makes it last no longer', async () => {
    const { lock, old } = setUp();
    const { base, held } = await won(lock);
    old.next = 'timeout';
    await lock.update(renewal(held), { base });
    expect(await read(lock)).toMatchObject({ record: held, version: base.version });
  });

  it('is not the end of a term where it comes late, after the lock was read without it', async () => {
    const { lock, young, store } = setUp();
    const { base, held } = await won(lock);
    young.next = 'timeout';
    const late = renewal(held);
    await lock.update(late, { base });
    expect(await read(lock)).toMatchObject({ record: held, version: base.version });
    store.put('new', late);
    expect(await read(lock)).toMatchObject({ record: held, version: base.version });
  });

  it('counts once the second half, that went unanswered, is found there', async () => {
    const { lock, old } = setUp();
    const base = await read(lock);
    const claim = claimOver(base);
    old.next = 'lost';
    expect(kindOf(await lock.update(claim, { base }))).toBe('network');
    expect((await read(lock)).record?.equals(claim)).toBe(true);
  });

  it('is given up where another has taken the other half', async () => {
    const { lock, store } = setUp();
    store.put('old', released);
    const base = await read(lock);
    store.put('old', others);
    expect(kindOf(await lock.update(claimOver(base), { base }))).toBe('conflict');
    expect((await read(lock)).record).toMatchObject({ holderIdentity: 'other' });
  });

  it('touches nothing of the old lock where the new one cannot be written', async () => {
    const { lock, young, store, log } = setUp();
    store.put('old', released);
    const base = await read(lock);
    young.next = 'forbidden';
    expect(kindOf(await lock.update(claimOver(base), { base }))).toBe('forbidden');
    expect(log).toEqual(['new']);
  });
});

describe('a release', () => {
  const release = (held: LeaderElectionRecord) => releaseRecord({ held, ...now() });

  it('empties both', async () => {
    const { lock, store } = setUp();
    const { base, held } = await won(lock);
    const answer = await lock.update(release(held), { base });
    expect(kindOf(answer)).toBe('ok');
    expect([...store.objects.values()].map((one) => one.record?.isReleased)).toEqual([true, true]);
  });

  it('goes on with the other half where one fails, and is ours to finish', async () => {
    const { lock, young, store } = setUp();
    const { base, held } = await won(lock);
    young.next = 'serverError';
    expect(kindOf(await lock.update(release(held), { base }))).toBe('serverError');
    expect(store.objects.get('old')?.record?.isReleased).toBe(true);
    const again = await read(lock);
    expect(again.record?.equals(held)).toBe(true);
    expect(kindOf(await lock.update(release(held), { base: again }))).toBe('ok');
    expect((await read(lock)).record?.isReleased).toBe(true);
  });

  it('does not touch what another has taken', async () => {
    const { lock, store } = setUp();
    const { held } = await won(lock);
    store.put('old', others);
    const seen = await read(lock);
    await lock.update(release(held), { base: seen });
    expect(store.objects.get('old')?.record?.holderIdentity).toBe('other');
    expect(store.objects.get('new')?.record?.isReleased).toBe(true);
  });
});

describe('the watch of a MultiLock', () => {
  async function watching() {
    const parts = setUp();
    parts.store.put('old', others);
    parts.store.put('new', released);
    const log: string[] = [];
    const news: LockNews[] = [];
    const watch = parts.lock.watch?.({
      clock: new VirtualClock(),
      random: () => 0,
      changed: (one) => news.push(one),
      opened: (gap) => log.push(`opened ${gap}`),
      failed: ({ kind }) => log.push(`failed ${kind}`),
    });
    const base = await read(parts.lock);
    return { ...parts, watch, events: log, news, base };
  }

  it('is open while both are, and tells of what has changed in either', async () => {
    const { old, young, store, events, news, base } = await watching();
    old.watchers[0]?.opened(true);
    expect(events).toEqual([]);
    young.watchers[0]?.opened(false);
    expect(events).toEqual(['opened true']);
    young.watchers[0]?.failed(new LockError('gone', { kind: 'network' }));
    expect(events).toEqual(['opened true', 'failed network']);
    const version = store.put('old', released);
    old.watchers[0]?.changed({ snapshot: store.objects.get('old') ?? null, version });
    expect(news[0]?.snapshot?.record?.isReleased).toBe(true);
    expect(Number(news[0]?.version)).toBeGreaterThan(Number(base.version));
  });

  it('tells of a deletion with a newer version, and nothing of what is old', async () => {
    const { old, store, news, base } = await watching();
    const before = store.objects.get('old') ?? null;
    const version = store.delete('old');
    old.watchers[0]?.changed({ snapshot: null, version });
    expect(news[0]?.snapshot?.parts?.[0]).toBeNull();
    expect(Number(news[0]?.version)).toBeGreaterThan(Number(base.version));
    old.watchers[0]?.changed({ snapshot: before, version: before?.version ?? '' });
    expect(news).toHaveLength(1);
  });

  it('is no news while a half of our own write is all that has changed', async () => {
    const { lock, old, young, store, news, base } = await watching();
    store.put('old', released);
    const free = await read(lock);
    old.next = 'serverError';
    await lock.update(claimOver(free), { base: free });
    const half = store.objects.get('new');
    young.watchers[0]?.changed({ snapshot: half ?? null, version: half?.version ?? '' });
    expect(news.at(-1)?.version).toBe(free.version);
    expect(Number(free.version)).toBeGreaterThan(Number(base.version));
  });

  it('is absent where one of the two has none', () => {
    const { old, young } = setUp();
    const silent = Object.assign(Object.create(old) as Half, { watch: undefined });
    expect(new MultiLock([silent, young]).watch).toBeUndefined();
  });
});

describe('the age of a MultiLock', () => {
  it('is that of what was written last of what somebody may hold', async () => {
    const { lock, store } = setUp();
    const dated = (name: string, value: LeaderElectionRecord, writtenAtMs: number) => {
      store.put(name, value);
      const found = store.objects.get(name);
      if (found !== undefined) store.objects.set(name, { ...found, writtenAtMs });
    };
    dated('old', others, 7000);
    dated('new', others, 3000);
    const both = await read(lock);
    expect(both.writtenAtMs).toBe(7000);
    expect(await lock.writtenAgo?.(both)).toBe(3000);
    dated('new', released, 1);
    expect(await lock.writtenAgo?.(await read(lock))).toBe(7000);
  });
});

function kubeConfigOf(server: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  const [name, cluster, user] = ['one', 'one', 'one'];
  const contexts = [{ name, cluster, user }];
  const clusters = [{ name, server }];
  kubeConfig.loadFromOptions({ clusters, users: [{ name }], contexts, currentContext: name });
  return kubeConfig;
}

describe('a MultiLock is made of', () => {
  it.each([
    ['nothing', undefined],
    ['one', ['x']],
    ['what is no lock', [{}, {}]],
  ])('%s: refused, before any request', (_, locks) => {
    expect(() => new MultiLock(locks as never)).toThrow(/^MultiLock: .* problem/);
  });

  it('the same lock twice: refused', () => {
    const { old } = setUp();
    expect(() => new MultiLock([old, old])).toThrow('locks[1] must be another than locks[0]');
  });

  it('two locks on one object: refused, as far as it is known', () => {
    const [here, there] = [kubeConfigOf('https://a'), kubeConfigOf('https://b')];
    const lock = (options: object) => new LeaseLock({ name: 'a', ...options });
    const rule = 'locks[1] must be on another object than locks[0]; received "Lease ';
    const make = (one: object, two: object) => () => new MultiLock([lock(one), lock(two)]);
    expect(make({}, {})).toThrow(rule);
    expect(make({ namespace: 'x' }, { namespace: 'x' })).toThrow(`${rule}x/a"`);
    const again = kubeConfigOf('https://a');
    expect(
      make({ namespace: 'x', kubeConfig: here }, { namespace: 'x', kubeConfig: again }),
    ).toThrow(rule);
    for (const [one, two] of [
      [{}, { name: 'b' }],
      [{ namespace: 'x' }, { namespace: 'y' }],
      [{ kubeConfig: here }, { kubeConfig: again }],
      [
        { namespace: 'x', kubeConfig: here },
        { namespace: 'x', kubeConfig: there },
      ],
    ] as const) {
      expect(make(one, two)).not.toThrow();
    }
    expect(() => new MultiLock([new ConfigMapLock({ name: 'a' }), lock({})])).not.toThrow();
  });

  it('two locks that turn out to be on one object: nothing is written to it', async () => {
    const server = await startEmbeddedApiServer();
    try {
      const kubeConfig = new KubeConfig();
      kubeConfig.loadFromOptions(server.kubeConfigObject({ namespace: 'default' }));
      const locks = ['default', undefined].map(
        (namespace) => new LeaseLock({ name: 'a', namespace, kubeConfig }),
      );
      const lock = new MultiLock(locks as [LeaseLock, LeaseLock]);
      await locks[0]?.create(others);
      const answer = await lock.get();
      expect(answer).toMatchObject({ ok: false, error: { kind: 'invalid' } });
      expect(answer).toMatchObject({
        error: { message: 'Lease default/a and Lease default/a: both locks are on one object.' },
      });
    } finally {
      await server.close();
    }
  });

  it('a lock with podEvidence, which would do nothing: refused', () => {
    const { old } = setUp();
    const withEvidence = new LeaseLock({ name: 'a', podEvidence: true });
    const expected = /locks\[1\]\.podEvidence must be left out of the locks .*; received true/;
    expect(() => new MultiLock([old, withEvidence])).toThrow(expected);
    expect(() => new MultiLock([withEvidence, withEvidence])).toThrow('locks[0].podEvidence must');
  });

  it('two locks, with the identity and the name of the new one', () => {
    const { store, log, young } = setUp();
    const lock = new MultiLock([new Half(store, 'old', log, 'somebody'), young]);
    expect([lock.identity, lock.name, lock.description]).toEqual(['me', 'new', 'old and new']);
    expect(JSON.parse(JSON.stringify(lock))).toEqual({
      kind: 'MultiLock',
      identity: 'me',
      locks: ['old', 'new'],
    });
  });
});
