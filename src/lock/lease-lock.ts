import { KubernetesLock } from './kubernetes-lock.js';
import { leaseFormat } from './lease-format.js';
import type { KubernetesLockOptions } from './lock-options.js';

/** Options of {@link LeaseLock}. */
export type LeaseLockOptions = KubernetesLockOptions;

/**
 * An election on a `coordination.k8s.io/v1` Lease, the object that Kubernetes has for this. The
 * service account needs `create` on leases, and `get`, `update` and `watch` on this one.
 *
 * It can be used alone, and holds no state that an election depends on: every snapshot carries
 * what the next update needs.
 */
export class LeaseLock extends KubernetesLock {
  /** @throws ConfigError naming every option that is wrong, before any I/O */
  constructor(options: LeaseLockOptions) {
    super(leaseFormat, options);
  }
}
