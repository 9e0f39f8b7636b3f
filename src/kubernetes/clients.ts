import { ApiClient, type ApiTransport } from './api-client.js';
import type { KubeConfigLike } from './kube-config.js';

const clients = new WeakMap<KubeConfigLike, ApiTransport>();

/**
 * One client for each kubeconfig object, shared by all locks that were given it.
 *
 * @param make how to make it at the first call; a simulated network has a client of its own
 */
export function clientFor(
  kubeConfig: KubeConfigLike,
  make: (kubeConfig: KubeConfigLike) => ApiTransport = (given) => new ApiClient(given),
): ApiTransport {
  let client = clients.get(kubeConfig);
  if (client === undefined) {
    client = make(kubeConfig);
    clients.set(kubeConfig, client);
  }
  return client;
}
