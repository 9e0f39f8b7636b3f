import type {
  LeaderElectionConfig,
  Outcome,
} from '../../../../src/config/leader-election-config.js';
import type { ElectionNews } from '../../../../machines/types.js';
import { LeaderElection } from '../../../../src/election/leader-election.js';
import type { Term } from '../../../../src/term/term.js';
import { LockError, type LockErrorKind } from '../../../../src/errors/lock-error.js';
import type { LeaderElectionRecord } from '../../../../src/lock/record.js';
import type {
  LockResult,
  LockUpdateOptions,
  LockWatch,
  LockWatcher,
  ResourceLock,
} from '../../../../src/lock/resource-lock.js';
import { InMemoryLockStore } from '../../../../src/testing/in-memory-lock.js';
import { VirtualClock } from '../../../../src/testing/virtual-clock.js';

/** What goes wrong with requests: which are carried out, and what their answer says instead. */
export interface Outage {
  readonly reads?: LockErrorKind;
  readonly writes?: LockErrorKind;
  /** Writes are carried out all the same. */
  readonly stored?: boolean;
}

/** A lock with a store that alters what it is given, behind something that fails one-sidedly. */
export class OddLock implements ResourceLock {
  identity = 'me';
  readonly description = 'a lock of mine';
  readonly store = new InMemoryLockStore();
  outage: Outage = {};
  /** What is stored of a record. */
  alter: (record: LeaderElectionRecord) => LeaderElectionRecord = (record) => record;
  /** What becomes of an answer on its way. */
  answer: (result: LockResult) => unknown = (result) => result;
  requests = 0;
  declare readonly watch?: (watcher: LockWatcher) => LockWatch;
  #lock = this.store.lock('me');
  #watcher: LockWatcher | null = null;

  constructor(watched = false) {
    if (!watched) return;
    this.watch = (watcher) => {
      this.#watcher = watcher;
      return { doubt: () => undefined, close: () => (this.#watcher = null) };
    };
  }

  /** Stores in the other's store from now on, under this name. */
  share(other: OddLock, identity: string): void {
    this.identity = identity;
    this.#lock = other.store.lock(identity);
  }

  get(): Promise<LockResult> {
    return this.#pass(this.outage.reads, true, () => this.#lock.get());
  }

  create(record: LeaderElectionRecord): Promise<LockResult> {
    return this.#write(() => this.#lock.create(this.alter(record)));
  }

  update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    return this.#write(() => this.#lock.update(this.alter(record), options));
  }

  #write(write: () => Promise<LockResult>): Promise<LockResult> {
    const { writes, stored = false } = this.outage;
    return this.#pass(writes, stored, write);
  }

  async #pass(
    fails: LockErrorKind | undefined,
    carriedOut: boolean,
    request: () => Promise<LockResult>,
  ): Promise<LockResult> {
    this.requests += 1;
    const before = this.store.snapshot;
    const result = fails === undefined || carriedOut ? await request() : null;
    const { snapshot } = this.store;
    // A watch is often faster than the answer.
    if (snapshot !== null && snapshot !== before) {
      this.#watcher?.changed({ snapshot, version: snapshot.version });
    }
    if (fails !== undefined || result === null) {
      const kind = fails ?? 'network';
      return { ok: false, error: new LockError(`test: ${kind}`, { kind }) };
    }
    return this.answer(result) as LockResult;
  }
}

const HEARD = ['acquireFailed', 'renewFailed', 'recordAltered', 'stoppedLeading'] as const;

/** One candidate on such a lock, with its work and its news. */
export class OddCandidate {
  readonly clock = new VirtualClock();
  readonly lock: OddLock;
  readonly election: LeaderElection;
  readonly terms: Term[] = [];
  readonly news: ElectionNews[] = [];
  outcome: Outcome | null = null;
  error: unknown = null;

  constructor(options: Partial<LeaderElectionConfig> = {}, lock = new OddLock()) {
    this.lock = lock;
    this.election = new LeaderElection({
      lock,
      clock: this.clock,
      random: () => 0.4567,
      logger: false,
      onStartedLeading: (term) => {
        this.terms.push(term);
        return new Promise((resolve) => {
          term.signal.addEventListener('abort', resolve);
        });
      },
      ...options,
    });
    for (const type of HEARD) this.election.on(type, (news) => this.news.push(news));
    this.election.run().then(
      (outcome) => (this.outcome = outcome),
      (error: unknown) => (this.error = error),
    );
  }

  newsOf<T extends (typeof HEARD)[number]>(type: T): Extract<ElectionNews, { type: T }>[] {
    return this.news.filter((news) => news.type === type) as never;
  }
}
