import { describe, expect, it } from 'vitest';
import { LockError } from '../../src/errors/lock-error.js';
import type { LeaderElectionRecord } from '../../src/lock/record.js';
import type {
  LockCallOptions,
  LockResult,
  LockUpdateOptions,
  ResourceLock,
} from '../../src/lock/resource-lock.js';
import { Rivals } from '../unit/election/support/rivals.js';

/* A renewal that hangs somewhere on the way and is stored when nobody waits for it any more. */

/** A way to the lock that swallows every request once it is cut, and can deliver one of them late. */
class Detour implements ResourceLock {
  readonly identity: string;
  readonly description = 'Lease test/detour';
  cut = false;
  readonly #lock: ResourceLock;
  #swallowed: (() => Promise<LockResult>) | undefined;

  constructor(lock: ResourceLock) {
    this.#lock = lock;
    this.identity = lock.identity;
  }

  get(options: LockCallOptions = {}): Promise<LockResult> {
    return this.cut ? this.#givenUp(options) : this.#lock.get();
  }

  create(record: LeaderElectionRecord, options: LockCallOptions = {}): Promise<LockResult> {
    return this.cut ? this.#givenUp(options) : this.#lock.create(record);
  }

  update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    const request = () => this.#lock.update(record, { base: options.base });
    if (!this.cut) return request();
    this.#swallowed ??= request;
    return this.#givenUp(options);
  }

  /** The first write that was swallowed arrives after all. */
  deliver(): Promise<LockResult> {
    if (this.#swallowed === undefined) throw new Error('No write was swallowed');
    return this.#swallowed();
  }

  #givenUp({ signal }: LockCallOptions): Promise<LockResult> {
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => {
        resolve({ ok: false, error: new LockError('aborted', { kind: 'aborted' }) });
      });
    });
  }
}

/** `a` leads; its last renewal that succeeds is sent at 2 s, and the one at 4 s is swallowed. */
async function cutOff(rivals: Rivals, options: { onLost?: 'rejoin' } = {}) {
  const way = new Detour(rivals.store.lock('a'));
  const a = rivals.join('a', { lock: way, ...options });
  await rivals.pass(500);
  const b = rivals.join('b');
  await rivals.pass(3_000);
  way.cut = true;
  return { way, a, b };
}

describe('a renewal that is stored after its sender has lost its leadership', () => {
  it('makes the others wait for another lease, and nobody leader', async () => {
    const rivals = new Rivals();
    const { way, a, b } = await cutOff(rivals);
    await rivals.pass(9_500);
    expect(rivals.now).toBe(13_000);
    expect(a.reigns).toEqual([{ from: 50, until: 12_000 }]);

    expect((await way.deliver()).ok).toBe(true);
    expect(rivals.store.record?.holderIdentity).toBe('a');
    await rivals.pass(30_000);
    expect(a.reigns).toHaveLength(1);
    const [reign] = b.reigns;
    expect(reign?.from).toBeGreaterThanOrEqual(13_000 + 15_000);
    expect(reign?.from).toBeLessThanOrEqual(13_000 + 2_000 + 15_000 + 50);
    expect(rivals.store.record?.holderIdentity).toBe('b');
  });

  it('is refused when another has taken the lock meanwhile', async () => {
    const rivals = new Rivals();
    const { way, a, b } = await cutOff(rivals);
    await rivals.pass(20_000);
    expect(b.election.isLeader()).toBe(true);

    const late = await way.deliver();
    expect(late.ok ? 'stored' : late.error.kind).toBe('conflict');
    await rivals.pass(10_000);
    expect(b.reigns).toHaveLength(1);
    expect(b.election.isLeader()).toBe(true);
    expect(a.election.isLeader()).toBe(false);
  });

  it('is not what the next term of its sender begins with: that is a write of its own', async () => {
    const rivals = new Rivals();
    const { way, a } = await cutOff(rivals, { onLost: 'rejoin' });
    await rivals.pass(9_450);
    // Sent at 4 s, it is found at 13 s, in time for a renewal; but the term that it renewed is over.
    await way.deliver();
    way.cut = false;
    const { version } = rivals.store.snapshot!;
    await rivals.pass(10_000);
    expect(a.reigns).toHaveLength(2);
    expect(a.election.term?.fencingToken).toBeGreaterThan(BigInt(version));
  });
});
