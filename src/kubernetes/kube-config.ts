import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { LockError } from '../errors/lock-error.js';
import { loadClientNode, type ClientNodeModule } from './client-node.js';
import { defaultFiles, loadKubeConfigFiles } from './kube-config-files.js';
import { podKubeConfig, SERVICE_ACCOUNT, whyNoServiceAccount } from './pod-kube-config.js';
import { safeReason } from './safe-reason.js';

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

/**
 * The part of `KubeConfig` from `@kubernetes/client-node` that is used here. Both major versions
 * 1 and 2 have it, so the `KubeConfig` of either can be given.
 */
export interface KubeConfigLike {
  getCurrentContext(): string;
  getContextObject(name: string): { readonly namespace?: string | undefined } | null;
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

const defaults = new Map<string, Promise<KubeConfigLike>>();

/**
 * What kubectl would use: the files of KUBECONFIG, else `~/.kube/config`, else the pod's service
 * account. It is loaded once for each value of the environment that decides it, so that all locks of
 * a process share one connection and one run of a credential plugin. The client library is loaded
 * for files only.
 *
 * @throws LockError of kind `credentials`, or `dependency` where the client library is missing
 */
export function loadDefaultKubeConfig(loadModule = loadClientNode): Promise<KubeConfigLike> {
  const key = JSON.stringify(DECISIVE.map((name) => process.env[name]));
  const known = defaults.get(key);
  if (known !== undefined) return known;
  const loading = load(loadModule);
  defaults.set(key, loading);
  // A kubeconfig that is written a moment later is found by the next attempt.
  loading.catch(() => defaults.delete(key));
  return loading;
}

const DECISIVE = [
  ...['KUBECONFIG', 'HOME', 'USERPROFILE'],
  ...['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'],
];

async function load(loadModule: () => Promise<ClientNodeModule>): Promise<KubeConfigLike> {
  const files = defaultFiles();
  if (files.length === 0) return podKubeConfig() ?? refuse();
  const library = await loadModule();
  try {
    return loadKubeConfigFiles(library, files);
  } catch (error) {
    throw new LockError(
      `The default kubeconfig could not be loaded: ${safeReason(error)}. ` +
        'Check KUBECONFIG and ~/.kube/config, or give the lock a kubeConfig of its own.',
      { kind: 'credentials' },
    );
  }
}

function refuse(): never {
  throw new LockError(noDefault(), { kind: 'credentials' });
}

/** There is nothing that names a cluster. */
export function noDefault(): string {
  const pod = whyNoServiceAccount() ?? 'this is no pod';
  return (
    `There is no kubeconfig: KUBECONFIG names none, ~/.kube/config does not exist, and ${pod}. Set ` +
    'KUBECONFIG, or give the lock a kubeConfig of its own.'
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
