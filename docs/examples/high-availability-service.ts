/**
 * The highly available service of the Python client's documentation, name by name: any number of
 * instances run and one works. Each takes part for as long as it lives: after a lost leadership it
 * goes back to waiting for its turn.
 *
 *     npx tsx docs/examples/high-availability-service.ts data-processor production pod-12345
 *
 * It uses the cluster that kubectl would use; the namespace must exist.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConfigMapLock,
  LeaderElection,
  type LeaderElectionConfig,
  type Outcome,
  type Term,
} from 'k8s-leader-election';

class HighAvailabilityService {
  readonly serviceName: string;
  running = false;
  readonly lock: ConfigMapLock;
  readonly config: LeaderElectionConfig;
  readonly election: LeaderElection;

  constructor(serviceName: string, namespace: string, instanceId: string) {
    this.serviceName = serviceName;
    this.lock = new ConfigMapLock({
      name: `${serviceName}-leader-election`,
      namespace,
      identity: instanceId,
    });
    this.config = {
      lock: this.lock,
      leaseDurationSeconds: 60,
      renewDeadlineSeconds: 40,
      retryPeriodSeconds: 10,
      onStartedLeading: (term) => this.becomeLeader(term),
      onStoppedLeading: () => {
        this.stopLeading();
      },
      // Without it, as in Python, an instance that loses its leadership takes no part any more.
      onLost: 'rejoin',
    };
    this.election = new LeaderElection(this.config);
  }

  /** Starts service operations as leader. */
  async becomeLeader(term: Term): Promise<void> {
    console.log(`${this.serviceName}: Became leader, starting operations`);
    this.running = true;
    while (this.running) {
      this.performLeaderTasks(term);
      // Cut short when the term ends, so that the next leader need not wait for this one to wake up.
      await sleep(10_000, undefined, { signal: term.signal });
    }
  }

  /** Stops service operations: called as the term ends, while `becomeLeader` still runs. */
  stopLeading(): void {
    console.log(`${this.serviceName}: Lost leadership, stopping operations`);
    this.running = false;
  }

  /** Core service logic that should only run on the leader. */
  performLeaderTasks(term: Term): void {
    // Right before anything that must not happen twice, ask the clock: a flag may be late.
    term.assertLeading();
    console.log('Performing leader-only tasks...');
  }

  /** Takes part in the election until `stop()`, and resolves with how it ended. */
  start(): Promise<Outcome> {
    return this.election.run();
  }

  /** Hands over to another instance. */
  stop(): Promise<Outcome> {
    return this.election.stop();
  }
}

const [serviceName = 'data-processor', namespace = 'production', instanceId = 'pod-12345'] =
  process.argv.slice(2);
const service = new HighAvailabilityService(serviceName, namespace, instanceId);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void service.stop());
}

const { reason, released } = await service.start();
console.log(
  `${serviceName}: Ended (${reason}), ${released ? 'lock released' : 'lock not released'}`,
);
