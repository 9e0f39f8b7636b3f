import { KubernetesLock } from './kubernetes-lock.js';
import type { KubernetesLockOptions } from './lock-options.js';

/*
 * The locks on objects of Kubernetes, a class for each of the kinds in `lock-kinds.ts`. Whatever
 * this file exports is published as it is.
 */

/**
 * An election on a `coordination.k8s.io/v1` Lease, the object that Kubernetes has for this. The
 * service account needs `create` on leases, and `get`, `update` and `watch` on this one.
 *
 * It can be used alone, and holds no state that an election depends on: every snapshot carries
 * what the next update needs.
 */
export class LeaseLock extends KubernetesLock {
  /** @throws ConfigError naming every option that is wrong, before any I/O */
  constructor(options: KubernetesLockOptions) {
    super('lease', options);
  }
}

/**
 * An election on the annotation `control-plane.alpha.kubernetes.io/leader` of a ConfigMap, as
 * Kubernetes clients did it before there were Leases, the Python client until its version 36. Prefer
 * {@link LeaseLock} unless candidates of such a client take part. Never mix the two: candidates with
 * the one and with the other have a leader each, even under the same name.
 *
 * fabric8 (Java) reads only its own form of that annotation, so it cannot share a ConfigMap with
 * any other client: what it wrote is understood here, and what others wrote it cannot read.
 */
export class ConfigMapLock extends KubernetesLock {
  /** @throws ConfigError naming every option that is wrong, before any I/O */
  constructor(options: KubernetesLockOptions) {
    super('configmap', options);
  }
}
