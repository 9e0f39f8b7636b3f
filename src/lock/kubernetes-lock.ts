import { LockError } from '../errors/lock-error.js';
import { answerError, unusableAnswer, type ApiCall } from '../kubernetes/answer-error.js';
import { clientFor } from '../kubernetes/api-client.js';
import type { ApiRequest, Progress } from '../kubernetes/api-request.js';
import {
  defaultNamespace,
  loadDefaultKubeConfig,
  type KubeConfigLike,
} from '../kubernetes/kube-config.js';
import { safeReason } from '../kubernetes/safe-reason.js';
import { readInTime, timeLimit } from './in-time.js';
import { type Endpoint, KubernetesLockWatch, type LockInsides } from './kubernetes-lock-watch.js';
import { LOCK_KINDS, type LockKind } from './lock-kinds.js';
import { checkLockOptions, defaultIdentity, type KubernetesLockOptions } from './lock-options.js';
import { dryRunRecord } from './next-record.js';
import { collectionPath, objectPath } from './object-path.js';
import { type LeaderElectionRecord, requireRecord } from './record.js';
import type {
  LockCallOptions,
  LockResult,
  LockSnapshot,
  LockUpdateOptions,
  LockWatch,
  LockWatcher,
  ResourceLock,
} from './resource-lock.js';
import { snapshotOf, writableObject } from './snapshot-of.js';
import { storable, type KubernetesObject, type ObjectKind } from './stored-record.js';

type Verb = 'get' | 'create' | 'update';

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
  static readonly #insides: LockInsides<KubernetesLock> = {
    kind: (lock) => lock.#kind,
    endpoint: (lock) => lock.#endpoint,
    resolveEndpoint: (lock) => {
      const timed = { subject: lock.description, signal: undefined, begun: () => undefined };
      return readInTime(timed, () => lock.#resolveEndpoint());
    },
    read: (lock, json) => snapshotOf(lock.#kind, lock.#name, json),
    asLockError: (lock, error) => lock.#asLockError(error),
  };

  readonly #kind: ObjectKind;
  readonly #name: string;
  readonly #identity: string;
  readonly #labels: Readonly<Record<string, string>> | undefined;
  readonly #givenKubeConfig: KubeConfigLike | undefined;
  readonly #givenNamespace: string | undefined;
  #endpoint: Endpoint | null = null;
  #progress: Progress | null = null;
  /** For stand-alone use only; the election always says what its update is based on. */
  #last: LockSnapshot | null = null;

  /** @throws ConfigError naming every option that is wrong, before any I/O */
  constructor(kind: LockKind, options: KubernetesLockOptions) {
    checkLockOptions(`${LOCK_KINDS[kind].kind}Lock`, options);
    this.#kind = LOCK_KINDS[kind];
    this.#name = options.name;
    this.#identity = options.identity ?? defaultIdentity();
    this.#labels = options.labels === undefined ? undefined : { ...options.labels };
    this.#givenKubeConfig = options.kubeConfig;
    this.#givenNamespace = options.namespace;
  }

  get name(): string {
    return this.#name;
  }

  /** Undefined until the first call when it was left to the kubeconfig. */
  get namespace(): string | undefined {
    return this.#givenNamespace ?? this.#endpoint?.namespace;
  }

  get identity(): string {
    return this.#identity;
  }

  /** What the call under way waits for before anything is sent, in words; null once it is sent. */
  get waitsFor(): string | null {
    return this.#progress?.waitsFor ?? null;
  }

  get description(): string {
    const { namespace } = this;
    return `${this.#kind.kind} ${namespace === undefined ? '' : `${namespace}/`}${this.#name}`;
  }

  /** Reads the object: GET. `notFound` when it does not exist. */
  get(options: LockCallOptions = {}): Promise<LockResult> {
    return this.#perform('get', options, () => undefined);
  }

  /**
   * Creates the object with this record: POST. `conflict` when it exists already.
   *
   * @throws ConfigError when it is called without a record
   */
  async create(record: LeaderElectionRecord, options: LockCallOptions = {}): Promise<LockResult> {
    requireRecord(`${this.#kind.kind}Lock`, 'create', record);
    return this.#perform('create', options, (namespace) => {
      const metadata = {
        name: this.#name,
        namespace,
        ...(this.#labels === undefined ? {} : { labels: this.#labels }),
      };
      const { apiVersion, kind } = this.#kind;
      return this.#kind.write({ apiVersion, kind, metadata }, this.#storable(record));
    });
  }

  /**
   * Sends the object of `base` back with this record: PUT, conditional on its `resourceVersion`.
   * Everything else in the object stays. `conflict` when it has changed since.
   *
   * @throws ConfigError when it is called without a record
   */
  async update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    requireRecord(`${this.#kind.kind}Lock`, 'update', record);
    return this.#perform('update', options, () => {
      const base = this.#baseObject(options.base ?? this.#last);
      return this.#kind.write(base, this.#storable(record));
    });
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
      const body = (): KubernetesObject => this.#kind.write(this.#baseObject(base), renewed);
      const answer = await this.#exchange('update', options, body, { dryRun: 'All' });
      // A server that has stored it after all tells nothing of what was there.
      if (answer.version !== base.version || answer.writtenAtMs === undefined) return undefined;
      return answer.writtenAtMs - base.writtenAtMs;
    } catch (error) {
      throw this.#asLockError(error);
    }
  }

  /** Watches the object; together with others of its kind in the namespace where that is allowed. */
  watch(watcher: LockWatcher): LockWatch {
    return new KubernetesLockWatch(watcher, this, KubernetesLock.#insides);
  }

  toJSON(): KubernetesLockJson {
    const { namespace } = this;
    return {
      kind: this.#kind.kind,
      name: this.#name,
      ...(namespace === undefined ? {} : { namespace }),
      identity: this.#identity,
    };
  }

  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    return `${this.#kind.kind}Lock ${inspect(this.toJSON(), options)}`;
  }

  async #perform(
    verb: Verb,
    options: LockCallOptions,
    body: (namespace: string) => KubernetesObject | undefined,
  ): Promise<LockResult> {
    try {
      const snapshot = await this.#exchange(verb, options, body);
      this.#last = snapshot;
      return { ok: true, ...snapshot };
    } catch (error) {
      return { ok: false, error: this.#asLockError(error) };
    }
  }

  async #exchange(
    verb: Verb,
    { signal }: LockCallOptions,
    body: (namespace: string) => KubernetesObject | undefined,
    query?: ApiRequest['query'],
  ): Promise<LockSnapshot> {
    const begun = (progress: Progress): void => void (this.#progress = progress);
    const timed = { subject: this.description, signal, begun };
    const { kubeConfig, namespace } =
      this.#endpoint ?? (await readInTime(timed, () => this.#resolveEndpoint()));
    const { method, path } = this.#route(verb, namespace);
    const answer = await clientFor(kubeConfig).request({
      method,
      path,
      query,
      body: body(namespace),
      subject: this.description,
      begun,
      signal,
      timeoutMs: timeLimit(signal),
    });
    const call = (): ApiCall => ({ ...this.#kind, verb, namespace, name: this.#name });
    if (answer.status < 200 || answer.status > 299) throw answerError(call(), answer);
    const snapshot = snapshotOf(this.#kind, this.#name, answer.json);
    if (typeof snapshot === 'string') throw unusableAnswer(call(), answer, snapshot);
    return snapshot;
  }

  #route(verb: Verb, namespace: string): { method: 'GET' | 'POST' | 'PUT'; path: string } {
    const kind = this.#kind;
    if (verb === 'create') return { method: 'POST', path: collectionPath(kind, namespace) };
    const path = objectPath(kind, namespace, this.#name);
    return { method: verb === 'get' ? 'GET' : 'PUT', path };
  }

  async #resolveEndpoint(): Promise<Endpoint> {
    if (this.#endpoint !== null) return this.#endpoint;
    const kubeConfig = this.#givenKubeConfig ?? (await loadDefaultKubeConfig());
    const namespace = this.#givenNamespace ?? (await defaultNamespace(kubeConfig));
    return (this.#endpoint ??= { kubeConfig, namespace });
  }

  #baseObject(base: LockSnapshot | null): KubernetesObject {
    if (base === null) {
      throw this.#refuse('nothing to base the update on: call get() first, or pass base');
    }
    const object = writableObject(base, this.#name);
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

  #asLockError(error: unknown): LockError {
    if (error instanceof LockError) return error;
    return new LockError(`${this.description}: failed with ${safeReason(error)}.`, {
      kind: 'unknown',
    });
  }
}
