import type { LeaderElectionConfig } from '../../../../src/config/leader-election-config.js';
import { LeaderElection } from '../../../../src/election/leader-election.js';
import { Wire } from '../../../../src/testing/cluster/wire.js';
import { InMemoryLockStore } from '../../../../src/testing/in-memory-lock.js';
import { VirtualClock } from '../../../../src/testing/virtual-clock.js';

const DESCRIBED = { description: 'Lease test/rivals' };

export interface Rival {
  readonly election: LeaderElection;
  readonly wire: Wire;
  /** When it began and ceased to lead, in ms, as its callers can see. */
  readonly reigns: { from: number; until: number | null }[];
}

/** Several candidates for one lock, watched millisecond by millisecond. */
export class Rivals {
  readonly clock = new VirtualClock();
  readonly store = new InMemoryLockStore();
  readonly all: Rival[] = [];

  /** Starts a candidate; its work ends when it is told to. */
  join(identity: string, options: Partial<LeaderElectionConfig> = {}): Rival {
    const wire = new Wire(this.store, this.clock, identity, DESCRIBED);
    // Digits of its own in the times that it writes, and next to no jitter.
    const digits = this.all.length / 1000;
    const election = new LeaderElection({
      lock: wire,
      clock: this.clock,
      random: () => digits,
      logger: false,
      onStartedLeading: (term) =>
        new Promise((resolve) => {
          term.signal.addEventListener('abort', resolve);
        }),
      ...options,
    });
    const rival: Rival = { election, wire, reigns: [] };
    this.all.push(rival);
    void election.run().catch(() => undefined);
    return rival;
  }

  /** Lets time pass, and fails at the first moment at which two of them lead. */
  async pass(ms: number, stepMs = 50): Promise<void> {
    const until = this.now + ms;
    while (this.now < until) {
      await this.clock.advance(Math.min(stepMs, until - this.now));
      const leading = this.all.filter(({ election }) => election.isLeader());
      if (leading.length > 1) {
        const names = leading.map(({ election }) => election.identity).join(' and ');
        throw new Error(`At ${this.now} ms ${names} lead at the same time`);
      }
      for (const rival of this.all) this.#note(rival);
    }
  }

  get now(): number {
    return this.clock.now().monotonicMs;
  }

  #note({ election, reigns }: Rival): void {
    const last = reigns.at(-1);
    const leads = last?.until === null;
    if (election.isLeader() && !leads) reigns.push({ from: this.now, until: null });
    if (!election.isLeader() && leads) last.until = this.now;
  }
}
