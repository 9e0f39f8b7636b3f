import type { LeaderElection } from '../../election/leader-election.js';
import { isThenable } from '../../errors/rejections.js';
import type { Clock } from '../../time/clock.js';
import { CandidateClock } from './candidate-clock.js';

/**
 * What each candidate of a {@link TestCluster} runs: something that has an election. A
 * `LeaderElection` is one by itself.
 */
export interface TestService {
  readonly election: LeaderElection;
  /** Called at the start. Default: `election.run()`. A promise is not waited for. */
  start?(): unknown;
  /** Called by `stop()` and `close()` of the cluster, and waited for. Default: `election.stop()`. */
  stop?(): unknown;
}

/** One candidate of a {@link TestCluster}. */
export interface TestCandidate<Service> {
  readonly id: string;
  /** What was made for its latest start. */
  readonly service: Service;
  /** That of its latest start. */
  readonly election: LeaderElection;
  readonly state: TestCandidateState;
}

/** `new`: it was never started. A paused one runs, but nothing in it goes on. */
export type TestCandidateState = 'new' | 'running' | 'paused' | 'stopped' | 'killed';

/** What the test does to a candidate's way to the lock. */
export interface Line {
  /** Requests arrive nowhere, and nothing is heard. */
  cut(): void;
  /** Nothing is lost, but it is heard only after `wake`. */
  sleep(): void;
  /** Neither cut off nor asleep. */
  heal(): void;
  /** Each answer takes so much longer. */
  slow(ms: number): void;
  /** For ever. */
  kill(): void;
  /** Resolves once its service has begun to use it. */
  used(): Promise<void>;
}

/** How one candidate is put into its world, at each start. */
export type Join<Service> = (clock: CandidateClock) => {
  readonly line: Line;
  readonly service: Service | PromiseLike<Service>;
};

/** Who hears of what becomes of a candidate. */
export interface Follower<Service extends LeaderElection | TestService> {
  /** It is about to run, and its election is there. */
  begins(candidate: Candidate<Service>): void;
  /** It runs; this is what its `start()` has returned. */
  runs(returned: unknown): void;
}

/** Of one start: what a killed process leaves behind is none of the next one's. */
interface Process<Service> {
  readonly clock: CandidateClock;
  readonly line: Line;
  readonly service: Service;
  readonly election: LeaderElection;
}

/** A candidate that can be started, stopped and harmed. */
export class Candidate<
  Service extends LeaderElection | TestService,
> implements TestCandidate<Service> {
  readonly id: string;
  readonly #clock: Clock;
  readonly #join: Join<Service>;
  readonly #follower: Follower<Service>;
  #process: Process<Service> | null = null;
  #state: TestCandidateState = 'new';
  #isCut = false;
  #slowMs = 0;

  constructor(id: string, clock: Clock, join: Join<Service>, follower: Follower<Service>) {
    this.id = id;
    this.#clock = clock;
    this.#join = join;
    this.#follower = follower;
  }

  get state(): TestCandidateState {
    return this.#state;
  }

  get service(): Service {
    return this.#latest.service;
  }

  get election(): LeaderElection {
    return this.#latest.election;
  }

  /** Whoever asks a paused candidate gets no answer. */
  get isLeading(): boolean {
    return this.#state === 'running' && this.election.isLeader();
  }

  get isAlive(): boolean {
    return this.#state === 'running' || this.#state === 'paused';
  }

  /** @returns a promise if the service is still being made */
  start(): void | PromiseLike<void> {
    if (this.isAlive) throw new Error(`start: ${this.id} runs already`);
    const clock = new CandidateClock(this.#clock);
    const { line, service } = this.#join(clock);
    line.slow(this.#slowMs);
    if (this.#isCut) line.cut();
    const run = (made: Service): void => {
      const election = electionOf(this.id, made);
      this.#process = { clock, line, service: made, election };
      this.#state = 'running';
      this.#follower.begins(this);
      const hasStart = 'election' in made && made.start !== undefined;
      this.#follower.runs(hasStart ? made.start?.() : election.run());
    };
    return isThenable(service) ? service.then(run) : run(service);
  }

  /** Resolves once its service has sent a request. */
  used(): Promise<void> {
    return this.#latest.line.used();
  }

  async stop(): Promise<void> {
    const { service, election } = this.#alive('stop');
    await ('election' in service && service.stop !== undefined ? service.stop() : election.stop());
  }

  stopped(): void {
    this.#state = 'stopped';
  }

  /**
   * No process can be killed within a test. So everything that is ours stands still, and the work,
   * which is not, is told to end. Nobody hears that it has.
   */
  kill(): void {
    const { clock, line, election } = this.#alive('kill');
    line.kill();
    this.#state = 'killed';
    const { term, config } = election.actor.getSnapshot().context;
    clock.kill();
    term?.drain();
    // Its time stands still, so that it would call itself the leader for ever.
    Object.defineProperty(election, 'isLeader', { value: () => false });
    // One that goes by the system's clock is stopped, and cannot release what it has.
    if (config.clock !== clock) void election.stop().catch(() => undefined);
  }

  pause(): void {
    const { clock, line } = this.#alive('pause');
    clock.pause();
    line.sleep();
    this.#state = 'paused';
  }

  partition(): void {
    this.#isCut = true;
    if (this.isAlive) this.#latest.line.cut();
  }

  heal(): void {
    this.#isCut = false;
    if (!this.isAlive) return;
    this.#state = 'running';
    this.#latest.line.heal();
    this.#latest.clock.resume();
  }

  slow(ms: number): void {
    this.#slowMs = ms;
    if (this.isAlive) this.#latest.line.slow(ms);
  }

  /** Whether its election goes by the clock of this cluster. */
  get usesClock(): boolean {
    const { clock, election } = this.#latest;
    return election.actor.getSnapshot().context.config.clock === clock;
  }

  get #latest(): Process<Service> {
    if (this.#process === null) throw new Error(`${this.id} was never started`);
    return this.#process;
  }

  #alive(verb: string): Process<Service> {
    if (this.isAlive) return this.#latest;
    throw new Error(`${verb}: ${this.id} does not run, it is ${this.#state}`);
  }
}

function electionOf(id: string, service: LeaderElection | TestService): LeaderElection {
  const given = service as Partial<LeaderElection & TestService> | null | undefined;
  const election = given?.election ?? given;
  if (typeof election?.isLeader === 'function' && election.actor !== undefined) {
    return election as LeaderElection;
  }
  throw new TypeError(
    `The service of ${id} has no election: \`service\` must return a LeaderElection, or an object that has ` +
      'one as `election`',
  );
}
