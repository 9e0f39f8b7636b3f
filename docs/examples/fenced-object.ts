/**
 * Writes to a Kubernetes object that a former leader cannot make any more, however late they arrive.
 *
 * An annotation of the object holds the highest fencing token that has been seen. A write is made
 * only over a lower or equal one, and on condition that nobody has written since that was read.
 *
 *     kubectl create configmap progress
 *     npx tsx docs/examples/fenced-object.ts progress
 *
 * It uses the cluster and namespace that kubectl would use. Beside the rights on its Lease, it needs
 * `get` and `update` on the ConfigMap.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ApiException, CoreV1Api, KubeConfig, type V1ConfigMap } from '@kubernetes/client-node';
import { LeaderElection, LeaseLock, type Term } from 'k8s-leader-election';

export const TOKEN_ANNOTATION = 'example.com/fencing-token';

/** Another client may write in between, but hardly every time. */
const TRIES = 5;

type Data = Readonly<Record<string, string>>;

/** A later leader has been here: whoever gets this does not lead any more. */
export class FencedOffError extends Error {
  override readonly name = 'FencedOffError';
}

/**
 * Changes the data of a ConfigMap, which has to exist: one that leaders create anew when it is gone
 * has forgotten which tokens it had seen.
 *
 * @param change gets the data as stored, and may be called again if somebody else writes meanwhile.
 * @throws {FencedOffError} when a later leader has written; nothing was written then.
 */
export async function fencedUpdate(
  api: CoreV1Api,
  object: { readonly namespace: string; readonly name: string },
  token: bigint,
  change: (data: Data) => Data,
): Promise<V1ConfigMap> {
  for (let tries = 1; ; tries += 1) {
    const found = await api.readNamespacedConfigMap(object);
    const annotations = found.metadata?.annotations ?? {};
    if (BigInt(annotations[TOKEN_ANNOTATION] ?? 0) > token) {
      throw new FencedOffError(
        `${object.name}: a later leader than that of token ${token} has written`,
      );
    }
    // What was read goes back, its resourceVersion included: that makes the write conditional.
    if (found.metadata !== undefined) {
      found.metadata.annotations = { ...annotations, [TOKEN_ANNOTATION]: String(token) };
    }
    found.data = { ...change(found.data ?? {}) };
    try {
      return await api.replaceNamespacedConfigMap({ ...object, body: found });
    } catch (error) {
      if (!isConflict(error) || tries === TRIES) throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiException && error.code === 409;
}

async function main(name = 'progress'): Promise<void> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const api = kubeConfig.makeApiClient(CoreV1Api);
  const namespace = kubeConfig.getContextObject(kubeConfig.currentContext)?.namespace ?? 'default';

  async function work(term: Term): Promise<void> {
    while (term.isLeading()) {
      const { data } = await fencedUpdate(
        api,
        { namespace, name },
        term.fencingToken,
        (before) => ({
          ...before,
          steps: String(Number(before['steps'] ?? 0) + 1),
        }),
      );
      console.log(`step ${data?.['steps'] ?? ''}, with fencing token ${term.fencingToken}`);
      await sleep(1_000, undefined, { signal: term.signal });
    }
  }

  const election = new LeaderElection({
    lock: new LeaseLock({ name, namespace, kubeConfig }),
    onStartedLeading: work,
  });
  process.once('SIGTERM', () => void election.stop());
  process.once('SIGINT', () => void election.stop());
  const { reason, error } = await election.run();
  console.log(`ended: ${reason}${error instanceof Error ? `, ${error.message}` : ''}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv[2]);
