// A user's program for a pod, which is only compiled, where client-node is not installed.
import { LeaderElection, LeaseLock, type Outcome } from 'k8s-leader-election';
import { leaderElectionMachine } from 'k8s-leader-election/machine';
import { InMemoryLockStore } from 'k8s-leader-election/testing';

export async function lead(): Promise<Outcome> {
  const options: ConstructorParameters<typeof LeaseLock>[0] = { name: 'a', labels: { app: 'a' } };
  const election = new LeaderElection({
    lock: new LeaseLock(options),
    onStartedLeading: async (term) => {
      await Promise.resolve(term.signal.aborted);
    },
  });
  return election.run();
}

export const tested = [leaderElectionMachine.id, new InMemoryLockStore().lock('a').identity];
