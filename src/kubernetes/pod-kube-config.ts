import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CredentialProblem } from './exec-plugin.js';
import type { KubeConfigLike } from './kube-config.js';

/** Where the kubelet mounts a pod's service account. */
export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What the names of a kubeconfig are where there is none; as the client library has them. */
const CONTEXT = 'inClusterContext';

/**
 * The API server as a pod reaches it: two variables and three files, which are all that a pod needs
 * of a kubeconfig. They are read natively, since the client library costs a process that waits more
 * than all the rest of it. Whoever uses this reads token and CA anew before they are a minute old,
 * and at once after a refusal. Null outside of pods, and where no service account is mounted.
 */
export function podKubeConfig(directory = SERVICE_ACCOUNT): KubeConfigLike | null {
  const host = process.env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = process.env['KUBERNETES_SERVICE_PORT'] ?? '';
  const tokenFile = join(directory, 'token');
  if (host === '' || port === '' || !isFile(tokenFile)) return null;
  const caFile = join(directory, 'ca.crt');
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    getCurrentContext: () => CONTEXT,
    // The namespace is that of the pod, which counts where a context names none.
    getContextObject: (name) => (name === CONTEXT ? {} : null),
    getCurrentCluster: () => ({ name: 'inCluster', server, caFile }),
    getCurrentUser: () => ({ name: 'inClusterUser', tokenFile }),
    async applyToHTTPSOptions(options) {
      options.ca = await readCa(caFile);
      // Whoever asks has read the token file, and stands in for this with the token.
      const token = this.getCurrentUser()?.token ?? readFileSync(tokenFile, 'utf8').trim();
      options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
    },
  };
}

/** Why a process that seems to be in a pod has no service account; null where it is not in one. */
export function whyNoServiceAccount(directory = SERVICE_ACCOUNT): string | null {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = process.env;
  if (host === '' && port === '') return null;
  if (host === '') return 'KUBERNETES_SERVICE_PORT is set and KUBERNETES_SERVICE_HOST is not';
  if (port === '') return 'KUBERNETES_SERVICE_HOST is set and KUBERNETES_SERVICE_PORT is not';
  return (
    `this is a pod without a service account: there is no ${join(directory, 'token')} (is ` +
    'automountServiceAccountToken false?)'
  );
}

async function readCa(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  if (text.trim() === '') throw new CredentialProblem(`the CA file ${JSON.stringify(file)} is empty`);
  return text;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
