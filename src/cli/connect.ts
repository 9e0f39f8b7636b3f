import type { KubeConfig } from '@kubernetes/client-node';
import { loadClientNode } from '../kubernetes/client-node.js';
import { type KubeConfigLike, noDefault } from '../kubernetes/kube-config.js';
import {
  defaultFiles,
  KubeConfigProblem,
  loadKubeConfigFiles,
  nameOfDefault,
  refuseMissing,
} from '../kubernetes/kube-config-files.js';
import { podKubeConfig } from '../kubernetes/pod-kube-config.js';
import { whyNoCluster } from '../kubernetes/why-no-cluster.js';
import { printable } from '../text/printable.js';
import { UsageError } from './cli-error.js';

/** Where a kubeconfig comes from. A token travels over pipes between our own processes only. */
export type Connection =
  /** The API server of the demo, on this machine. */
  | { readonly kind: 'server'; readonly url: string; readonly token: string }
  /** Without a file: what kubectl would use, or the pod's service account. */
  | { readonly kind: 'file'; readonly file: string | null; readonly context: string | null };

/**
 * Reads the kubeconfig that a connection stands for. In a pod the client library is not loaded.
 *
 * @throws {UsageError | LockError} naming the file or context, and never quoting what is in the file
 */
export async function loadKubeConfig(connection: Connection): Promise<KubeConfigLike> {
  if (connection.kind === 'server') return kubeConfigOf(connection);
  const { file, context } = connection;
  const files = file === null ? defaultFiles() : [file];
  if (files.length === 0) return serviceAccount(context);
  const which = file === null ? nameOfDefault(files) : `--kubeconfig ${printable(file)}`;
  let kubeConfig: KubeConfig;
  try {
    refuseMissing(files);
    kubeConfig = loadKubeConfigFiles(await loadClientNode(), files);
  } catch (error) {
    if (!(error instanceof KubeConfigProblem)) throw error;
    throw unusable(which, error.message);
  }
  if (context !== null) kubeConfig.setCurrentContext(context);
  checkContext(kubeConfig, file === null ? which : printable(file));
  if (kubeConfig.getCurrentCluster() === null) throw unusable(which, whyNoCluster(kubeConfig));
  return kubeConfig;
}

function unusable(which: string, why: string): UsageError {
  return new UsageError(`${which.replace(/^the/, 'The')} cannot be used: ${why}.`);
}

function kubeConfigOf({ url, token }: Extract<Connection, { kind: 'server' }>): KubeConfigLike {
  return {
    getCurrentContext: () => 'demo',
    getContextObject: () => ({ namespace: 'default' }),
    getCurrentCluster: () => ({ server: url }),
    getCurrentUser: () => ({ token }),
    applyToHTTPSOptions: async (options) => {
      options.headers = { Authorization: `Bearer ${token}` };
      return Promise.resolve();
    },
  };
}

function serviceAccount(context: string | null): KubeConfigLike {
  const pod = podKubeConfig();
  if (pod === null) {
    const advice = 'Set KUBECONFIG, or give --kubeconfig FILE. For a laptop there is `dev-server`.';
    throw new UsageError(`${noDefault()} ${advice}`);
  }
  if (context === null || pod.getContextObject(context) !== null) return pod;
  const which = `There is no context "${printable(context)}"`;
  throw new UsageError(`${which}: no kubeconfig is used, but the service account of this pod.`);
}

function checkContext(kubeConfig: KubeConfig, where: string): void {
  // Declared as text, but absent where the file names none.
  const current = (kubeConfig.getCurrentContext() as string | undefined) ?? '';
  if (kubeConfig.getContextObject(current) === null) {
    const names = kubeConfig.getContexts().map(({ name }) => printable(name));
    const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    throw new UsageError(
      current === ''
        ? `There is no current context in ${where}: choose one with --context (${known}).`
        : `There is no context "${printable(current)}" in ${where}: ${known}.`,
    );
  }
}
