import type { KubeConfigLike } from './kube-config-like.js';

/*
 * Where the address of the API server and the credentials come from, as errors call it: whoever
 * reads one in a pod has a service account, and no kubeconfig to look into.
 */

/** The names of what a pod has in place of a kubeconfig; those that the client library gives it. */
export const IN_CLUSTER = {
  context: 'inClusterContext',
  cluster: 'inCluster',
  user: 'inClusterUser',
} as const;

export interface Origin {
  readonly isPod: boolean;
  readonly name: string;
  /** What says where the server is, or a part of that, such as "the path in". */
  readonly whereServer: (part?: string) => string;
  /** What the server's certificate is checked by. */
  readonly authority: string;
}

export const FROM_KUBECONFIG: Origin = {
  isPod: false,
  name: 'the kubeconfig',
  whereServer: (part) => `${part === undefined ? '' : `${part} `}the kubeconfig's server URL`,
  authority: 'certificate-authority in the kubeconfig',
};

const FROM_POD: Origin = {
  isPod: true,
  name: "the pod's service account",
  whereServer: () => 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT',
  authority: "ca.crt of the pod's service account",
};

/**
 * That of a kubeconfig, which may be the client library's of a pod.
 *
 * @param authorization with the token that is sent, which tells the name of a service account
 */
export function originOf(
  kubeConfig: Pick<KubeConfigLike, 'getCurrentContext'>,
  authorization: string | null = null,
): Origin {
  if (kubeConfig.getCurrentContext() !== IN_CLUSTER.context) return FROM_KUBECONFIG;
  const account = authorization === null ? null : accountIn(authorization);
  return account === null ? FROM_POD : { ...FROM_POD, name: `${FROM_POD.name} ${account}` };
}

/** `NAMESPACE/NAME`, which a service account's token carries for anybody to read; null without. */
function accountIn(token: string): string | null {
  try {
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { sub } = JSON.parse(claims) as { readonly sub?: unknown };
    const [, account] =
      /^system:serviceaccount:([a-z0-9-]{1,63}:[a-z0-9.-]{1,253})$/.exec(String(sub)) ?? [];
    return account?.replace(':', '/') ?? null;
  } catch {
    return null;
  }
}
