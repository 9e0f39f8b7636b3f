// In a worker thread: somebody takes the lock, and the work goes on as if nothing had happened. With
// `overrun: 'exit'` that ends the process, although the main thread has something to do for ever.
import { isMainThread, Worker } from 'node:worker_threads';
import { LeaderElection, LeaderElectionRecord, LeaseLock } from 'k8s-leader-election';

const name = process.env['LOCK_NAME'] ?? 'overrun';

async function takeTheLock(): Promise<void> {
  const thief = new LeaseLock({ name, namespace: 'production', identity: 'thief' });
  const read = await thief.get();
  if (!read.ok || read.record === null) throw new Error('There is no record to take.');
  const { acquireTime, renewTime, leaderTransitions } = read.record;
  const stolen = { holderIdentity: 'thief', leaseDurationSeconds: 3, acquireTime, renewTime };
  await thief.update(new LeaderElectionRecord({ ...stolen, leaderTransitions }), { base: read });
}

function lead(): void {
  const election = new LeaderElection({
    lock: new LeaseLock({ name, namespace: 'production', identity: 'deaf' }),
    leaseDurationSeconds: 3,
    renewDeadlineSeconds: 2,
    retryPeriodSeconds: 1,
    overrun: 'exit',
    onStartedLeading: async () => {
      console.log('leads');
      await takeTheLock();
      return new Promise(() => undefined);
    },
  });
  void election.run();
}

if (isMainThread) {
  new Worker(new URL(import.meta.url));
  setInterval(() => undefined, 1000);
} else {
  lead();
}
