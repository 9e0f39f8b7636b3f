import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { LockError } from '../errors/lock-error.js';
import { loadClientNode, type ClientNodeModule } from './client-node.js';
import { loadDefaultFiles } from './kube-config-files.js';
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
 * The kubeconfig that kubectl would use, or the pod's service account. It is loaded once for each
 * value of the environment that decides it, so that all locks of a process share one connection
 * and one run of a credential plugin.
 *
 * @throws LockError of kind `credentials`
 */
export function loadDefaultKubeConfig(loadModule = loadClientNode): Promise<KubeConfigLike> {
  const key = JSON.stringify([process.env['KUBECONFIG'], process.env['HOME']]);
  const known = defaults.get(key);
  if (known !== undefined) return known;
  const loading = load(loadModule);
  defaults.set(key, loading);
  // A kubeconfig that is written a moment later is found by the next attempt.
  loading.catch(() => defaults.delete(key));
  return loading;
}

async function load(loadModule: () => Promise<ClientNodeModule>): Promise<KubeConfigLike> {
  const library = await loadModule();
  try {
    return loadDefaultFiles(library);
  } catch (error) {
    throw new LockError(
      `The default kubeconfig could not be loaded: ${safeReason(error)}. ` +
        'Check KUBECONFIG and ~/.kube/config, or give the lock a kubeConfig of its own.',
      { kind: 'credentials' },
    );
  }
}

const POD_NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

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
