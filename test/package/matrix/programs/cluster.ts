// Two processes of Node's cluster module, each a candidate. The one that leads is told to stop, then
// the other one. The last line printed tells what came of it.
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { LeaderElection, LeaseLock, type Outcome } from 'k8s-leader-election';

const name = process.env['LOCK_NAME'] ?? 'cluster';

function takePart(): void {
  const election = new LeaderElection({
    lock: new LeaseLock({ name, namespace: 'production' }),
    leaseDurationSeconds: 60,
    renewDeadlineSeconds: 50,
    onStartedLeading: () => process.send?.({ leads: true }),
  });
  process.once('message', () => void election.stop());
  void election.run().then((outcome) => {
    process.send?.({ outcome }, () => {
      process.disconnect();
    });
  });
}

interface Message {
  readonly leads?: true;
  readonly outcome?: Outcome;
}

async function direct(): Promise<void> {
  const outcomes: Outcome[] = [];
  let asked = 0;
  let handOverMs = 0;
  const workers = [cluster.fork(), cluster.fork()];
  const listen = (worker: Worker): void => {
    worker.on('message', ({ leads, outcome }: Message) => {
      if (outcome !== undefined) outcomes.push(outcome);
      if (leads === undefined) return;
      if (asked > 0) handOverMs = Math.round(performance.now() - asked);
      asked = performance.now();
      worker.send('stop');
    });
  };
  workers.forEach(listen);
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  console.log(JSON.stringify({ outcomes, handOverMs }));
}

if (cluster.isPrimary) void direct();
else takePart();
