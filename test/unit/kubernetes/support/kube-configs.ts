import { KubeConfig } from '@kubernetes/client-node';

type Fields = Readonly<Record<string, unknown>>;

/** A real `KubeConfig` with one cluster, one user and one context. */
export function kubeConfig(
  cluster: Fields & { readonly server: string },
  user: Fields | null = {},
  context: Fields = {},
): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'test-cluster', skipTLSVerify: false, ...cluster }],
    users: user === null ? [] : [{ name: 'test-user', ...user }],
    contexts: [{ name: 'test', cluster: 'test-cluster', user: 'test-user', ...context }],
    currentContext: 'test',
  });
  return config;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
