import { clientFor } from '../../kubernetes/clients.js';
import { isNewer } from '../../kubernetes/resource-version.js';
import type { Endpoint } from '../lock-object.js';
import type { LeaderElectionRecord } from '../record.js';
import type { LockSnapshot, LockWatcher } from '../resource-lock.js';
import type { KubernetesObject } from '../stored-record.js';
import { type Grounds, groundsFor } from './grounds.js';
import { type HolderProcess, keyOf } from './holder.js';
import { HolderWatch } from './holder-watch.js';
import { withOffer } from './offer.js';
import { OwnPod } from './own-pod.js';

/**
 * Tells when the process that holds a lock has ended, by what the kubelet says, and writes into the
 * lock which process we are. For one lock; loaded only where the option `podEvidence` is set.
 */
export class PodEvidence {
  readonly #endpoint: Endpoint;
  readonly #grounds: Grounds;
  readonly #own: OwnPod;
  readonly #watches = new Set<HolderWatch>();
  /** What the lock has shown last, of whatever source. */
  #version: string | null = null;
  #holder: HolderProcess | null = null;

  constructor(endpoint: Endpoint, containerName: string | undefined) {
    this.#endpoint = endpoint;
    this.#grounds = groundsFor(endpoint.kubeConfig);
    this.#own = new OwnPod(endpoint, this.#grounds, containerName);
  }

  /** The object as it is to be written: a record of ours says who holds the lock by it. */
  written(object: KubernetesObject, record: LeaderElectionRecord): KubernetesObject {
    return withOffer(object, record, this.#own.offer);
  }

  /** The lock was read, or the watch has told of it: what it shows, with the process that holds it. */
  seen(snapshot: LockSnapshot): LockSnapshot {
    const holder = this.#grounds.holder(snapshot.object, snapshot.record);
    this.#see(snapshot.version, holder);
    return holder === null ? snapshot : { ...snapshot, holder: keyOf(holder) };
  }

  /** There is no object any more. */
  vanished(version: string): void {
    this.#see(version, null);
  }

  /** From now on it is told when the process that holds the lock has ended; until that is called. */
  watch(watcher: LockWatcher): () => void {
    const stopReading = this.#own.read(watcher);
    const transport = clientFor(this.#endpoint.kubeConfig);
    const { namespace } = this.#endpoint;
    const watch = new HolderWatch({
      transport,
      namespace,
      own: this.#own,
      isDeath: this.#grounds.isDeath,
      watcher,
    });
    this.#watches.add(watch);
    watch.follow(this.#holder);
    return () => {
      this.#watches.delete(watch);
      watch.close();
      stopReading();
    };
  }

  /** What is older than what is known tells nothing, and so does the answer to a dry run. */
  #see(version: string, holder: HolderProcess | null): void {
    if (!isNewer(version, this.#version)) return;
    this.#version = version;
    this.#holder = holder;
    for (const watch of this.#watches) watch.follow(holder);
  }
}
