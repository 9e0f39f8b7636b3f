import type { KubeConfigLike } from '../../kubernetes/kube-config-like.js';
import { groundsFor, REAL } from '../../lock/evidence/grounds.js';

/**
 * Of a `run` by this kubeconfig only the end of its container is evidence, and not that of its process:
 * when that is killed in a container that goes on, the guard leaves the command time to end. So nobody
 * in there may see by its number that it is gone. With the container the command has ended, too.
 *
 * Call it before the lock is used.
 */
export function goByContainer(kubeConfig: KubeConfigLike): void {
  groundsFor(kubeConfig, {
    ...REAL,
    process: async (containerName) => {
      const own = await REAL.process(containerName);
      return typeof own === 'string' ? own : { ...own, pidNamespace: null };
    },
  });
}
