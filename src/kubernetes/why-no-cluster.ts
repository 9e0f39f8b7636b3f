import { printable } from '../text/printable.js';
import type { KubeConfigLike } from './kube-config-like.js';

/** What is missing in a kubeconfig that has no current cluster, in words. */
export function whyNoCluster(
  kubeConfig: Pick<KubeConfigLike, 'getCurrentContext' | 'getContextObject'>,
): string {
  // Declared as text, but absent where the file names none.
  const current = (kubeConfig.getCurrentContext() as string | undefined) ?? '';
  if (current === '') return 'it has no current context (set current-context)';
  const which = `context "${printable(current)}"`;
  const context = kubeConfig.getContextObject(current);
  if (context === null) return `it has no ${which}, though that is its current one`;
  const { cluster = '' } = context;
  if (cluster === '') return `its ${which} names no cluster`;
  return `its ${which} names the cluster "${printable(cluster)}", which is not in it`;
}
