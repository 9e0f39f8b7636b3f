import { configMapFormat } from './config-map-format.js';
import { KubernetesLock } from './kubernetes-lock.js';
import type { KubernetesLockOptions } from './lock-options.js';

/** Options of {@link ConfigMapLock}. */
export type ConfigMapLockOptions = KubernetesLockOptions;

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
  constructor(options: ConfigMapLockOptions) {
    super(configMapFormat, options);
  }
}
