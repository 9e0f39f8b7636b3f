import { KubernetesLock } from '../../lock/kubernetes-lock.js';
import { defaultNamespace } from '../../kubernetes/kube-config.js';
import { loadKubeConfig } from '../connect.js';
import type { CommonOptions } from '../options.js';

/** Which lock a candidate of `run` competes for, and how. */
export interface LockWanted {
  readonly common: CommonOptions & { readonly name: string };
  /** Write Events about the lock. */
  readonly events: boolean;
  /** Go by what the kubelet says of the container of a leader. */
  readonly podEvidence: boolean;
}

/**
 * Its namespace is known, so that each line of the log can name it.
 *
 * @throws {UsageError | LockError} where the kubeconfig cannot be used
 */
export async function openLock(wanted: LockWanted): Promise<KubernetesLock> {
  const { common, events, podEvidence } = wanted;
  const { name, namespace, identity, kind, connection } = common;
  const kubeConfig = await loadKubeConfig(connection);
  if (podEvidence) (await import('./container-evidence.js')).goByContainer(kubeConfig);
  return new KubernetesLock(kind, {
    name,
    events,
    podEvidence,
    kubeConfig,
    namespace: namespace ?? (await defaultNamespace(kubeConfig)),
    ...(identity === null ? {} : { identity }),
  });
}
