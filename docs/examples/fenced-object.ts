/**
 * Writes to a Kubernetes object that a former leader cannot make any more, however late they arrive.
 *
 *     kubectl create configmap progress
 *     npx tsx docs/examples/fenced-object.ts progress
 *
 * It uses the cluster and namespace that kubectl would use. Beside the rights on its Lease, it needs
 * `get` and `update` on the ConfigMap.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig, type V1ConfigMap } from '@kubernetes/client-node';
import { LeaderElection, LeaseLock, type Term } from 'k8s-leader-election';
import { fenced } from 'k8s-leader-election/gate';

const name = process.argv[2] ?? 'progress';
const kubeConfig = new KubeConfig();
kubeConfig.loadFromDefault();
const namespace = kubeConfig.getContextObject(kubeConfig.currentContext)?.namespace ?? 'default';
const object = { apiVersion: 'v1', resource: 'configmaps', namespace, name };

async function work(term: Term): Promise<void> {
  const progress = fenced<Pick<V1ConfigMap, 'metadata' | 'data'>>(kubeConfig, object, term);
  // First of all: from here on, nothing that an earlier leader has sent is stored.
  await progress.raise();
  while (term.isLeading()) {
    const { data } = await progress.update((before) => ({
      ...before,
      data: { ...before.data, steps: String(Number(before.data?.['steps'] ?? 0) + 1) },
    }));
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
