import type { SnapshotFrom } from 'xstate';
import type { LeaderElectionActor, LeaderElectionMachine } from '../../machines/leader-election.js';
import type { ElectionEmitted, ElectionNews, ElectionState } from '../../machines/types.js';
import { outcome } from '../../machines/updates.js';
import type { EndReason, Outcome } from '../config/leader-election-config.js';
import { isWaitedFor } from '../term/own-callbacks.js';
import { type Health, healthOf, type HealthOptions } from './health.js';
import { stateName } from './states.js';

export type Snapshot = SnapshotFrom<LeaderElectionMachine>;

/** Who hears what becomes of a candidacy. */
export interface Audience {
  /** The news of the chart, and each change of state. */
  deliver(news: ElectionNews): void;
  /** The chart has come this far. */
  see(snapshot: Snapshot): void;
  /** The candidacy is over: what of its news is still being written down gets a moment; or null. */
  finish(): Promise<void> | null;
  /** Nothing more will come. */
  close(): void;
}

/**
 * One run of the statechart, from `start` to its end, with promises for what callers wait for. The
 * rules are all in the chart; here is only the bridge from its events to promises.
 */
export class Candidacy {
  readonly actor: LeaderElectionActor;
  /**
   * Rejects only if no lock can ever be reached because the client library cannot be loaded, if the
   * statechart itself breaks, or if its actor is stopped from outside.
   */
  readonly outcome: Promise<Outcome>;
  readonly #audience: Audience;
  #resolve!: (outcome: Outcome | Promise<Outcome>) => void;
  #reject!: (error: unknown) => void;
  /** The state that listeners were told of last. */
  #announced: ElectionState = 'idle';
  #over = false;
  #failed = false;
  /** By the monotonic clock; null: not yet. */
  #startedAtMs: number | null = null;

  constructor(actor: LeaderElectionActor, audience: Audience) {
    this.actor = actor;
    this.#audience = audience;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits for the outcome gets the rejection; nobody waiting is no reason to end the
    // process.
    this.outcome.catch(ignore);
    actor.on('*', (news) => {
      this.#hear(news);
    });
    // There may be thousands of candidacies: this is one object where three functions would do.
    actor.subscribe(this);
  }

  /** Asks the chart, so that a callback is told where its own call comes from. */
  get state(): ElectionState {
    return stateName(this.actor.getSnapshot().value);
  }

  get isFresh(): boolean {
    return this.#startedAtMs === null;
  }

  get isOver(): boolean {
    return this.#over;
  }

  isLeader(): boolean {
    const snapshot = this.actor.getSnapshot();
    if (!snapshot.hasTag('leader')) return false;
    if (snapshot.context.term?.holdsLock() === true) return true;
    // The deadline has passed and its timer has not fired yet: the chart is to hear of it now.
    if (snapshot.status === 'active') this.actor.send({ type: 'lapse' });
    return false;
  }

  /** @throws {ConfigError} naming every option that breaks a rule */
  health(options: HealthOptions): Health {
    return healthOf(this.actor.getSnapshot(), this.#startedAtMs, options);
  }

  /** @param prepare what has to be done before the lock can be held; it is not done again for who joins */
  start(signal?: AbortSignal, prepare?: () => Promise<void>): void {
    if (signal !== undefined) this.#stopOn(signal);
    if (!this.isFresh) return;
    this.#begin();
    const enter = (): void => {
      if (this.state === 'idle') this.actor.send({ type: 'start' });
    };
    if (prepare === undefined) enter();
    else {
      prepare().then(enter, (error: unknown) => {
        this.#giveUp(error);
      });
    }
  }

  stop(): void {
    this.#begin();
    if (!this.#over) this.actor.send({ type: 'stop' });
  }

  /**
   * The outcome, once the candidacy is over. A callback that its end waits for cannot wait for it in
   * turn, and gets the outcome as it stands now; so does who stops what had failed before, of which
   * those have heard that ran it.
   */
  async stopped(): Promise<Outcome> {
    const { context } = this.actor.getSnapshot();
    if (this.#failed) return outcome(context);
    const isAwaited = !this.#over && context.term !== null && isWaitedFor(context.term);
    return isAwaited ? outcome(context) : this.outcome;
  }

  /** True once leading; false if the candidacy ends before. */
  async leading(): Promise<boolean> {
    if (this.isLeader()) return true;
    return new Promise((resolve, reject) => {
      const started = this.actor.on('startedLeading', () => {
        started.unsubscribe();
        resolve(true);
      });
      this.outcome.then(() => {
        started.unsubscribe();
        resolve(false);
      }, reject);
    });
  }

  /** Resolves when the present term has ended and what follows it has begun. */
  async termEnded(): Promise<EndReason> {
    return new Promise((resolve, reject) => {
      // It may be draining already, and a drain that takes too long is another reason in the end.
      let reason = this.actor.getSnapshot().context.endReason ?? 'stopped';
      const states = this.actor.subscribe(({ value, context }) => {
        reason = context.endReason ?? reason;
        if (stateName(value) === 'rejoining') finish();
      });
      const finish = (): void => {
        states.unsubscribe();
        resolve(reason);
      };
      this.outcome.then((outcome) => {
        reason = outcome.reason;
        finish();
      }, reject);
    });
  }

  /** As XState calls it: the chart has come this far. */
  next(snapshot: Snapshot): void {
    this.#audience.see(snapshot);
    const previous = this.#announced;
    const state = stateName(snapshot.value);
    if (state === previous) return;
    this.#announced = state;
    this.#audience.deliver({ type: 'stateChanged', state, previous });
  }

  /** As XState calls it: the chart itself is broken. */
  error(error: unknown): void {
    this.#audience.close();
    this.#abandon(error);
  }

  /** As XState calls it: the chart has come to its end, or its actor was stopped. */
  complete(): void {
    this.#audience.close();
    this.#abandon(new Error('The actor of the election was stopped from outside'));
  }

  #hear(news: ElectionEmitted): void {
    if (news.type === 'ended') {
      this.#over = true;
      const finished = this.#audience.finish();
      this.#resolve(finished === null ? news.outcome : finished.then(() => news.outcome));
    }
    this.#audience.deliver(news);
    // Everything else may be better at the next attempt, and is for the chart to deal with.
    if (news.type === 'acquireFailed' && news.error.kind === 'dependency') this.#giveUp(news.error);
  }

  #begin(): void {
    if (this.#startedAtMs !== null) return;
    this.#startedAtMs = this.actor.getSnapshot().context.config.clock.now().monotonicMs;
    this.actor.start();
  }

  #stopOn(signal: AbortSignal): void {
    if (signal.aborted) {
      this.stop();
      return;
    }
    const stop = (): void => {
      this.stop();
    };
    signal.addEventListener('abort', stop, { once: true });
    const forget = (): void => {
      signal.removeEventListener('abort', stop);
    };
    this.outcome.then(forget, forget);
  }

  #giveUp(error: unknown): void {
    this.#abandon(error);
    this.actor.stop();
  }

  /** Without a running chart nothing renews the lease: whatever it had started must end. */
  #abandon(error: unknown): void {
    this.actor.getSnapshot().context.term?.end();
    // An actor completes in good order, too, once it has told of its end.
    this.#failed ||= !this.#over;
    this.#over = true;
    this.#reject(error);
  }
}

function ignore(): void {
  // Somebody else hears of it.
}
