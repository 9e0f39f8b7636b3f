import { LeaderElection, LeaseLock } from 'k8s-leader-election';

// The first example of the README, in a pod: nothing names a cluster but what the kubelet has mounted.

const [, , lock] = process.argv;
const election = new LeaderElection({
  lock: new LeaseLock({ name: lock }),
  onStartedLeading: (term) =>
    new Promise((resolve) => term.signal.addEventListener('abort', resolve, { once: true })),
  onLost: 'rejoin',
});

process.once('SIGTERM', () => void election.stop());
await election.run();
