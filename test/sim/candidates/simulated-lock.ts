import { clientFor } from '../../../src/kubernetes/clients.js';
import type { KubeConfigLike } from '../../../src/kubernetes/kube-config.js';
import { type Grounds, groundsFor, REAL } from '../../../src/lock/evidence/grounds.js';
import type { OwnProcess } from '../../../src/lock/evidence/own-process.js';
import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import type { ResourceLock } from '../../../src/lock/resource-lock.js';
import type { Caller, Network } from '../world/network.js';

export type LockKind = 'Lease' | 'ConfigMap';

export const LOCK_NAME = 'simulated';

/** Where a ConfigMap keeps the record. */
export const ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

const COLLECTIONS: Readonly<Record<LockKind, string>> = {
  Lease: '/apis/coordination.k8s.io/v1/namespaces/default/leases',
  ConfigMap: '/api/v1/namespaces/default/configmaps',
};

export function collectionOf(kind: LockKind): string {
  return COLLECTIONS[kind];
}

export function pathOf(kind: LockKind): string {
  return `${COLLECTIONS[kind]}/${LOCK_NAME}`;
}

/** Which process it is in, and what it judges otherwise than it should. */
export interface Evidence {
  readonly own: OwnProcess;
  readonly seeded: Partial<Grounds>;
}

/** The real lock, on a simulated network. `open` holds the requests that are under way. */
export function simulatedLock(
  kind: LockKind,
  identity: string,
  network: Network,
  caller: Caller,
  open: Set<number>,
  evidence: Evidence | null = null,
): ResourceLock {
  const kubeConfig: KubeConfigLike = {
    getCurrentContext: () => 'simulated',
    getContextObject: () => null,
    getCurrentCluster: () => null,
    getCurrentUser: () => null,
    applyToHTTPSOptions: () => Promise.resolve(),
  };
  clientFor(kubeConfig, () => network.client(caller, open));
  const podEvidence = evidence !== null;
  if (podEvidence) {
    const process = (): Promise<OwnProcess> => Promise.resolve(evidence.own);
    groundsFor(kubeConfig, { ...REAL, process, ...evidence.seeded });
  }
  const labels = { app: 'simulated' };
  const options = {
    name: LOCK_NAME,
    namespace: 'default',
    identity,
    kubeConfig,
    labels,
    podEvidence,
  };
  return kind === 'Lease' ? new LeaseLock(options) : new ConfigMapLock(options);
}
