import { LockError } from '../../errors/lock-error.js';
import type { LeaderElectionRecord } from '../../lock/record.js';
import type {
  LockCallOptions,
  LockNews,
  LockResult,
  LockUpdateOptions,
  LockWatch,
  LockWatcher,
  ResourceLock,
} from '../../lock/resource-lock.js';
import type { Clock } from '../../time/clock.js';
import type { InMemoryLockStore } from '../in-memory-lock.js';

export interface WireOptions {
  /** What the lock is called. */
  readonly description?: string;
  /** The lock can be watched, as those of Kubernetes can. Default: it is polled. */
  readonly watched?: boolean;
}

/** A candidate's way to the store, which the test can make slow or cut. */
export class Wire implements ResourceLock {
  readonly identity: string;
  readonly description: string;
  declare readonly watch?: (watcher: LockWatcher) => LockWatch;
  /** How long each answer takes, in ms. */
  delayMs = 0;
  /** The requests that were made, by their verbs. */
  readonly calls: string[] = [];
  readonly #store: InMemoryLockStore;
  readonly #lock: ResourceLock;
  readonly #clock: Clock;
  readonly #watches = new Set<WireWatch>();
  #cut: 'silent' | 'deaf' | null = null;
  /** What waits until the candidate is awake again; null: it is. */
  #asleep: (() => void)[] | null = null;

  constructor(
    store: InMemoryLockStore,
    clock: Clock,
    identity: string,
    { description = 'InMemoryLock', watched = false }: WireOptions = {},
  ) {
    this.#store = store;
    this.#lock = store.lock(identity);
    this.#clock = clock;
    this.identity = identity;
    this.description = description;
    if (watched) this.watch = (watcher) => this.#watch(watcher);
  }

  /** `silent`: requests arrive nowhere. `deaf`: they arrive, and no answer comes back. */
  get cut(): 'silent' | 'deaf' | null {
    return this.#cut;
  }

  set cut(cut) {
    const wasCut = this.#cut !== null;
    this.#cut = cut;
    // What is told in the meantime is lost, and that is known afterwards.
    if (wasCut && cut === null) for (const watch of this.#watches) watch.doubt();
  }

  /** Nothing reaches the candidate, but nothing is lost either. */
  sleep(): void {
    this.#asleep ??= [];
  }

  wake(): void {
    const waiting = this.#asleep ?? [];
    this.#asleep = null;
    for (const go of waiting) go();
  }

  get(options: LockCallOptions = {}): Promise<LockResult> {
    return this.#pass('get', options, () => this.#lock.get());
  }

  create(record: LeaderElectionRecord, options: LockCallOptions = {}): Promise<LockResult> {
    return this.#pass('create', options, () => this.#lock.create(record));
  }

  update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    const { base } = options;
    return this.#pass('update', options, () => this.#lock.update(record, { base }));
  }

  /**
   * Resolves when what has been sent arrives at the candidate; never if it is cut off by then.
   *
   * @internal
   */
  async arrival(): Promise<void> {
    if (this.delayMs > 0) {
      await new Promise((resolve) => this.#clock.setTimeout(resolve, this.delayMs));
    }
    if (this.#asleep !== null) await new Promise<void>((go) => this.#asleep?.push(go));
    if (this.#cut !== null) await new Promise(() => undefined);
  }

  async #pass(
    verb: string,
    { signal }: LockCallOptions,
    request: () => Promise<LockResult>,
  ): Promise<LockResult> {
    this.calls.push(verb);
    const givenUp = new Promise<LockResult>((resolve) => {
      signal?.addEventListener('abort', () => {
        const message = `${this.description}: the request was aborted`;
        resolve({ ok: false, error: new LockError(message, { kind: 'aborted' }) });
      });
    });
    if (this.#cut === 'silent') return givenUp;
    const answer = request();
    return Promise.race([givenUp, this.#answered(answer)]);
  }

  async #answered(answer: Promise<LockResult>): Promise<LockResult> {
    const result = await answer;
    await this.arrival();
    return result;
  }

  #watch(watcher: LockWatcher): LockWatch {
    const watch = new WireWatch(this, this.#store, watcher, () => this.#watches.delete(watch));
    this.#watches.add(watch);
    return watch;
  }
}

/** What is heard of the store over a wire. */
class WireWatch implements LockWatch {
  readonly #wire: Wire;
  readonly #watcher: LockWatcher;
  readonly #forget: () => void;
  #isClosed = false;

  constructor(wire: Wire, store: InMemoryLockStore, watcher: LockWatcher, closed: () => void) {
    this.#wire = wire;
    this.#watcher = watcher;
    const stop = store.onChange((news) => void this.#tell(news));
    this.#forget = () => {
      stop();
      closed();
    };
    void this.#open(false);
  }

  doubt(): void {
    void this.#open(true);
  }

  close(): void {
    this.#isClosed = true;
    this.#forget();
  }

  async #open(gap: boolean): Promise<void> {
    await this.#wire.arrival();
    if (!this.#isClosed) this.#watcher.opened(gap);
  }

  async #tell(news: LockNews): Promise<void> {
    await this.#wire.arrival();
    if (!this.#isClosed) this.#watcher.changed(news);
  }
}
