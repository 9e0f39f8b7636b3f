/**
 * The smallest complete candidate. Start it twice, in two terminals, with different names; stop the
 * one that leads with Ctrl-C and watch the other take over.
 *
 *     npx tsx docs/examples/basic.ts instance-1
 *     npx tsx docs/examples/basic.ts instance-2
 *
 * It uses the cluster that kubectl would use, and may create and update ConfigMaps there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigMapLock, LeaderElection, type Term } from 'k8s-leader-election';

async function work(term: Term): Promise<void> {
  console.log(`Leading as ${term.identity}, with fencing token ${term.fencingToken}`);
  while (term.isLeading()) {
    // What only the leader may do goes here.
    await sleep(30_000, undefined, { signal: term.signal });
  }
}

const election = new LeaderElection({
  lock: new ConfigMapLock({
    name: 'my-app-lock',
    namespace: 'default',
    identity: process.argv[2] ?? 'instance-1',
  }),
  leaseDurationSeconds: 30,
  renewDeadlineSeconds: 20,
  retryPeriodSeconds: 5,
  onStartedLeading: work,
  onStoppedLeading: (reason) => {
    console.log(`Not leading any more (${reason}): time to clean up`);
  },
  onNewLeader: (identity) => {
    console.log(`The leader is ${identity}`);
  },
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void election.stop());
}

const outcome = await election.run();
console.log(
  `Ended: ${outcome.reason}, ${outcome.released ? 'lock released' : 'lock not released'}`,
);
// A lost leadership ends this program, and whoever started it is to start it again. One that lives on
// instead sets `onLost: 'rejoin'`.
if (outcome.reason !== 'stopped') process.exitCode = 1;
