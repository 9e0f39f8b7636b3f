import type { ElectionNews } from '../../../../machines/types.js';
import type {
  LeaderElectionConfig,
  Outcome,
} from '../../../../src/config/leader-election-config.js';
import { LeaderElection } from '../../../../src/election/leader-election.js';
import type { Term } from '../../../../src/term/term.js';
import type { LockResult, ResourceLock } from '../../../../src/lock/resource-lock.js';
import { settle, VirtualClock } from '../../../../src/testing/virtual-clock.js';
import { type Deferred, deferred } from '../../../model/support/deferred.js';
import { ControllableLock, type PendingCall } from '../../../support/controllable-lock.js';

export type Options = Partial<Omit<LeaderElectionConfig, 'lock' | 'clock' | 'logger'>> & {
  readonly identity?: string;
  /** Default: false, for none. Undefined: what an election has that is given none. */
  readonly logger?: LeaderElectionConfig['logger'] | undefined;
  /** The lock can be watched, by `lock.watching`. Default: it is polled. */
  readonly watched?: boolean;
  /** The lock can write events down, in this way. */
  readonly recordEvent?: Required<ResourceLock>['recordEvent'];
};

/**
 * One `LeaderElection` whose lock, clock and work are in the hand of the test. Durations are the
 * defaults: lease 15 s, renew deadline 10 s, retry period 2 s. Jitter is at its least, so that the
 * first retry comes after 125 ms and a poll after 2 s.
 */
export class Candidate {
  readonly clock = new VirtualClock();
  readonly lock: ControllableLock;
  readonly election: LeaderElection;
  readonly terms: Term[] = [];
  /** What happened, in order: callbacks by their name, events by their type, each with its detail. */
  readonly log: string[] = [];
  /** What the work of each term waits for. */
  readonly works: Deferred[] = [];
  outcome: Outcome | undefined;

  constructor({ identity = 'me', watched = false, recordEvent, ...options }: Options = {}) {
    this.lock = new ControllableLock(identity, watched);
    if (recordEvent !== undefined) this.lock.recordEvent = recordEvent;
    this.election = new LeaderElection({
      lock: this.lock,
      clock: this.clock,
      random: () => 0,
      logger: false,
      onStartedLeading: (term) => {
        this.log.push('onStartedLeading');
        return this.newWork(term);
      },
      onStoppedLeading: (reason) => this.log.push(`onStoppedLeading ${reason}`),
      onNewLeader: (leader) => this.log.push(`onNewLeader ${leader}`),
      onOverrun: () => this.log.push('onOverrun'),
      ...options,
    });
  }

  /** The work of the latest term. */
  get work(): Deferred {
    return this.works.at(-1)!;
  }

  get term(): Term {
    return this.terms.at(-1)!;
  }

  newWork(term: Term): Promise<void> {
    const work = deferred();
    this.terms.push(term);
    this.works.push(work);
    return work.promise;
  }

  /** Also records these events in the log, as `type: detail`. */
  listen(...types: ElectionNews['type'][]): void {
    for (const type of types) this.election.on(type, (event) => this.log.push(describe(event)));
  }

  /** Runs the election and notes its outcome; the first read waits for an answer then. */
  async run(): Promise<void> {
    void this.election.run().then((outcome) => {
      this.outcome = outcome;
    });
    await settle();
  }

  /** Stops the election and notes the outcome. */
  async stop(): Promise<void> {
    void this.election.stop().then((outcome) => {
      this.outcome = outcome;
    });
    await settle();
  }

  /** A candidate that finds the lock in other hands. */
  async waits(
    holder = 'other',
    fields: Parameters<ControllableLock['heldBy']>[1] = {},
  ): Promise<void> {
    await this.run();
    await this.answer('get', this.lock.heldBy(holder, fields));
  }

  /** A candidate that has read a free lock, and whose claim waits for an answer. */
  async claims(): Promise<PendingCall> {
    await this.run();
    await this.answer('get', this.lock.free());
    return this.lock.expectCall('update');
  }

  /** A leader: the claim was sent at 0 s and answered at once. Its next renewal is due at 2 s. */
  async leads(): Promise<PendingCall> {
    await this.claims();
    return this.lock.commit();
  }

  /** A leader whose first renewal was sent at 2 s and waits for an answer. */
  async renews(): Promise<PendingCall> {
    await this.leads();
    await this.clock.advance(2_000);
    return this.lock.expectCall('update');
  }

  /** Answers the one call that waits. */
  async answer(verb: PendingCall['verb'], result: LockResult): Promise<PendingCall> {
    const call = await this.lock.expectCall(verb);
    await call.answer(result);
    return call;
  }

  /** The work ends, as it was told to. */
  async finishWork(): Promise<void> {
    this.work.resolve();
    await settle();
  }

  /** Lets a release succeed. Where it looks first, it finds that the record is still ours. */
  async allowRelease(held: PendingCall): Promise<PendingCall> {
    await settle();
    if (this.lock.pending[0]?.verb === 'get') await this.answer('get', this.lock.ok(held.record));
    return this.lock.commit();
  }
}

function describe(event: ElectionNews): string {
  if ('reason' in event) return `${event.type}: ${event.reason}`;
  if ('identity' in event) return `${event.type}: ${event.identity}`;
  if ('callback' in event) return `${event.type}: ${event.callback}`;
  if (event.type === 'stateChanged') return `${event.type}: ${event.previous} -> ${event.state}`;
  if (event.type === 'ended') return `${event.type}: ${event.outcome.reason}`;
  if ('error' in event) return `${event.type}: ${event.error.kind}`;
  return event.type;
}
