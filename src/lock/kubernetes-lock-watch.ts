import type { LockError } from '../errors/lock-error.js';
import { clientFor } from '../kubernetes/api-client.js';
import type { KubeConfigLike } from '../kubernetes/kube-config.js';
import { versionOf, type WatchEvent } from '../kubernetes/watch/watch-events.js';
import { hubFor, type Subscription } from '../kubernetes/watch/watch-hub.js';
import type { Watcher } from '../kubernetes/watch/watchers.js';
import { collectionPath } from './object-path.js';
import type { LockSnapshot, LockWatch, LockWatcher } from './resource-lock.js';
import type { ObjectKind } from './stored-record.js';

/** Where a lock's object is. */
export interface Endpoint {
  readonly kubeConfig: KubeConfigLike;
  readonly namespace: string;
}

/** What a watch needs of a lock and nobody else may have. One for all locks of a class. */
export interface LockInsides<Lock> {
  readonly kind: (lock: Lock) => ObjectKind;
  /** Null as long as the kubeconfig has not been read. */
  readonly endpoint: (lock: Lock) => Endpoint | null;
  readonly resolveEndpoint: (lock: Lock) => Promise<Endpoint>;
  /** The object as a snapshot; in words, what came instead. */
  readonly read: (lock: Lock, json: unknown) => LockSnapshot | string;
  readonly asLockError: (lock: Lock, error: unknown) => LockError;
}

const RESOLVE_AGAIN_MS = 30_000;

/** The watch of one lock, on a stream that it may share with others. */
export class KubernetesLockWatch<Lock extends { readonly name: string }>
  implements LockWatch, Watcher
{
  readonly #watcher: LockWatcher;
  readonly #lock: Lock;
  readonly #insides: LockInsides<Lock>;
  #subscription: Subscription | null = null;
  #closed = false;
  #retry: unknown = null;

  constructor(watcher: LockWatcher, lock: Lock, insides: LockInsides<Lock>) {
    this.#watcher = watcher;
    this.#lock = lock;
    this.#insides = insides;
    // At once where possible: a candidate that becomes the leader keeps its connection only then.
    const endpoint = insides.endpoint(lock);
    if (endpoint !== null) this.#subscribe(endpoint);
    else void this.#resolve();
  }

  doubt(): void {
    this.#subscription?.doubt();
  }

  close(): void {
    this.#closed = true;
    this.#subscription?.close();
    this.#watcher.clock.clearTimeout(this.#retry);
  }

  changed({ type, object }: WatchEvent): void {
    const version = versionOf(object);
    if (this.#closed || version === null) return;
    const snapshot = type === 'DELETED' ? null : this.#insides.read(this.#lock, object);
    if (typeof snapshot === 'string') return;
    this.#watcher.changed({ snapshot, version });
  }

  opened(gap: boolean): void {
    if (!this.#closed) this.#watcher.opened(gap);
  }

  failed(error: LockError): void {
    if (!this.#closed) this.#watcher.failed(error);
  }

  /** A kubeconfig that cannot be had now may be there later, as a mounted file that comes late. */
  async #resolve(): Promise<void> {
    try {
      const endpoint = await this.#insides.resolveEndpoint(this.#lock);
      if (!this.#closed) this.#subscribe(endpoint);
    } catch (error) {
      if (this.#closed) return;
      this.#watcher.failed(this.#insides.asLockError(this.#lock, error));
      this.#retry = this.#watcher.clock.setTimeout(() => void this.#resolve(), RESOLVE_AGAIN_MS);
    }
  }

  #subscribe({ kubeConfig, namespace }: Endpoint): void {
    const { name } = this.#lock;
    const kind = this.#insides.kind(this.#lock);
    const { clock, random } = this.#watcher;
    const call = { ...kind, verb: 'watch' as const, namespace, name };
    const target = { path: collectionPath(kind, namespace), call, name: null };
    const hub = hubFor(clientFor(kubeConfig), target, { clock, random });
    this.#subscription = hub.subscribe(name, this);
  }
}
