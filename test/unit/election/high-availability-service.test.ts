import { describe, expect, it } from 'vitest';
import type { LeaderElectionConfig, Outcome } from '../../../src/config/leader-election-config.js';
import { LeaderElection } from '../../../src/election/leader-election.js';
import { InMemoryLockStore } from '../../../src/testing/in-memory-lock.js';
import { settle, VirtualClock } from '../../../src/testing/virtual-clock.js';

/*
 * The second example of the Python client's documentation, name by name. Its work knows of no signal:
 * it loops until the stop callback has set a flag. Each must not wait for the other.
 */
class HighAvailabilityService {
  readonly clock = new VirtualClock();
  readonly store = new InMemoryLockStore();
  readonly lock = this.store.lock('pod-12345');
  readonly printed: string[] = [];
  readonly config: LeaderElectionConfig;
  readonly election: LeaderElection;
  running = false;

  constructor(
    readonly serviceName: string,
    readonly pauseMs: number,
  ) {
    this.config = {
      lock: this.lock,
      leaseDurationSeconds: 60,
      renewDeadlineSeconds: 40,
      retryPeriodSeconds: 10,
      onStartedLeading: this.becomeLeader.bind(this),
      onStoppedLeading: this.stopLeading.bind(this),
      clock: this.clock,
      logger: false,
    };
    this.election = new LeaderElection(this.config);
  }

  async becomeLeader(): Promise<void> {
    this.printed.push(`${this.serviceName}: Became leader, starting operations`);
    this.running = true;
    while (this.running) {
      this.performLeaderTasks();
      await new Promise((resolve) => this.clock.setTimeout(resolve, this.pauseMs));
    }
  }

  stopLeading(): void {
    this.printed.push(`${this.serviceName}: Lost leadership, stopping operations`);
    this.running = false;
  }

  performLeaderTasks(): void {
    this.printed.push('Performing leader-only tasks...');
  }

  start(): Promise<Outcome> {
    return this.election.run();
  }
}

describe('the highly available service of the Python documentation', () => {
  it('stops within a second, and releases the lock', async () => {
    const service = new HighAvailabilityService('data-processor', 1_000);
    const outcome = service.start();
    await settle();
    await service.clock.advance(25_300);
    expect(service.election.isLeader()).toBe(true);

    let stopped: Outcome | undefined;
    void service.election.stop().then((told) => (stopped = told));
    await settle();
    expect(service.running).toBe(false);
    await service.clock.advance(1_000);
    expect(stopped).toEqual({ reason: 'stopped', led: true, released: true, workFinished: true });
    expect(await outcome).toBe(stopped);
    const answer = await service.store.lock('other').get();
    expect(answer.ok && answer.record?.holderIdentity).toBe('');
    expect(service.printed.at(-1)).toBe('data-processor: Lost leadership, stopping operations');
    expect(service.clock.pendingTimers).toBe(0);
  });

  it('with pauses of 10 s hands over when the present one is over, and not by the drain timeout', async () => {
    const service = new HighAvailabilityService('data-processor', 10_000);
    let outcome: Outcome | undefined;
    void service.start().then((told) => (outcome = told));
    await settle();
    await service.clock.advance(25_000);
    void service.election.stop();
    await service.clock.advance(4_999);
    expect(service.election.state).toBe('draining');
    await service.clock.advance(1);
    expect(outcome).toMatchObject({ reason: 'stopped', released: true, workFinished: true });
    expect(service.printed.filter((line) => line.startsWith('Performing'))).toHaveLength(3);
  });
});
