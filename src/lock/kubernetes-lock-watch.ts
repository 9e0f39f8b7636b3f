import type { LockError } from '../errors/lock-error.js';
import { clientFor } from '../kubernetes/api-client.js';
import type { KubeConfigLike } from '../kubernetes/kube-config.js';
import { versionOf, type WatchEvent } from '../kubernetes/watch/watch-events.js';
import { hubFor, type Subscription } from '../kubernetes/watch/watch-hub.js';
import { collectionPath } from './object-path.js';
import type { LockSnapshot, LockWatch, LockWatcher } from './resource-lock.js';
import type { RecordFormat } from './stored-record.js';

/** Where a lock's object is. */
export interface Endpoint {
  readonly kubeConfig: KubeConfigLike;
  readonly namespace: string;
}

export interface WatchedObject {
  /** Null as long as the kubeconfig has not been read. */
  readonly endpoint: () => Endpoint | null;
  readonly resolveEndpoint: () => Promise<Endpoint>;
  readonly format: RecordFormat;
  readonly name: string;
  /** The object as a snapshot; in words, what came instead. */
  readonly read: (json: unknown) => LockSnapshot | string;
  readonly asLockError: (error: unknown) => LockError;
}

const RESOLVE_AGAIN_MS = 30_000;

/** The watch of one lock, on a stream that it may share with others. */
export class KubernetesLockWatch implements LockWatch {
  readonly #watcher: LockWatcher;
  readonly #object: WatchedObject;
  #subscription: Subscription | null = null;
  #closed = false;
  #retry: unknown = null;

  constructor(watcher: LockWatcher, object: WatchedObject) {
    this.#watcher = watcher;
    this.#object = object;
    // At once where possible: a candidate that becomes the leader keeps its connection only then.
    const endpoint = object.endpoint();
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

  /** A kubeconfig that cannot be had now may be there later, as a mounted file that comes late. */
  async #resolve(): Promise<void> {
    try {
      const endpoint = await this.#object.resolveEndpoint();
      if (!this.#closed) this.#subscribe(endpoint);
    } catch (error) {
      if (this.#closed) return;
      this.#watcher.failed(this.#object.asLockError(error));
      this.#retry = this.#watcher.clock.setTimeout(() => void this.#resolve(), RESOLVE_AGAIN_MS);
    }
  }

  #subscribe({ kubeConfig, namespace }: Endpoint): void {
    const { format, name } = this.#object;
    const { clock, random } = this.#watcher;
    const call = { ...format, verb: 'watch' as const, namespace, name };
    const target = { path: collectionPath(format, namespace), call, name: null };
    const hub = hubFor(clientFor(kubeConfig), target, { clock, random });
    this.#subscription = hub.subscribe(name, {
      changed: (event) => {
        this.#changed(event);
      },
      opened: (gap) => {
        if (!this.#closed) this.#watcher.opened(gap);
      },
      failed: (error) => {
        if (!this.#closed) this.#watcher.failed(error);
      },
    });
  }

  #changed({ type, object }: WatchEvent): void {
    const version = versionOf(object);
    if (this.#closed || version === null) return;
    const snapshot = type === 'DELETED' ? null : this.#object.read(object);
    if (typeof snapshot === 'string') return;
    this.#watcher.changed({ snapshot, version });
  }
}
