export interface KubeConfigOptions {
  /** The bearer token to send. */
  readonly token?: string | undefined;
  /** The context's namespace. Default `default`. */
  readonly namespace?: string | undefined;
}

/** What `KubeConfig.loadFromOptions` of `@kubernetes/client-node` takes. */
export interface KubeConfigObject {
  readonly clusters: { name: string; server: string; skipTLSVerify: boolean }[];
  readonly users: { name: string; token?: string }[];
  readonly contexts: { name: string; cluster: string; user: string; namespace: string }[];
  readonly currentContext: string;
}

const NAME = 'embedded';

// There is no TLS here, but @kubernetes/client-node takes plain HTTP only where verifying is off.
export function kubeConfigObject(
  server: string,
  { token, namespace = 'default' }: KubeConfigOptions,
): KubeConfigObject {
  return {
    clusters: [{ name: NAME, server, skipTLSVerify: true }],
    users: [{ name: NAME, ...(token === undefined ? {} : { token }) }],
    contexts: [{ name: NAME, cluster: NAME, user: NAME, namespace }],
    currentContext: NAME,
  };
}

/** The text of a kubeconfig file. */
export function kubeConfigText(
  server: string,
  { token, namespace = 'default' }: KubeConfigOptions,
): string {
  // A JSON string is a YAML string, too, and needs no thought about quoting.
  const user = token === undefined ? '{}' : `{ token: ${JSON.stringify(token)} }`;
  return `apiVersion: v1
kind: Config
current-context: ${NAME}
clusters:
  - name: ${NAME}
    cluster: { server: ${JSON.stringify(server)}, insecure-skip-tls-verify: true }
users:
  - name: ${NAME}
    user: ${user}
contexts:
  - name: ${NAME}
    context: { cluster: ${NAME}, user: ${NAME}, namespace: ${JSON.stringify(namespace)} }
`;
}
