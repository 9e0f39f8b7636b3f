/**
 * A controller: the leader watches the ConfigMaps of its namespace by an informer of
 * `@kubernetes/client-node`, from the beginning of its term to the end.
 *
 *     npx tsx docs/examples/frameworks/informer.ts
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node';
import { LeaderElection, LeaseLock, type Term } from 'k8s-leader-election';

const kubeConfig = new KubeConfig();
kubeConfig.loadFromDefault();
const api = kubeConfig.makeApiClient(CoreV1Api);
const namespace = kubeConfig.getContextObject(kubeConfig.currentContext)?.namespace ?? 'default';
const seen = new Set<string>();

function reconcile(term: Term, { metadata }: V1ConfigMap): void {
  // Events that were under way when the term ended are the next leader's.
  if (!term.isLeading() || metadata?.name === undefined) return;
  seen.add(metadata.name);
  console.log(`${metadata.name} is to be reconciled`);
}

async function work(term: Term): Promise<void> {
  // An informer of its own for each term: it lists all there is at first, so nothing was missed.
  const informer = makeInformer(kubeConfig, `/api/v1/namespaces/${namespace}/configmaps`, () =>
    api.listNamespacedConfigMap({ namespace }),
  );
  informer.on('add', (object) => reconcile(term, object));
  informer.on('update', (object) => reconcile(term, object));
  const start = async (afterMs: number): Promise<void> => {
    await sleep(afterMs, undefined, { signal: term.signal }).catch(() => undefined);
    if (term.isLeading()) await informer.start().catch(failed);
  };
  const failed = (error: unknown): void => {
    // It also says so when it is stopped.
    if (!term.isLeading()) return;
    console.error('The informer has failed; it starts again in 5 s:', error);
    starting = start(5_000);
  };
  informer.on('error', failed);
  let starting = start(0);
  await once(term.signal, 'abort');
  await starting;
  await informer.stop();
}

const election = new LeaderElection({
  lock: new LeaseLock({ name: 'informer' }),
  onStartedLeading: work,
  onLost: 'rejoin',
});

const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ leading: election.isLeader(), seen: [...seen] }));
});
server.listen(Number(process.env['PORT'] ?? 8080));

process.once('SIGTERM', () => void election.stop());
await election.run();
server.close();
