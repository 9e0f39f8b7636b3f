import { createActor } from 'xstate';
import { leaderElectionMachine, type LeaderElectionActor } from '../../machines/leader-election.js';
import type { ElectionState } from '../../machines/types.js';
import type { EndReason, LeaderElectionConfig, Outcome } from '../config/leader-election-config.js';
import { doubtsAbout, givenOptions, resolveConfig } from '../config/resolve-config.js';
import { NotLeaderError } from '../errors/not-leader-error.js';
import type { ResourceLock } from '../lock/resource-lock.js';
import type { Clock } from '../time/clock.js';
import { Candidacy } from './candidacy.js';
import { recorderFor } from './event-recorder.js';
import type { Health, HealthOptions } from './health.js';
import { type ElectionEventType, type ElectionListener, Listeners } from './listeners.js';
import { NewsLog } from './news-log.js';
import { checkCall, checkLead, type RunOptions } from './run-options.js';
import type { Term } from '../term/term.js';

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
  #candidacy: Candidacy;

  /**
   * @throws {ConfigError} naming every option that breaks a rule. Nothing is read or written, and
   * no timer runs, before `run()`, `acquire()` or `lead()` is called.
   */
  constructor(config: LeaderElectionConfig) {
    const { logger, clock } = resolveConfig(config);
    const { lock } = config;
    const doubts = doubtsAbout(config);
    if (doubts !== null) {
      logger.warn({ lock: lock.description, identity: lock.identity }, doubts);
    }
    // What was checked is what holds for every candidacy, whatever becomes of the caller's object.
    this.#config = givenOptions(config);
    this.#clock = clock;
    this.#log = new NewsLog(logger, lock, clock);
    const recorder = recorderFor(lock, logger, clock);
    this.#listeners = new Listeners(logger, lock, this.#log, recorder);
    this.#candidacy = this.#newCandidacy(this.#config);
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
    return this.#candidacy.isLeader();
  }

  /**
   * Whether this process would better be started anew, for a liveness probe; asks the clock, and no
   * server. It is in order that a candidate does not lead: this is nothing for a readiness probe.
   *
   * @throws {ConfigError} naming every option that breaks a rule
   */
  health(options: HealthOptions = {}): Health {
    return this.#candidacy.health(options);
  }

  /** The identity last seen to hold the lock, ours included; null when nobody was. */
  get leader(): string | null {
    return this.#candidacy.actor.getSnapshot().context.leader;
  }

  /** The present term; null unless this candidate leads. */
  get term(): Term | null {
    return this.isLeader() ? this.#candidacy.actor.getSnapshot().context.term : null;
  }

  /** Where this candidate stands, in one word. */
  get state(): ElectionState {
    return this.#candidacy.state;
  }

  /** The running statechart: for an inspector, or to send it `wake`. */
  get actor(): LeaderElectionActor {
    return this.#candidacy.actor;
  }

  /**
   * Competes for the lock, leads, and resolves when that is over: after `stop()`, or after a loss
   * unless `onLost` is `rejoin`. Never rejects for what happens in the cluster or in a callback:
   * the outcome tells. Called again meanwhile, it resolves with the same outcome.
   *
   * @throws {LockError} of kind `dependency` if `@kubernetes/client-node` is needed and is not
   * installed or cannot be loaded: no retry would heal that.
   * @throws {ConfigError} naming every option that breaks a rule, before anything is asked of the lock
   */
  async run(options: RunOptions = {}): Promise<Outcome> {
    checkCall('run', options);
    const candidacy = this.#ready();
    this.#start(candidacy, options);
    return candidacy.outcome;
  }

  /**
   * Competes for the lock and resolves with true once this candidate leads; renewal has begun then.
   * False if it was stopped before.
   *
   * @throws as `run()` does
   */
  async acquire(options: RunOptions = {}): Promise<boolean> {
    checkCall('acquire', options);
    const candidacy = this.#ready();
    this.#start(candidacy, options);
    return candidacy.leading();
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
    return this.#candidacy.termEnded();
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
   * @throws {ConfigError} if `work` is no function, if an option breaks a rule, or if this election is
   * running already: before anything is asked of the lock.
   */
  async lead<T>(work: (term: Term) => T | Promise<T>, options: RunOptions = {}): Promise<T> {
    const isRunning = !this.#candidacy.isFresh && !this.#candidacy.isOver;
    checkLead(work, options, isRunning ? this.state : null);
    let done: { readonly value: T } | undefined;
    let failed: { readonly error: unknown } | undefined;
    const candidacy = this.#newCandidacy({
      ...this.#config,
      releaseWhenDone: true,
      onLost: 'return',
      onStartedLeading: async (term) => {
        try {
          const value = await work(term);
          if (candidacy.isLeader()) done = { value };
        } catch (error) {
          failed = { error };
          throw error;
        }
      },
    });
    this.#candidacy = candidacy;
    this.#log.begin(true);
    this.#start(candidacy, options);
    const { reason, led } = await candidacy.outcome;
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
    this.#candidacy.stop();
    return this.#candidacy.stopped();
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
    return this.#candidacy.actor.getSnapshot().context.config.lock;
  }

  /** A candidacy that is over is followed by a new one; one that runs is joined. */
  #ready(): Candidacy {
    if (this.#candidacy.isOver) {
      this.#candidacy = this.#newCandidacy(this.#config);
      this.#log.begin(false);
    }
    return this.#candidacy;
  }

  #start(candidacy: Candidacy, { signal }: RunOptions): void {
    const { releaseOnExit = false, lock } = this.#config;
    const prepare = async (): Promise<void> => {
      const { releaseAtExit } = await import('./release-at-exit.js');
      releaseAtExit(candidacy.actor, lock);
    };
    candidacy.start(signal, releaseOnExit ? prepare : undefined);
  }

  #newCandidacy(config: LeaderElectionConfig): Candidacy {
    const actor = createActor(leaderElectionMachine, { input: config, clock: this.#clock });
    return new Candidacy(actor, this.#listeners);
  }
}
