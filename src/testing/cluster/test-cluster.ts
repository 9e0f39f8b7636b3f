import type { LeaderElection } from '../../election/leader-election.js';
import { onRejection } from '../../errors/rejections.js';
import {
  Candidate,
  type Follower,
  type Join,
  type TestCandidate,
  type TestService,
} from './candidate.js';
import { type Ground, milliseconds, situation, twoLeaders } from './ground.js';
import { STEP_MS } from './pace.js';
import { stopAll } from './stop-all.js';
import { TermLog, type TestTerm } from './term-log.js';

/**
 * Several candidates for one lock in one test, which harms them: see `createTestCluster` and
 * `startTestCluster`. What is done to a candidate is done in the call; what follows from it comes as
 * time passes, in {@link advance}.
 */
export class TestCluster<
  Service extends LeaderElection | TestService = LeaderElection,
> implements AsyncDisposable {
  readonly #ground: Ground;
  readonly #candidates: readonly Candidate<Service>[];
  readonly #log = new TermLog();
  readonly #beganMs: number;
  /** What went wrong out of reach of the test's calls, for the next of them. */
  #failure: { readonly error: unknown } | null = null;
  #isClosed = false;

  /** @internal Use `createTestCluster` or `startTestCluster`. */
  constructor(ground: Ground, ids: readonly string[], join: (id: string) => Join<Service>) {
    this.#ground = ground;
    this.#beganMs = ground.clock.now().monotonicMs;
    const follower: Follower<Service> = {
      begins: (candidate) => {
        this.#follow(candidate);
      },
      runs: (returned) => {
        onRejection(returned, this.#failed);
      },
    };
    this.#candidates = ids.map((id) => new Candidate(id, ground.clock, join(id), follower));
  }

  /** In the order in which they were named. */
  get candidates(): readonly TestCandidate<Service>[] {
    return this.#candidates;
  }

  /** @throws {Error} if there is none of this id */
  candidate(id: string): TestCandidate<Service> {
    return this.#candidate(id);
  }

  /** Seconds since the beginning of the cluster. */
  get seconds(): number {
    return (this.#ground.clock.now().monotonicMs - this.#beganMs) / 1000;
  }

  /** All terms so far, the oldest first. */
  get terms(): readonly TestTerm[] {
    return this.#log.terms;
  }

  /**
   * The id of the candidate whose `isLeader()` is true; null while nobody leads. One that is paused
   * or was killed answers nobody, and is not asked.
   *
   * @throws {Error} if two lead at once
   */
  leader(): string | null {
    this.#check();
    const leading = this.#candidates.filter(({ isLeading }) => isLeading);
    if (leading.length > 1) throw twoLeaders(leading, this.seconds);
    return leading[0]?.id ?? null;
  }

  /**
   * Lets so many seconds pass. What goes wrong in the background is thrown here.
   *
   * @throws {Error} if two have led at once, or the `start()` of a service failed
   */
  async advance(seconds: number): Promise<void> {
    await this.#ground.pass(milliseconds('advance', seconds));
    this.#check();
  }

  /**
   * Lets time pass until the condition holds, which is looked at every 50 ms.
   *
   * @param atMostSeconds how long it may take. Default 60.
   * @throws {Error} if it does not hold by then
   */
  async until(condition: () => boolean, atMostSeconds = 60): Promise<void> {
    const lastMs = milliseconds('until', atMostSeconds);
    await this.#ground.pass(0);
    for (let passedMs = 0; !condition(); passedMs += STEP_MS) {
      this.#check();
      if (passedMs >= lastMs) {
        throw new Error(
          `until: not after ${atMostSeconds} s. ${situation(this.#candidates, this.seconds)}`,
        );
      }
      await this.#ground.pass(STEP_MS);
    }
    this.#check();
  }

  /** Starts a candidate: for the first time, or a new process in place of one that is gone. */
  async start(id: string): Promise<void> {
    const candidate = this.#candidate(id);
    await candidate.start();
    await candidate.used();
    await this.#ground.pass(0);
    this.#check();
  }

  /** Stops a candidate in good order, as SIGTERM does: lets time pass until its `stop()` is done. */
  async stop(id: string): Promise<void> {
    const candidate = this.#candidate(id);
    if (candidate.state === 'paused') throw new Error(`stop: ${id} is paused; heal() it before`);
    await stopAll([candidate], this);
    this.#check();
  }

  /**
   * As by SIGKILL: nothing is released, no callback is called. The work of a killed leader is told to
   * end by its signal, since no process can end within a test.
   */
  kill(id: string): void {
    this.#candidate(id).kill();
    this.#log.ends(id, this.seconds);
  }

  /**
   * Kills the candidate that leads, and returns its id.
   *
   * @throws {Error} if nobody leads
   */
  killLeader(): string {
    const leader = this.leader();
    if (leader === null)
      throw new Error(`killLeader: nobody leads. ${situation(this.#candidates, this.seconds)}`);
    this.kill(leader);
    return leader;
  }

  /** As by SIGSTOP: the candidate's timers and what it is answered wait for `heal`; time goes on. */
  pause(id: string): void {
    this.#candidate(id).pause();
  }

  /** Cuts the candidate off: its requests arrive nowhere, and it hears of nothing, until `heal`. */
  partition(id: string): void {
    this.#candidate(id).partition();
  }

  /** Ends what `pause` and `partition` have done: to this candidate, or to all. */
  heal(id?: string): void {
    for (const candidate of this.#these(id)) candidate.heal();
  }

  /** From now on each answer takes so many milliseconds: for all candidates, or for one. 0: none. */
  slow(ms: number, id?: string): void {
    milliseconds('slow', ms, 'milliseconds');
    for (const candidate of this.#these(id)) candidate.slow(ms);
  }

  /** Heals and stops all that run, and frees whatever the cluster holds. Can be called again. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.slow(0);
    this.heal();
    try {
      await stopAll(
        this.#candidates.filter(({ isAlive }) => isAlive),
        this,
      );
    } finally {
      await this.#ground.close();
    }
    this.#check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal Starts a candidate, and waits for nothing. */
  begin(id: string): void {
    onRejection(this.#candidate(id).start(), this.#failed);
  }

  #follow(candidate: Candidate<Service>): void {
    const { id, election } = candidate;
    const { whyClock } = this.#ground;
    if (whyClock !== null && !candidate.usesClock) {
      throw new Error(
        `The election of ${id} does not go by the clock that it was given: ${whyClock}`,
      );
    }
    election.on('startedLeading', ({ term }) => {
      this.#log.begins(id, term.fencingToken, this.seconds);
      const other = this.#candidates.find((one) => one !== candidate && one.isLeading);
      if (other !== undefined) this.#failed(twoLeaders([other, candidate], this.seconds));
    });
    election.on('stoppedLeading', () => {
      this.#log.ends(id, this.seconds);
    });
  }

  readonly #failed = (error: unknown): void => {
    this.#failure ??= { error };
  };

  #check(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.error;
  }

  #candidate(id: string): Candidate<Service> {
    const found = this.#candidates.find((candidate) => candidate.id === id);
    if (found !== undefined) return found;
    const ids = this.#candidates.map((candidate) => candidate.id).join(', ');
    throw new Error(`There is no candidate ${JSON.stringify(id)}, but these: ${ids}`);
  }

  #these(id: string | undefined): readonly Candidate<Service>[] {
    return id === undefined ? this.#candidates : [this.#candidate(id)];
  }
}
