import type { LockError } from '../errors/lock-error.js';
import { clientFor } from '../kubernetes/clients.js';
import { versionOf, type WatchEvent } from '../kubernetes/watch/watch-events.js';
import { hubFor, type WatchHub } from '../kubernetes/watch/watch-hub.js';
import type { Watcher } from '../kubernetes/watch/watchers.js';
import type { Endpoint, LockObject } from './lock-object.js';
import { collectionPath } from './object-path.js';
import type { LockWatch, LockWatcher } from './resource-lock.js';

const RESOLVE_AGAIN_MS = 30_000;

/** The watch of one lock, on a stream that it may share with others. */
export class KubernetesLockWatch implements LockWatch, Watcher {
  readonly #watcher: LockWatcher;
  readonly #object: LockObject;
  /** Null as long as the kubeconfig has not been read. */
  #hub: WatchHub | null = null;
  #closed = false;
  /** Lets go of what tells of the holder's death. */
  #closeEvidence = (): void => undefined;
  #retry: unknown = null;

  constructor(watcher: LockWatcher, object: LockObject) {
    this.#watcher = watcher;
    this.#object = object;
    void this.#begin();
  }

  doubt(): void {
    this.#hub?.doubt(this.#object.name, this);
  }

  close(): void {
    this.#closed = true;
    this.#closeEvidence();
    this.#hub?.unsubscribe(this.#object.name, this);
    this.#watcher.clock.clearTimeout(this.#retry);
  }

  changed({ type, object }: WatchEvent): void {
    const version = versionOf(object);
    if (this.#closed || version === null) return;
    const snapshot =
      type === 'DELETED' ? this.#object.vanished(version) : this.#object.read(object);
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
  async #begin(): Promise<void> {
    try {
      const endpoint = await this.#object.endpoint();
      if (this.#object.wantsEvidence) await this.#tellOfDeaths(endpoint);
      if (!this.#closed) this.#subscribe(endpoint);
    } catch (error) {
      if (this.#closed) return;
      this.#retry = this.#watcher.clock.setTimeout(() => void this.#begin(), RESOLVE_AGAIN_MS);
      // Last, because whoever hears of it may close the watch.
      this.#watcher.failed(this.#object.asLockError(error));
    }
  }

  async #tellOfDeaths(endpoint: Endpoint): Promise<void> {
    const evidence = await this.#object.evidence(endpoint);
    if (evidence !== null && !this.#closed) this.#closeEvidence = evidence.watch(this.#watcher);
  }

  #subscribe({ kubeConfig, namespace }: Endpoint): void {
    const { name, format } = this.#object;
    const { clock, random } = this.#watcher;
    const call = this.#object.call('watch', namespace);
    const target = { path: collectionPath(format, namespace), call, name: null };
    this.#hub = hubFor(clientFor(kubeConfig), target, { clock, random });
    this.#hub.subscribe(name, this);
  }
}
