/**
 * A service of which any number of instances run and one works. Each instance takes part for as
 * long as it lives: after a lost leadership it goes back to waiting for its turn.
 *
 *     npx tsx docs/examples/high-availability-service.ts data-processor production pod-12345
 *
 * It uses the cluster that kubectl would use; the namespace must exist.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConfigMapLock,
  type EndReason,
  LeaderElection,
  type Outcome,
  type Term,
} from 'k8s-leader-election';

class HighAvailabilityService {
  readonly #name: string;
  readonly #election: LeaderElection;

  constructor(name: string, namespace: string, instance: string) {
    this.#name = name;
    this.#election = new LeaderElection({
      lock: new ConfigMapLock({ name: `${name}-leader-election`, namespace, identity: instance }),
      leaseDurationSeconds: 60,
      renewDeadlineSeconds: 40,
      retryPeriodSeconds: 10,
      onLost: 'rejoin',
      onStartedLeading: (term) => this.#lead(term),
      onStoppedLeading: (reason) => {
        this.#stopped(reason);
      },
    });
  }

  /** Takes part until `stop()`, and resolves with how it ended. */
  start(): Promise<Outcome> {
    console.log(`${this.#name}: waiting for leadership as ${this.#election.identity}`);
    return this.#election.run();
  }

  /** Finishes the task at hand, then hands over to another instance. */
  stop(): Promise<Outcome> {
    return this.#election.stop();
  }

  /** There is no flag to reset: the term knows by itself whether it is over. */
  async #lead(term: Term): Promise<void> {
    console.log(`${this.#name}: leading, with fencing token ${term.fencingToken}`);
    while (term.isLeading()) {
      await this.#performTask(term);
      await sleep(10_000, undefined, { signal: term.signal });
    }
  }

  #stopped(reason: EndReason): void {
    console.log(`${this.#name}: not leading any more (${reason})`);
  }

  async #performTask(term: Term): Promise<void> {
    // Right before anything that must not happen twice, ask once more.
    term.assertLeading();
    console.log(`${this.#name}: task done`);
    await Promise.resolve();
  }
}

const [name = 'data-processor', namespace = 'production', instance = 'pod-12345'] =
  process.argv.slice(2);
const service = new HighAvailabilityService(name, namespace, instance);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void service.stop());
}

const { reason, released } = await service.start();
console.log(`${name}: ended (${reason}), ${released ? 'lock released' : 'lock not released'}`);
