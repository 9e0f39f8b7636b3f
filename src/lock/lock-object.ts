import { LockError } from '../errors/lock-error.js';
import { answerError, unusableAnswer, type ApiCall } from '../kubernetes/answer-error.js';
import type { ApiRequest, Progress } from '../kubernetes/api-request.js';
import { clientFor } from '../kubernetes/clients.js';
import {
  defaultNamespace,
  loadDefaultKubeConfig,
  type KubeConfigLike,
} from '../kubernetes/kube-config.js';
import { safeReason } from '../kubernetes/safe-reason.js';
import type { PodEvidence } from './evidence/pod-evidence.js';
import { readInTime, timeLimit } from './in-time.js';
import type { WriteAtExit } from './lock-at-exit.js';
import type { KubernetesLockOptions } from './lock-options.js';
import { collectionPath, objectPath } from './object-path.js';
import { loadEvidence } from './load-evidence.js';
import type { LeaderElectionRecord } from './record.js';
import type { LockSnapshot } from './resource-lock.js';
import { snapshotOf } from './snapshot-of.js';
import type { KubernetesObject, ObjectKind } from './stored-record.js';

export type Verb = 'get' | 'create' | 'update';

/** Where a lock's object is. */
export interface Endpoint {
  readonly kubeConfig: KubeConfigLike;
  readonly namespace: string;
}

export interface ObjectRequest {
  readonly signal?: AbortSignal | undefined;
  readonly query?: ApiRequest['query'];
  /** What is sent, given the namespace; undefined: nothing. */
  readonly body: (namespace: string) => KubernetesObject | undefined;
}

/** The object of one lock in the cluster: where it is, how it is asked for, and what it says. */
export class LockObject {
  readonly format: ObjectKind;
  readonly name: string;
  /** The option `podEvidence` is set. */
  readonly wantsEvidence: boolean;
  readonly #events: boolean;
  readonly #containerName: string | undefined;
  readonly #givenKubeConfig: KubeConfigLike | undefined;
  readonly #givenNamespace: string | undefined;
  #endpoint: Endpoint | null = null;
  #evidence: PodEvidence | null = null;
  #progress: Progress | null = null;

  constructor(format: ObjectKind, options: KubernetesLockOptions) {
    const { name, namespace, kubeConfig, events = false, podEvidence = false } = options;
    this.format = format;
    this.name = name;
    this.#events = events;
    this.wantsEvidence = podEvidence;
    this.#containerName = options.containerName;
    this.#givenKubeConfig = kubeConfig;
    this.#givenNamespace = namespace;
  }

  /** Undefined until the first request when it was left to the kubeconfig. */
  get namespace(): string | undefined {
    return this.#givenNamespace ?? this.#endpoint?.namespace;
  }

  get description(): string {
    const { namespace } = this;
    return `${this.format.kind} ${namespace === undefined ? '' : `${namespace}/`}${this.name}`;
  }

  /** Whether that is the same object, as far as it is known before anything is read. */
  isSameAs(other: LockObject): boolean {
    if (other.format.kind !== this.format.kind || other.name !== this.name) return false;
    const [ours, theirs] = [this.#givenKubeConfig, other.#givenKubeConfig];
    if (this.#givenNamespace !== other.#givenNamespace) return false;
    if (ours === theirs) return true;
    // Of another context the namespace may be another.
    if (ours === undefined || theirs === undefined || this.#givenNamespace === undefined)
      return false;
    const server = ours.getCurrentCluster()?.server;
    return server !== undefined && server === theirs.getCurrentCluster()?.server;
  }

  /** What the request under way waits for before anything is sent, in words; null once it is sent. */
  get waitsFor(): string | null {
    return this.#progress?.waitsFor ?? null;
  }

  /** Where it is; read from the kubeconfig at first. Rejects as {@link readInTime} does. */
  async endpoint(
    signal?: AbortSignal,
    begun: (progress: Progress) => void = () => undefined,
  ): Promise<Endpoint> {
    if (this.#endpoint !== null) return this.#endpoint;
    const timed = { subject: this.description, signal, begun };
    return readInTime(timed, () => this.#resolveEndpoint());
  }

  /** @throws LockError for every answer but the object as it is now */
  async request(verb: Verb, request: ObjectRequest): Promise<LockSnapshot> {
    let own: Progress | null = null;
    try {
      return await this.#send(verb, request, (progress) => {
        own = this.#progress = progress;
      });
    } finally {
      // It holds the caller's signal and a timer. Another request may have begun since.
      if (this.#progress === own) this.#progress = null;
    }
  }

  /** For a process that ends: what a write takes; null while it is not known where to send it. */
  writeAtExit(before: KubernetesObject, record: LeaderElectionRecord): WriteAtExit | null {
    const { format, name } = this;
    if (this.#endpoint === null) return null;
    const { kubeConfig, namespace } = this.#endpoint;
    const settings = clientFor(kubeConfig).lastSettings ?? null;
    const { path } = this.#route('update', namespace);
    const after = this.write(before, record);
    return settings === null ? null : { settings, path, name, format, before, after };
  }

  /** The terms in which errors speak of a request for it. */
  call(verb: ApiCall['verb'], namespace: string): ApiCall {
    const { name, wantsEvidence: podEvidence } = this;
    return { ...this.format, verb, namespace, name, events: this.#events, podEvidence };
  }

  /** The object as a snapshot; in words, what came instead. */
  read(json: unknown): LockSnapshot | string {
    const snapshot = snapshotOf(this.format, this.name, json);
    if (typeof snapshot === 'string' || this.#evidence === null) return snapshot;
    return this.#evidence.seen(snapshot);
  }

  /** It was deleted, at that version. */
  vanished(version: string): null {
    this.#evidence?.vanished(version);
    return null;
  }

  /** The object with this record, and with who holds the lock by it where that is to be told. */
  write(object: KubernetesObject, record: LeaderElectionRecord): KubernetesObject {
    const written = this.format.write(object, record);
    return this.#evidence?.written(written, record) ?? written;
  }

  /** Of who holds the lock; null unless the option `podEvidence` is set. Who needs none loads none. */
  async evidence(endpoint: Endpoint): Promise<PodEvidence | null> {
    if (!this.wantsEvidence || this.#evidence !== null) return this.#evidence;
    const { PodEvidence } = await loadEvidence();
    return (this.#evidence ??= new PodEvidence(endpoint, this.#containerName));
  }

  asLockError(error: unknown): LockError {
    if (error instanceof LockError) return error;
    return new LockError(`${this.description}: failed with ${safeReason(error)}.`, {
      kind: 'unknown',
    });
  }

  async #send(
    verb: Verb,
    { signal, query, body }: ObjectRequest,
    begun: (progress: Progress) => void,
  ): Promise<LockSnapshot> {
    const endpoint = this.#endpoint ?? (await this.endpoint(signal, begun));
    if (this.wantsEvidence) await this.evidence(endpoint);
    const { kubeConfig, namespace } = endpoint;
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
    const call = (): ApiCall => this.call(verb, namespace);
    if (answer.status < 200 || answer.status > 299) throw answerError(call(), answer);
    const snapshot = this.read(answer.json);
    if (typeof snapshot === 'string') throw unusableAnswer(call(), answer, snapshot);
    return snapshot;
  }

  #route(verb: Verb, namespace: string): { method: 'GET' | 'POST' | 'PUT'; path: string } {
    if (verb === 'create') return { method: 'POST', path: collectionPath(this.format, namespace) };
    const path = objectPath(this.format, namespace, this.name);
    return { method: verb === 'get' ? 'GET' : 'PUT', path };
  }

  async #resolveEndpoint(): Promise<Endpoint> {
    if (this.#endpoint !== null) return this.#endpoint;
    const kubeConfig = this.#givenKubeConfig ?? (await loadDefaultKubeConfig());
    const namespace = this.#givenNamespace ?? (await defaultNamespace(kubeConfig));
    return (this.#endpoint ??= { kubeConfig, namespace });
  }
}
