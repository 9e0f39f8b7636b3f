import { clientFor } from '../../kubernetes/clients.js';
import type { KubeConfigLike } from '../../kubernetes/kube-config-like.js';
import { HINTS, type Hint } from './hints.js';
import type { Judgement } from './judge.js';

/**
 * The API server says of a missing namespace what it says of a missing object in one that exists. So
 * where nothing was found it is asked about the namespace itself.
 *
 * @param namespace null: all of them
 * @returns what there is to say; null when it exists, and when this account may not ask, or got no answer
 */
export async function missingNamespace(
  kubeConfig: KubeConfigLike,
  namespace: string | null,
): Promise<Hint | null> {
  if (namespace === null) return null;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const subject = `Namespace ${namespace}`;
  try {
    const answer = await clientFor(kubeConfig).request({ method: 'GET', path, subject });
    return answer.status === 404 ? HINTS.noNamespace(namespace) : null;
  } catch {
    // What was asked for was answered; this only explains it.
    return null;
  }
}

/** The same of one lock, which may be missing for want of its namespace. */
export async function whyMissing(
  kubeConfig: KubeConfigLike,
  namespace: string,
  { standing }: Judgement,
): Promise<Hint | null> {
  return standing === 'missing' ? missingNamespace(kubeConfig, namespace) : null;
}
