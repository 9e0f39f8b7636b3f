import type { RequestOptions } from 'node:https';

/** What is read of a kubeconfig's cluster. */
export interface KubeCluster {
  readonly name?: string | undefined;
  /** URL of the API server; it may have a path. */
  readonly server: string;
  readonly skipTLSVerify?: boolean | undefined;
  readonly proxyUrl?: string | undefined;
  readonly caFile?: string | undefined;
  readonly caData?: string | undefined;
  readonly tlsServerName?: string | undefined;
  /** What is meant for credential plugins. The client library does not read it. */
  readonly execConfig?: unknown;
}

/** What is read of a kubeconfig's user. The client library does not read the last four. */
export interface KubeUser {
  readonly name?: string | undefined;
  readonly exec?: unknown;
  readonly authProvider?: unknown;
  readonly token?: string | undefined;
  readonly impersonateUser?: string | undefined;
  readonly tokenFile?: unknown;
  readonly impersonateGroups?: unknown;
  readonly impersonateUid?: unknown;
  readonly impersonateUserExtra?: unknown;
}

/** What is read of a kubeconfig's context. */
export interface KubeContext {
  /** The name of its cluster. */
  readonly cluster?: string | undefined;
  readonly namespace?: string | undefined;
}

/**
 * The part of `KubeConfig` from `@kubernetes/client-node` that is used here. Both major versions
 * 1 and 2 have it, so the `KubeConfig` of either can be given.
 */
export interface KubeConfigLike {
  getCurrentContext(): string;
  getContextObject(name: string): KubeContext | null;
  getCurrentCluster(): KubeCluster | null;
  getCurrentUser(): KubeUser | null;
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

/** The methods that tell a `KubeConfig` from anything else. */
export const KUBE_CONFIG_METHODS = [
  'getCurrentContext',
  'getContextObject',
  'getCurrentCluster',
  'getCurrentUser',
  'applyToHTTPSOptions',
] as const;
