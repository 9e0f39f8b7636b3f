import { createActor } from 'xstate';
import { leaderElectionMachine, type LeaderElectionActor } from '../../machines/leader-election.js';
import type { ElectionState } from '../../machines/types.js';
import type { EndReason, LeaderElectionConfig, Outcome } from '../config/leader-election-config.js';
import { resolveConfig } from '../config/resolve-config.js';
import { NotLeaderError } from '../errors/not-leader-error.js';
import type { ResourceLock } from '../lock/resource-lock.js';
import type { Clock } from '../time/clock.js';
import { Campaign } from './campaign.js';
import { type ElectionEventType, type ElectionListener, Listeners } from './listeners.js';
import { NewsLog } from './logging.js';
import type { Term } from './term.js';

export interface RunOptions {
  /** Abort to stop, as `stop()` does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One candidate in the election for one lock.
 *
 * At most one candidate's `isLeader()` is true at a time, as long as clocks run at rates that
 * differ by less than leaseDuration / renewDeadline, and nobody deletes or rewrites the lock by
 * hand. What a leader *did* just before it lost its lease may still be under way elsewhere: hand
 * `term.fencingToken` to what you write to.
 */
export class LeaderElection {
  readonly #config: LeaderElectionConfig;
  readonly #clock: Clock;
  readonly #log: NewsLog;
  readonly #listeners: Listeners;
  #campaign: Campaign;

  /**
   * @throws {ConfigError} naming every option that breaks a rule. Nothing is read or written, and
   * no timer runs, before `run()`, `acquire()` or `lead()` is called.
   */
  constructor(config: LeaderElectionConfig) {
    const { logger, lock, clock } = resolveConfig(config);
    this.#config = config;
    this.#clock = clock;
    this.#log = new NewsLog(logger, lock, clock);
    this.#listeners = new Listeners(logger, this.#log);
    this.#campaign = this.#newCampaign(config);
  }

  /** This candidate's name in the lock. */
  get identity(): string {
    return this.#lock.identity;
  }

  /**
   * Whether this candidate leads now, by the clock: false at the first question after the renew
   * deadline, even if the process was stopped or its event loop blocked until just now. Stays true
   * while draining, since the lock is still held.
   */
  isLeader(): boolean {
    return this.#campaign.isLeader();
  }

  /** The identity last seen to hold the lock, ours included; null when nobody was. */
  get leader(): string | null {
    return this.#campaign.actor.getSnapshot().context.leader;
  }

  /** The present term; null unless this candidate leads. */
  get term(): Term | null {
    return this.isLeader() ? this.#campaign.actor.getSnapshot().context.term : null;
  }

  get state(): ElectionState {
    return this.#campaign.state;
  }

  /** The running statechart: for an inspector, or to send it `wake`. */
  get actor(): LeaderElectionActor {
    return this.#campaign.actor;
  }

  /**
   * Competes for the lock, leads, and resolves when that is over: after `stop()`, or after a loss
   * unless `onLost` is `rejoin`. Never rejects for what happens in the cluster or in a callback:
   * the outcome tells.
   *
   * @throws {LockError} of kind `dependency` if `@kubernetes/client-node` is needed and is not
   * installed or cannot be loaded: no retry would heal that.
   */
  async run(options: RunOptions = {}): Promise<Outcome> {
    const campaign = this.#ready();
    campaign.start(options.signal);
    return campaign.outcome;
  }

  /**
   * Competes for the lock and resolves with true once this candidate leads; renewal has begun then.
   * False if it was stopped before.
   */
  async acquire(options: RunOptions = {}): Promise<boolean> {
    const campaign = this.#ready();
    campaign.start(options.signal);
    return campaign.leading();
  }

  /**
   * Resolves, with the reason, when the present term has ended.
   *
   * @throws {NotLeaderError} if this candidate does not lead. Call `acquire()` first.
   */
  async renewLoop(): Promise<EndReason> {
    if (!this.isLeader()) {
      throw new NotLeaderError(`${this.identity} does not lead: call acquire() before renewLoop()`);
    }
    return this.#campaign.termEnded();
  }

  /**
   * Acquires leadership, runs `work` under it, gives the lock back and returns the result of
   * `work`. It takes the place of `onStartedLeading`. Rejects with what `work` rejects with.
   *
   * Every candidate that calls it runs its work, one after the other: what is to be done once must
   * look whether it has been done. One that is stopped while it works returns what `work` returns
   * after its signal was aborted, so work that breaks off should throw: `term.assertLeading()`.
   *
   * @throws {NotLeaderError} if leadership was lost before `work` had finished, or if the election
   * was stopped before it led.
   * @throws {Error} if this election is running already.
   */
  async lead<T>(work: (term: Term) => T | Promise<T>, options: RunOptions = {}): Promise<T> {
    if (!this.#campaign.isFresh && !this.#campaign.isOver) {
      throw new Error('lead() was called while this election is running: use one at a time');
    }
    let done: { readonly value: T } | undefined;
    let failed: { readonly error: unknown } | undefined;
    const campaign = this.#newCampaign({
      ...this.#config,
      releaseWhenDone: true,
      onLost: 'return',
      onStartedLeading: async (term) => {
        try {
          const value = await work(term);
          if (campaign.isLeader()) done = { value };
        } catch (error) {
          failed = { error };
          throw error;
        }
      },
    });
    this.#campaign = campaign;
    campaign.start(options.signal);
    const { reason, led } = await campaign.outcome;
    if (failed !== undefined) throw failed.error;
    if (done !== undefined) return done.value;
    throw new NotLeaderError(
      led
        ? `${this.identity} lost its leadership (${reason}) before the work had finished`
        : `${this.identity} was stopped before it led`,
    );
  }

  /**
   * Ends the candidacy in good order: the work is told to end, `onStoppedLeading` is called, the lease
   * is renewed until both are done, the lock is released. Resolves with the outcome when all that is
   * done, or when `drainTimeoutSeconds` have passed. May be called at any time, and more than once.
   *
   * Inside `onStartedLeading` and `onStoppedLeading`, which it would wait for, it resolves once the
   * term has been told to end, with the outcome as it stands then: nothing is released yet.
   */
  async stop(): Promise<Outcome> {
    this.#campaign.stop();
    return this.#campaign.stopped();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * Calls `listener` at each event of that type, until the returned function is called. Listeners
   * run after the fact and must be quick; one that throws, or returns a promise that rejects, is
   * logged and disturbs nothing.
   *
   * @throws {ConfigError} for a type of event that there is not, or a listener that is no function
   */
  on<T extends ElectionEventType>(type: T, listener: ElectionListener<T>): () => void {
    return this.#listeners.add(type, listener);
  }

  /** For loggers and inspectors: nothing of the configuration, which may hold secrets. */
  toJSON(): Record<string, unknown> {
    const { description, identity } = this.#lock;
    return { lock: description, identity, state: this.state };
  }

  get #lock(): ResourceLock {
    return this.#campaign.actor.getSnapshot().context.config.lock;
  }

  /** A candidacy that is over is followed by a new one; one that runs is joined. */
  #ready(): Campaign {
    if (this.#campaign.isOver) this.#campaign = this.#newCampaign(this.#config);
    return this.#campaign;
  }

  #newCampaign(config: LeaderElectionConfig): Campaign {
    const actor = createActor(leaderElectionMachine, { input: config, clock: this.#clock });
    const close = (): void => {
      this.#log.close();
    };
    actor.subscribe({ next: (snapshot) => this.#log.see(snapshot), complete: close, error: close });
    return new Campaign(actor, (news) => {
      this.#listeners.deliver(news);
    });
  }
}
