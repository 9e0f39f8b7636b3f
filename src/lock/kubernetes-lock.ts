import { LockError } from '../errors/lock-error.js';
import { KubernetesLockWatch } from './kubernetes-lock-watch.js';
import { LOCK_KINDS, type LockKind } from './lock-kinds.js';
import { LockObject, type ObjectRequest, type Verb } from './lock-object.js';
import type { WriteAtExit } from './lock-at-exit.js';
import { checkLockOptions, defaultIdentity, type KubernetesLockOptions } from './lock-options.js';
import { dryRunRecord } from './next-record.js';
import { type LeaderElectionRecord, requireRecord } from './record.js';
import type {
  LockCallOptions,
  LockEvent,
  LockResult,
  LockSnapshot,
  LockUpdateOptions,
  LockWatch,
  LockWatcher,
  ResourceLock,
} from './resource-lock.js';
import { writableObject } from './snapshot-of.js';
import { storable, type KubernetesObject } from './stored-record.js';

/** What {@link KubernetesLock} shows of itself in JSON and in the console. */
export interface KubernetesLockJson {
  readonly kind: string;
  readonly name: string;
  /** Absent until the first call when it was left to the kubeconfig. */
  readonly namespace?: string;
  readonly identity: string;
}

/** A lock on an object of any kind that can be one. Everything private is hidden from logs. */
export class KubernetesLock implements ResourceLock {
  readonly #object: LockObject;
  readonly #identity: string;
  readonly #labels: Readonly<Record<string, string>> | undefined;
  /** Absent unless the option `events` is set. */
  declare readonly recordEvent?: (event: LockEvent, options?: LockCallOptions) => Promise<void>;
  /** For stand-alone use, and Events; the election always says what its update is based on. */
  #last: LockSnapshot | null = null;

  /**
   * @throws ConfigError naming every option that is wrong, before any I/O
   * @internal
   */
  constructor(kind: LockKind, options: KubernetesLockOptions) {
    checkLockOptions(`${LOCK_KINDS[kind].kind}Lock`, options);
    this.#object = new LockObject(LOCK_KINDS[kind], options);
    this.#identity = options.identity ?? defaultIdentity();
    this.#labels = options.labels === undefined ? undefined : { ...options.labels };
    if (options.events === true) this.recordEvent = this.#recordEvent;
  }

  get name(): string {
    return this.#object.name;
  }

  /** Undefined until the first call when it was left to the kubeconfig. */
  get namespace(): string | undefined {
    return this.#object.namespace;
  }

  get identity(): string {
    return this.#identity;
  }

  /** @internal */
  get wantsEvidence(): boolean {
    return this.#object.wantsEvidence;
  }

  /** @internal */
  isSameObject(lock: unknown): boolean {
    return lock instanceof KubernetesLock && this.#object.isSameAs(lock.#object);
  }

  /** What the call under way waits for before anything is sent, in words; null once it is sent. */
  get waitsFor(): string | null {
    return this.#object.waitsFor;
  }

  get description(): string {
    return this.#object.description;
  }

  /** Reads the object: GET. `notFound` when it does not exist. */
  get(options: LockCallOptions = {}): Promise<LockResult> {
    return this.#perform('get', { signal: options.signal, body: () => undefined });
  }

  /**
   * Creates the object with this record: POST. `conflict` when it exists already.
   *
   * @throws ConfigError when it is called without a record
   */
  async create(record: LeaderElectionRecord, options: LockCallOptions = {}): Promise<LockResult> {
    const { format, name } = this.#object;
    const { apiVersion, kind } = format;
    requireRecord(`${kind}Lock`, 'create', record);
    const body = (namespace: string): KubernetesObject => {
      const labels = this.#labels === undefined ? {} : { labels: this.#labels };
      const metadata = { name, namespace, ...labels };
      return this.#object.write({ apiVersion, kind, metadata }, this.#storable(record));
    };
    return this.#perform('create', { signal: options.signal, body });
  }

  /**
   * Sends the object of `base` back with this record: PUT, conditional on its `resourceVersion`.
   * Everything else in the object stays. `conflict` when it has changed since.
   *
   * @throws ConfigError when it is called without a record
   */
  async update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    const { format } = this.#object;
    requireRecord(`${format.kind}Lock`, 'update', record);
    const body = (): KubernetesObject =>
      this.#object.write(this.#baseObject(options.base ?? this.#last), this.#storable(record));
    return this.#perform('update', { signal: options.signal, body });
  }

  /**
   * How long ago the object of `base` was last written, in milliseconds, by the clock of the API
   * server. That server is asked for its present time by a dry run of a renewal: a PUT that it
   * checks, dates and answers like any other and does not store. It needs the right to `update`.
   * Undefined when the object has changed since, or the dates are missing.
   *
   * @throws LockError when the request is refused or not answered
   */
  async writtenAgo(base: LockSnapshot, options: LockCallOptions = {}): Promise<number | undefined> {
    if (base.writtenAtMs === undefined) return undefined;
    try {
      const renewed = dryRunRecord(base.record, this.#identity);
      const answer = await this.#object.request('update', {
        signal: options.signal,
        query: { dryRun: 'All' },
        body: () => this.#object.format.write(this.#baseObject(base), renewed),
      });
      // A server that has stored it after all tells nothing of what was there.
      if (answer.version !== base.version || answer.writtenAtMs === undefined) return undefined;
      return answer.writtenAtMs - base.writtenAtMs;
    } catch (error) {
      throw this.#object.asLockError(error);
    }
  }

  /** Watches the object; together with others of its kind in the namespace where that is allowed. */
  watch(watcher: LockWatcher): LockWatch {
    return new KubernetesLockWatch(watcher, this.#object);
  }

  /** @internal */
  writeAtExit(record: LeaderElectionRecord, base: LockSnapshot): WriteAtExit | null {
    return this.#object.writeAtExit(this.#baseObject(base), this.#storable(record));
  }

  toJSON(): KubernetesLockJson {
    const { namespace } = this;
    return {
      kind: this.#object.format.kind,
      name: this.#object.name,
      ...(namespace === undefined ? {} : { namespace }),
      identity: this.#identity,
    };
  }

  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    return `${this.#object.format.kind}Lock ${inspect(this.toJSON(), options)}`;
  }

  /** Rejects with a LockError. Who needs no Events does not load what writes them. */
  async #recordEvent(event: LockEvent, { signal }: LockCallOptions = {}): Promise<void> {
    try {
      const { writeEvent } = await import('./kubernetes-event.js');
      const about = { identity: this.#identity, seen: this.#last };
      await writeEvent(this.#object, { ...about, ...event }, signal);
    } catch (error) {
      throw this.#object.asLockError(error);
    }
  }

  async #perform(verb: Verb, request: ObjectRequest): Promise<LockResult> {
    try {
      const snapshot = await this.#object.request(verb, request);
      this.#last = snapshot;
      return { ok: true, ...snapshot };
    } catch (error) {
      return { ok: false, error: this.#object.asLockError(error) };
    }
  }

  #baseObject(base: LockSnapshot | null): KubernetesObject {
    if (base === null) {
      throw this.#refuse('nothing to base the update on: call get() first, or pass base');
    }
    const object = writableObject(base, this.#object.name);
    if (typeof object === 'string') throw this.#refuse(`the base of the update ${object}`);
    return object;
  }

  #storable(record: LeaderElectionRecord): LeaderElectionRecord {
    const checked = storable(record);
    if (typeof checked === 'string') throw this.#refuse(`the record cannot be stored: ${checked}`);
    return checked;
  }

  /** Nothing was sent. */
  #refuse(why: string): LockError {
    return new LockError(`${this.description}: ${why}.`, { kind: 'invalid' });
  }
}
