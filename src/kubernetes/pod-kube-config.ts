import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CredentialProblem } from './exec-plugin.js';
import type { KubeConfigLike } from './kube-config-like.js';
import { IN_CLUSTER } from './origin.js';

/** Where the kubelet mounts a pod's service account. */
export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The API server as a pod reaches it: two variables and three files, which are all that a pod needs
 * of a kubeconfig. They are read natively, since the client library costs a process that waits more
 * than all the rest of it. Token and CA are read whenever they are asked for; the namespace is
 * {@link defaultNamespace}'s affair. Null where {@link whyNoServiceAccount} says why.
 */
export function podKubeConfig(directory = SERVICE_ACCOUNT): KubeConfigLike | null {
  const server = serverOfPod();
  const tokenFile = join(directory, 'token');
  if (server === null || !isFile(tokenFile)) return null;
  const caFile = join(directory, 'ca.crt');
  return {
    getCurrentContext: () => IN_CLUSTER.context,
    getContextObject: (name) => (name === IN_CLUSTER.context ? {} : null),
    getCurrentCluster: () => ({ name: IN_CLUSTER.cluster, server, caFile }),
    getCurrentUser: () => ({ name: IN_CLUSTER.user, tokenFile }),
    async applyToHTTPSOptions(options) {
      options.ca = await readCa(caFile);
      // The user has the token here: whoever reads its file puts it into that one's place.
      const { token = '' } = this.getCurrentUser() ?? {};
      options.headers = { Authorization: `Bearer ${token}` };
    },
  };
}

/** Why there is no service account to be used, in words that follow "and". */
export function whyNoServiceAccount(directory = SERVICE_ACCOUNT): string {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = process.env;
  if (host === '' && port === '') return 'this is no pod (KUBERNETES_SERVICE_HOST is not set)';
  if (host === '') return 'KUBERNETES_SERVICE_PORT is set, but KUBERNETES_SERVICE_HOST is not';
  if (port === '') return 'KUBERNETES_SERVICE_HOST is set, but KUBERNETES_SERVICE_PORT is not';
  if (serverOfPod() === null) {
    return 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not a host and a port';
  }
  const token = join(directory, 'token');
  return `this is a pod without a service account: there is no file ${token}`;
}

/** Its URL; null where the two variables do not make one. */
function serverOfPod(): string | null {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = process.env;
  if (!/^[\w.:-]+$/.test(host) || !/^\d{1,5}$/.test(port)) return null;
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return URL.canParse(server) ? server : null;
}

async function readCa(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  if (text.trim() !== '') return text;
  throw new CredentialProblem(`the CA file ${JSON.stringify(file)} is empty`);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
