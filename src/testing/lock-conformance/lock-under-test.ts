import { randomUUID } from 'node:crypto';
import { LeaderElectionRecord } from '../../lock/record.js';
import type { ResourceLock } from '../../lock/resource-lock.js';
import { Candidate } from './candidate.js';
import { expectEqual } from './expectations.js';
import type { ResourceLockTests } from './test-resource-lock.js';

/** One promise of a lock, and what tries it. */
export interface Case {
  readonly name: string;
  readonly run: (lock: LockUnderTest) => Promise<void>;
}

/** What stands in for a record where it does not matter which. */
export function heldBy(
  holderIdentity: string,
  fields: Partial<LeaderElectionRecord> = {},
): LeaderElectionRecord {
  return new LeaderElectionRecord({
    holderIdentity,
    leaseDurationSeconds: fields.leaseDurationSeconds ?? 15,
    acquireTime: fields.acquireTime ?? '2026-03-01T12:00:00.123456Z',
    renewTime: fields.renewTime ?? '2026-03-01T12:00:07.654321Z',
    leaderTransitions: fields.leaderTransitions ?? 3,
  });
}

/** As an election lets go of its lock. */
export function released(): LeaderElectionRecord {
  const now = '2026-03-01T12:00:09.000001Z';
  return heldBy('', { leaseDurationSeconds: 1, acquireTime: now, renewTime: now });
}

/** A record of the same holder that is later by so many minutes. */
export function renewed(holderIdentity: string, minutes: number): LeaderElectionRecord {
  const twoDigits = String(minutes).padStart(2, '0');
  return heldBy(holderIdentity, { renewTime: `2026-03-01T12:${twoDigits}:07.654321Z` });
}

/** One object that no other case uses, and the locks on it. */
export class LockUnderTest {
  readonly timeoutMs: number;
  readonly #options: ResourceLockTests;
  readonly #name = `conformance-${randomUUID()}`;
  readonly #others: LockUnderTest[] = [];

  constructor(options: ResourceLockTests) {
    this.#options = options;
    this.timeoutMs = options.timeoutMs ?? 5_000;
  }

  /** Runs a case, and takes away what it has left. After a failure it is left, to be looked at. */
  async whole(run: (lock: LockUnderTest) => Promise<void>): Promise<void> {
    await run(this);
    for (const used of [this, ...this.#others]) await used.remove();
  }

  /** Another object, which does not exist yet. */
  another(): LockUnderTest {
    const other = new LockUnderTest(this.#options);
    this.#others.push(other);
    return other;
  }

  /** A lock of its own each time: what one has seen, another has not. */
  async candidate(identity: string): Promise<Candidate> {
    return new Candidate(await this.lock(identity), this.timeoutMs);
  }

  async candidates(count: number): Promise<Candidate[]> {
    const identities = Array.from({ length: count }, (_, index) => `candidate-${String(index)}`);
    return Promise.all(identities.map((identity) => this.candidate(identity)));
  }

  async lock(identity: string): Promise<ResourceLock> {
    return this.#options.create({ name: this.#name, identity });
  }

  /**
   * Which optional methods are said to be there: what nobody has said is there is not tested, and
   * that shall not go unnoticed.
   */
  get methods(): readonly string[] {
    return this.#options.methods ?? [];
  }

  /** Fails unless a lock that has seen nothing yet finds this. */
  async expectStored(version: string, holder: string): Promise<void> {
    const stored = await (await this.candidate('reader')).get();
    expectEqual('the holder in the lock', stored.record?.holderIdentity, holder);
    expectEqual('the version of the lock', stored.version, version);
  }

  async remove(): Promise<void> {
    await this.#options.remove?.(this.#name);
  }

  async interrupt(): Promise<void> {
    await this.#options.interrupt?.(this.#name);
  }
}
