import { createActor } from 'xstate';
import type {
  LeaderElectionActor,
  LeaderElectionMachine,
} from '../../../machines/leader-election.js';
import type { ElectionContext, ElectionEmitted, ElectionEvent } from '../../../machines/types.js';
import type {
  EndReason,
  LeaderElectionConfig,
} from '../../../src/config/leader-election-config.js';
import type { Term } from '../../../src/term/term.js';
import type { LockResult } from '../../../src/lock/resource-lock.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { ControllableLock, type PendingCall } from '../../support/controllable-lock.js';
import { deferred } from './deferred.js';
import { StepClock } from './step-clock.js';

export type Options = Partial<Omit<LeaderElectionConfig, 'lock' | 'clock'>> & {
  /** The lock can be watched, by `lock.watching`. Default: it is polled. */
  readonly watched?: boolean;
};

/**
 * A live actor of the chart whose lock, clock and callbacks are in the hand of the test. Jitter is
 * at its least: the first retry comes after 125 ms, a poll after 2 s, a rejoin after 1 s.
 */
export class Candidate {
  readonly clock = new StepClock();
  readonly lock: ControllableLock;
  readonly actor: LeaderElectionActor;
  /** What `onStartedLeading` waits for. */
  readonly work = deferred();
  /** What `onStoppedLeading` waits for. */
  readonly stopping = deferred();
  readonly news: ElectionEmitted[] = [];
  readonly terms: Term[] = [];
  readonly stopReasons: EndReason[] = [];
  readonly visited: string[] = [];
  #takesPart = false;
  /** How often it has begun to take part. */
  #participations = 0;
  failure: unknown = undefined;

  constructor(machine: LeaderElectionMachine, { watched = false, ...options }: Options = {}) {
    this.lock = new ControllableLock('me', watched);
    const input: LeaderElectionConfig = {
      lock: this.lock,
      clock: this.clock,
      random: () => 0,
      logger: false,
      onStartedLeading: (term) => {
        this.terms.push(term);
        return this.work.promise;
      },
      onStoppedLeading: (reason) => {
        this.stopReasons.push(reason);
        return this.stopping.promise;
      },
      ...options,
    };
    this.actor = createActor(machine, { input, clock: this.clock });
    this.actor.on('*', (event) => this.news.push(event));
    this.actor.subscribe({
      next: ({ value }) => {
        const here = positions(value).join(' + ');
        const tookPart = this.#takesPart;
        this.#takesPart = here.startsWith('participating');
        if (this.#takesPart && !tookPart) this.#participations += 1;
        this.visited.push(here);
      },
      error: (error) => {
        this.failure = error;
      },
    });
    this.actor.start();
  }

  get context(): ElectionContext {
    return this.actor.getSnapshot().context;
  }

  get term(): Term {
    const term = this.terms.at(-1);
    if (term === undefined) throw new Error('No term has begun');
    return term;
  }

  async send(event: ElectionEvent): Promise<void> {
    this.actor.send(event);
    await settle();
  }

  /**
   * Fails if the actor broke, as it does when an error reaches no transition, and if it has watched
   * the lock more often than once each time it took part.
   */
  expectSound(): void {
    if (this.failure !== undefined) throw new Error('The actor broke', { cause: this.failure });
    const watches = this.lock.watches.length;
    if (watches > this.#participations) throw new Error(`The lock is watched anew: ${watches}`);
  }

  /**
   * Fails unless the chart stands in this state; in parallel states, in this one among others. Who is
   * elected answers to the tag of a leader, and nobody else does.
   */
  at(state: string): void {
    this.expectSound();
    const snapshot = this.actor.getSnapshot();
    const here = positions(snapshot.value);
    const isElected = here.some((position) => position.startsWith('participating.elected'));
    if (snapshot.hasTag('leader') !== isElected) throw new Error(`Wrongly tagged: ${here[0]}`);
    if (here.some((position) => position === state || position.startsWith(`${state}.`))) return;
    throw new Error(`Expected to be at ${state}, but at ${here.join(' + ')}`);
  }

  /** From here on, `wentOnlyThrough` counts. */
  mark(): void {
    this.visited.length = 0;
  }

  /** Fails if the chart has rested, since `mark`, in any state that is in none of these. */
  wentOnlyThrough(...states: string[]): void {
    const astray = this.visited.find((place) => !states.some((state) => place.includes(state)));
    if (astray !== undefined) throw new Error(`Strayed to ${astray}`);
  }

  /** The chart is in `before` until the last millisecond, and in `after` once `ms` have passed. */
  async after(ms: number, before: string, after: string): Promise<void> {
    await this.clock.advance(ms - 1);
    this.at(before);
    await this.clock.advance(1);
    this.at(after);
  }

  /** Answers the one call that waits. */
  async answer(verb: PendingCall['verb'], result: LockResult): Promise<PendingCall> {
    const call = await this.lock.expectCall(verb);
    await call.answer(result);
    return call;
  }

  /** The news of one type, oldest first. */
  newsOf<T extends ElectionEmitted['type']>(type: T): Extract<ElectionEmitted, { type: T }>[] {
    return this.news.filter((event) => event.type === type) as never;
  }
}

function positions(value: unknown, prefix = ''): string[] {
  if (typeof value === 'string') return [`${prefix}${value}`];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) =>
    positions(inner, `${prefix}${key}.`),
  );
}
