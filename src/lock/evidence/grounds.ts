import type { KubeConfigLike } from '../../kubernetes/kube-config-like.js';
import type { WatchEvent } from '../../kubernetes/watch/watch-events.js';
import { provesDeath } from './death.js';
import type { HolderProcess } from './holder.js';
import { holderIn } from './offer.js';
import { offerOf, type OwnOffer } from './own-offer.js';
import { type OwnProcess, readOwnProcess, type Unknown } from './own-process.js';
import { type PodSight, readPod } from './pod.js';

/** What evidence rests on: who we are, what we may offer, and what counts as a death. */
export interface Grounds {
  readonly process: (containerName?: string) => Promise<OwnProcess | Unknown>;
  /** The process that holds the lock by this record. */
  readonly holder: typeof holderIn;
  readonly offer: (pod: PodSight, self: OwnProcess) => OwnOffer;
  /** Whether what a watch tells of a pod proves that the process has ended. */
  readonly isDeath: (holder: HolderProcess, event: WatchEvent) => boolean;
}

export const REAL: Grounds = {
  process: (containerName) => readOwnProcess({ containerName }),
  holder: holderIn,
  offer: offerOf,
  // The last state of a pod that was deleted counts as any other: it is what the kubelet has told.
  isDeath: (holder, { object }) => {
    const pod = readPod(object);
    return pod !== null && provesDeath(holder, pod);
  },
};

const grounds = new WeakMap<KubeConfigLike, Grounds>();

/**
 * That of whoever is reached by this kubeconfig.
 *
 * @param given what it is at the first call; a simulated process has its own
 */
export function groundsFor(kubeConfig: KubeConfigLike, given: Grounds = REAL): Grounds {
  const known = grounds.get(kubeConfig) ?? given;
  grounds.set(kubeConfig, known);
  return known;
}
