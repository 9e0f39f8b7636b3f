import { readFile } from 'node:fs/promises';
import { LockError } from '../errors/lock-error.js';
import { loadClientNode, type ClientNodeModule } from './client-node.js';
import {
  defaultFiles,
  KubeConfigProblem,
  loadKubeConfigFiles,
  nameOfDefault,
  refuseMissing,
} from './kube-config-files.js';
import { podKubeConfig, SERVICE_ACCOUNT, whyNoServiceAccount } from './pod-kube-config.js';
import type { KubeConfigLike } from './kube-config-like.js';
import { whyNoCluster } from './why-no-cluster.js';

export type { KubeCluster, KubeConfigLike, KubeUser } from './kube-config-like.js';

const defaults = new Map<string, Promise<KubeConfigLike>>();

/** Where the default kubeconfig is looked for; tests put something else in its place. */
interface Sources {
  readonly loadModule: () => Promise<ClientNodeModule>;
  readonly serviceAccount: string;
}

/**
 * What kubectl would use: the files of KUBECONFIG, else `~/.kube/config`, else the pod's service
 * account. It is loaded once for each value of the environment that decides it, so that all locks of
 * a process share one connection and one run of a credential plugin. The client library is loaded
 * for files alone.
 *
 * @throws LockError of kind `credentials`, or `dependency` where the client library is missing
 */
export function loadDefaultKubeConfig(sources: Partial<Sources> = {}): Promise<KubeConfigLike> {
  const { loadModule = loadClientNode, serviceAccount = SERVICE_ACCOUNT } = sources;
  const key = JSON.stringify([serviceAccount, ...DECISIVE.map((name) => process.env[name])]);
  const known = defaults.get(key);
  if (known !== undefined) return known;
  const loading = load({ loadModule, serviceAccount });
  defaults.set(key, loading);
  // A kubeconfig that is written a moment later is found by the next attempt.
  loading.catch(() => defaults.delete(key));
  return loading;
}

const DECISIVE = [
  ...['KUBECONFIG', 'HOME', 'HOMEDRIVE', 'HOMEPATH', 'USERPROFILE'],
  ...['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'],
];

async function load({ loadModule, serviceAccount }: Sources): Promise<KubeConfigLike> {
  const files = defaultFiles();
  if (files.length === 0) {
    const pod = podKubeConfig(serviceAccount);
    if (pod !== null) return pod;
    const advice =
      'Set KUBECONFIG, or give the lock a kubeConfig of its own. For a laptop there is ' +
      '`npx k8s-leader-election dev-server -- node app.js`.';
    throw new LockError(`${noDefault(serviceAccount)} ${advice}`, { kind: 'credentials' });
  }
  try {
    refuseMissing(files);
    const kubeConfig = loadKubeConfigFiles(await loadModule(), files);
    if (kubeConfig.getCurrentCluster() !== null) return kubeConfig;
    throw new KubeConfigProblem(whyNoCluster(kubeConfig));
  } catch (error) {
    if (!(error instanceof KubeConfigProblem)) throw error;
    const which = nameOfDefault(files);
    throw new LockError(
      `${which.replace('the', 'The')} cannot be used: ${error.message}. Mend it, or give the lock ` +
        'a kubeConfig of its own.',
      { kind: 'credentials' },
    );
  }
}

/** That nothing names a cluster. */
export function noDefault(serviceAccount?: string): string {
  return (
    'No API server is to be found: KUBECONFIG names no file, ~/.kube/config does not exist, and ' +
    `${whyNoServiceAccount(serviceAccount)}.`
  );
}

const POD_NAMESPACE_FILE = `${SERVICE_ACCOUNT}/namespace`;

/** A DNS-1123 label: the only names that a namespace can have. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * As kubectl has it: the namespace of the current context. Only where that names none, this pod's
 * own, else `default`: with one kubeconfig, every machine and pod means the same lock.
 *
 * @throws LockError of kind `credentials` if no namespace can have that name
 */
export async function defaultNamespace(
  kubeConfig: KubeConfigLike,
  podNamespaceFile = POD_NAMESPACE_FILE,
): Promise<string> {
  const current = kubeConfig.getCurrentContext();
  const ofContext = kubeConfig.getContextObject(current)?.namespace?.trim() ?? '';
  const ofPod = async (): Promise<string> => readFile(podNamespaceFile, 'utf8').catch(() => '');
  const namespace = ofContext || (await ofPod()).trim() || 'default';
  if (NAMESPACE.test(namespace)) return namespace;
  const where = ofContext === '' ? podNamespaceFile : `the context ${JSON.stringify(current)}`;
  throw new LockError(
    `No namespace can have the name that ${where} gives: it must be a DNS-1123 label.`,
    { kind: 'credentials' },
  );
}
