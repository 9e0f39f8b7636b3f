import { LeaderElection, type LeaderElectionConfig, type Term } from '../../../../src/index.js';
import { InMemoryLockStore, VirtualClock } from '../../../../src/testing.js';
import { type Deferred, deferred } from '../../../model/support/deferred.js';

/** A candidate without rivals, in virtual time: 15 s, 10 s and 2 s. It may lead as soon as it wants. */
export class Leader {
  readonly clock = new VirtualClock();
  readonly terms: Term[] = [];
  readonly works: Deferred[] = [];
  readonly election: LeaderElection;

  constructor(options: Partial<LeaderElectionConfig> = {}) {
    const { clock } = this;
    this.election = new LeaderElection({
      lock: new InMemoryLockStore().lock('me'),
      clock,
      random: () => 0,
      logger: false,
      onLost: 'rejoin',
      onStartedLeading: (term) => {
        const work = deferred();
        this.terms.push(term);
        this.works.push(work);
        return work.promise;
      },
      ...options,
    });
  }

  get term(): Term {
    return this.terms.at(-1)!;
  }

  async lead(): Promise<void> {
    void this.election.run();
    await this.clock.advance(0);
  }

  /** The process stands still until the deadline has passed; no timer fires. */
  standStill(): void {
    this.clock.freeze(10_000);
  }

  /** Loses the term at its deadline, by a timer. */
  async lose(): Promise<void> {
    this.standStill();
    await this.clock.advance(0);
  }

  async leadAgain(): Promise<void> {
    this.works.at(-1)!.resolve();
    await this.clock.advance(20_000);
  }

  async end(): Promise<void> {
    for (const work of this.works) work.resolve();
    const over = this.election.stop();
    await this.clock.advance(30_000);
    await over;
  }
}
