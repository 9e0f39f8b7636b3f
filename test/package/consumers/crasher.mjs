// A candidate that ends itself when it is told how. It says when it leads, and its last line when it ends.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { KubeConfig } from '@kubernetes/client-node';
import { LeaderElection, LeaseLock, ConfigMapLock } from 'k8s-leader-election';

const { namespace, name, kind, identity, options } = JSON.parse(process.argv[2]);
const say = (what) => writeSync(1, `${JSON.stringify({ ...what, at: Date.now() })}\n`);

const kubeConfig = new KubeConfig();
kubeConfig.loadFromDefault();
const Lock = kind === 'configmap' ? ConfigMapLock : LeaseLock;
const election = new LeaderElection({
  lock: new Lock({ name, namespace, identity, kubeConfig }),
  releaseOnExit: true,
  onStartedLeading: (term) => {
    say({ event: 'leads', token: String(term.fencingToken) });
  },
  ...options,
});
election.on('renewed', () => say({ event: 'renewed' }));
process.on('exit', () =>
  say({ event: 'exit', leads: election.isLeader(), term: election.term !== null }),
);

const ends = {
  throw: () => {
    throw new Error('a bug');
  },
  rejection: () => void Promise.reject(new Error('a bug')),
  exit: () => process.exit(1),
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const { how, renewing } = JSON.parse(line);
  const end = () => {
    say({ event: 'last' });
    ends[how]();
  };
  if (!renewing) setImmediate(end);
  // In the very turn in which a renewal is sent, or a little after it.
  else
    election.on('stateChanged', ({ state }) => {
      if (state === 'renewing') setTimeout(end, Math.random() * 4);
    });
});
void election.run();
