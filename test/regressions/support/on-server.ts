import { KubeConfig } from '@kubernetes/client-node';
import type {
  EndReason,
  LeaderElectionConfig,
} from '../../../src/config/leader-election-config.js';
import { LeaderElection } from '../../../src/election/leader-election.js';
import type { Term } from '../../../src/term/term.js';
import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import type { LeaderElectionRecord } from '../../../src/lock/record.js';
import type {
  LockCallOptions,
  LockResult,
  LockUpdateOptions,
  ResourceLock,
} from '../../../src/lock/resource-lock.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';
import { settle, VirtualClock } from '../../../src/testing/virtual-clock.js';

export type Verb = 'get' | 'create' | 'update';

/** A real lock whose calls the test can count, wait for, and hold up. */
export class WatchedLock implements ResourceLock {
  readonly identity: string;
  readonly description: string;
  readonly calls: Verb[] = [];
  /** Every record that was handed over to be written, in order. */
  readonly written: LeaderElectionRecord[] = [];
  /** What comes between the decision to call and the request itself. */
  before: (verb: Verb) => unknown = () => undefined;
  readonly #lock: ResourceLock;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(lock: ResourceLock) {
    this.#lock = lock;
    this.identity = lock.identity;
    this.description = lock.description;
  }

  get(options?: LockCallOptions): Promise<LockResult> {
    return this.#pass('get', () => this.#lock.get(options));
  }

  create(record: LeaderElectionRecord, options?: LockCallOptions): Promise<LockResult> {
    this.written.push(record);
    return this.#pass('create', () => this.#lock.create(record, options));
  }

  update(record: LeaderElectionRecord, options?: LockUpdateOptions): Promise<LockResult> {
    this.written.push(record);
    return this.#pass('update', () => this.#lock.update(record, options));
  }

  get underWay(): readonly Promise<unknown>[] {
    return [...this.#underWay];
  }

  #pass(verb: Verb, request: () => Promise<LockResult>): Promise<LockResult> {
    this.calls.push(verb);
    const answer = (async () => {
      await this.before(verb);
      return request();
    })();
    const settled = answer.catch(() => undefined);
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
    return answer;
  }
}

export interface ServedCandidate {
  readonly election: LeaderElection;
  readonly lock: WatchedLock;
  readonly terms: Term[];
  readonly stops: EndReason[];
  /** Resolves with the reason of the end; rejects if `run()` does. */
  readonly ended: Promise<EndReason>;
}

/**
 * Candidates with the real locks, over HTTP, on an API server inside this process. Time is virtual
 * and stands still while a request is under way.
 */
export class OnServer implements AsyncDisposable {
  readonly server: EmbeddedApiServer;
  readonly clock: VirtualClock;
  readonly all: ServedCandidate[] = [];

  private constructor(server: EmbeddedApiServer, clock: VirtualClock) {
    this.server = server;
    this.clock = clock;
  }

  static async start(): Promise<OnServer> {
    const clock = new VirtualClock();
    const server = await startEmbeddedApiServer({ now: () => new Date(clock.now().wallMs) });
    return new OnServer(server, clock);
  }

  get nowMs(): number {
    return this.clock.now().monotonicMs;
  }

  /** Starts a candidate whose work ends when it is told to. */
  join(
    identity: string,
    options: Partial<LeaderElectionConfig> = {},
    kind: 'Lease' | 'ConfigMap' = 'Lease',
  ): ServedCandidate {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions(this.server.kubeConfigObject());
    const Lock = kind === 'Lease' ? LeaseLock : ConfigMapLock;
    const lock = new WatchedLock(
      new Lock({ name: 'job', namespace: 'default', identity, kubeConfig }),
    );
    const terms: Term[] = [];
    const stops: EndReason[] = [];
    const election = new LeaderElection({
      lock,
      clock: this.clock,
      random: () => 0,
      logger: false,
      onStartedLeading: (term) => {
        terms.push(term);
        return new Promise((resolve) => {
          term.signal.addEventListener('abort', resolve);
        });
      },
      onStoppedLeading: (reason) => stops.push(reason),
      ...options,
    });
    const ended = election.run().then(({ reason }) => reason);
    const candidate = { election, lock, terms, stops, ended };
    this.all.push(candidate);
    return candidate;
  }

  /** Resolves when no request is under way and everything that follows from the last has been done. */
  async quiet(): Promise<void> {
    await settle();
    for (let waiting = this.#underWay(); waiting.length > 0; waiting = this.#underWay()) {
      await Promise.all(waiting);
      await settle();
    }
  }

  /** Lets time pass, and fails at the first moment at which two of them lead. */
  async pass(ms: number, stepMs = 50): Promise<void> {
    await this.quiet();
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs;) {
      await this.clock.advance(Math.min(stepMs, untilMs - this.nowMs));
      await this.quiet();
      const leading = this.leaders();
      if (leading.length > 1) throw new Error(`At ${this.nowMs} ms ${leading.join(' and ')} lead`);
    }
  }

  leaders(): string[] {
    return this.all.flatMap(({ election }) => (election.isLeader() ? [election.identity] : []));
  }

  /** The `spec` of the Lease. */
  get spec(): Record<string, unknown> {
    const lease = this.server.store.get({ resource: 'leases', name: 'job' });
    return (lease?.['spec'] ?? {}) as Record<string, unknown>;
  }

  /** Writes the Lease as another client would, whatever is there. */
  putLease(spec: Record<string, unknown>, metadata: Record<string, unknown> = {}): void {
    this.server.store.put({ kind: 'Lease', metadata: { ...metadata, name: 'job' }, spec });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Without a server, whoever still waits for an answer gets none.
    for (const { election } of this.all) election.actor.stop();
    for (const { ended } of this.all) ended.catch(() => undefined);
    await this.server.close();
  }

  #underWay(): Promise<unknown>[] {
    return this.all.flatMap(({ lock }) => lock.underWay);
  }
}
