// Leads, and when it is told to, writes many objects at once. It tells what has become of each.
import { writeSync } from 'node:fs';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { LeaderElection, LeaseLock } from 'k8s-leader-election';
import { gate } from 'k8s-leader-election/gate';

const [count, how, namespace] = process.argv.slice(2);
const say = (line) => writeSync(1, `${line}\n`);

const kubeConfig = new KubeConfig();
kubeConfig.loadFromDefault();
const election = new LeaderElection({
  lock: new LeaseLock({ name: 'writer', namespace, kubeConfig }),
  leaseDurationSeconds: 6,
  renewDeadlineSeconds: 5,
  retryPeriodSeconds: 1,
  logger: false,
  onStartedLeading: work,
});

async function work(term) {
  say('leads');
  await once(process.stdin, 'data');
  // One is stored; then many are asked for, and it stands still before the first of them can have an
  // answer. A signal from outside may come when all is done.
  await write(term, 'first');
  const fates = Array.from({ length: Number(count) }, (_, number) => fateOf(write(term, number)));
  await setImmediate();
  process.kill(process.pid, 'SIGSTOP');
  const told = {};
  for (const fate of await Promise.all(fates)) told[fate] = (told[fate] ?? 0) + 1;
  say(JSON.stringify(told));
  process.exit();
}

const gated = gate(election, kubeConfig).makeApiClient(CoreV1Api);
const plain = kubeConfig.makeApiClient(CoreV1Api);

function write(term, name) {
  const body = { metadata: { name: `written-${name}` } };
  if (how !== 'fetch') {
    const api = how === 'plain' ? plain : gated;
    return api.createNamespacedConfigMap({ namespace, body });
  }
  const { server } = kubeConfig.getCurrentCluster();
  return term.fetch(`${server}/api/v1/namespaces/${namespace}/configmaps`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${kubeConfig.getCurrentUser().token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', ...body }),
  });
}

/** By the name of the error. */
async function fateOf(writing) {
  try {
    await writing;
    return 'stored';
  } catch (error) {
    return error.name;
  }
}

await election.run();
