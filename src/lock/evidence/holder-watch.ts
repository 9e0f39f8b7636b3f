import type { ApiTransport } from '../../kubernetes/api-client.js';
import type { WatchEvent } from '../../kubernetes/watch/watch-events.js';
import { WatchLoop } from '../../kubernetes/watch/watch-loop.js';
import { collectionPath } from '../object-path.js';
import type { LockWatcher } from '../resource-lock.js';
import { isGone, isOfThisInstance, isSelf } from './death.js';
import type { Grounds } from './grounds.js';
import { type HolderProcess, keyOf } from './holder.js';
import type { OwnPod } from './own-pod.js';
import { podCall, PODS } from './pods.js';

export interface HolderWatchOptions extends Pick<Grounds, 'isDeath'> {
  readonly transport: ApiTransport;
  /** That of the lock: pods elsewhere offer nothing. */
  readonly namespace: string;
  readonly own: Pick<OwnPod, 'process'>;
  readonly watcher: LockWatcher;
}

/**
 * Watches the pod of the process that holds the lock, as long as the lock names one: one at a time,
 * never its own, and not that of one whose end has been told.
 */
export class HolderWatch {
  readonly #options: HolderWatchOptions;
  /** Of the process that is watched, or whose end was told; null: none. */
  #key: string | null = null;
  /** Counts what was followed: what was begun for one before has no say any more. */
  #turn = 0;
  #loop: WatchLoop | null = null;
  #isClosed = false;
  #saidFailed = false;

  constructor(options: HolderWatchOptions) {
    this.#options = options;
  }

  /** The lock is held by this process now; null: by one that offers nothing, or by nobody. */
  follow(holder: HolderProcess | null): void {
    const key = holder === null ? null : keyOf(holder);
    if (this.#isClosed || key === this.#key) return;
    this.#letGo();
    this.#key = key;
    if (holder !== null) void this.#begin(holder, this.#turn);
  }

  close(): void {
    this.#isClosed = true;
    this.#letGo();
  }

  #letGo(): void {
    this.#loop?.close();
    this.#loop = null;
    this.#key = null;
    this.#turn += 1;
  }

  /** Never rejects. What cannot be told by looking is not taken for a death. */
  async #begin(holder: HolderProcess, turn: number): Promise<void> {
    const self = await this.#options.own.process();
    if (self !== null && isSelf(holder, self)) return;
    if (self !== null && isOfThisInstance(holder, self)) {
      const isDead = await self.startOf(holder.pid).then(
        (startTicks) => isGone(holder, startTicks),
        () => false,
      );
      if (isDead && this.#turn === turn) {
        this.#tell(
          holder,
          `the process before this one in container ${holder.container} has ended`,
        );
        return;
      }
    }
    if (this.#turn === turn) this.#watch(holder);
  }

  #watch(holder: HolderProcess): void {
    const { transport, namespace, watcher } = this.#options;
    const { clock, random } = watcher;
    const name = holder.pod;
    const target = { path: collectionPath(PODS, namespace), name };
    this.#loop = new WatchLoop({
      transport,
      clock,
      random,
      target: { ...target, call: podCall('watch', namespace, name) },
      event: (event) => {
        this.#heard(holder, event);
      },
      opened: () => undefined,
      failed: (error) => {
        // It is set up again, and the lease is waited for meanwhile, of which nobody needs to hear twice.
        if (this.#saidFailed || error.kind !== 'forbidden') return;
        this.#saidFailed = true;
        watcher.evidenceFailed?.(error);
      },
    });
  }

  #heard(holder: HolderProcess, event: WatchEvent): void {
    if (!this.#options.isDeath(holder, event)) return;
    const where = `container ${holder.container} of Pod ${this.#options.namespace}/${holder.pod}`;
    this.#tell(holder, `the kubelet says that ${where} has ended`);
  }

  #tell(holder: HolderProcess, evidence: string): void {
    this.#loop?.close();
    this.#loop = null;
    this.#options.watcher.holderDied?.({ holder: keyOf(holder), evidence });
  }
}
