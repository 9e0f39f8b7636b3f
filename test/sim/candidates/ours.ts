import { createActor } from 'xstate';
import type {
  LeaderElectionActor,
  LeaderElectionMachine,
} from '../../../machines/leader-election.js';
import type { ElectionNews } from '../../../machines/types.js';
import type { LeaderElectionConfig, Outcome } from '../../../src/config/leader-election-config.js';
import { Candidacy } from '../../../src/election/candidacy.js';
import { LeaderElection } from '../../../src/election/leader-election.js';
import type { ApiResponse } from '../../../src/kubernetes/api-request.js';
import type { Grounds } from '../../../src/lock/evidence/grounds.js';
import type { OwnProcess } from '../../../src/lock/evidence/own-process.js';
import type { ResourceLock } from '../../../src/lock/resource-lock.js';
import type { Link } from '../world/link.js';
import type { Network } from '../world/network.js';
import type { SimProcess } from '../world/process.js';
import type { Random } from '../world/random.js';
import type { World } from '../world/world.js';
import { type Locks, simulatedLock } from './simulated-lock.js';
import { Application } from './work.js';

export interface Timing {
  readonly leaseSeconds: number;
  readonly renewSeconds: number;
  readonly retrySeconds: number;
}

export interface OursOptions {
  readonly identity: string;
  readonly lockKind: Locks;
  readonly timing: Timing;
  readonly drainSeconds: number;
  readonly onLost: 'return' | 'rejoin';
  readonly releaseWhenDone: boolean;
  readonly reclaimOwnIdentity: boolean;
  readonly useServerClock: boolean;
  /** Where there are pods: it heeds what kubelets say of them. */
  readonly podEvidence: boolean;
  /** By which door the application comes in: methods of the class, or the bare statechart. */
  readonly style: 'run' | 'lead' | 'acquire' | 'chart';
  /** How long work that ends by itself lasts at most, and how long it winds down, in ms. */
  readonly longestWorkMs: number;
  readonly longestWindDownMs: number;
}

/** An error seeded on purpose: what of the product is replaced, from outside. */
export interface Seeded {
  readonly machine?: LeaderElectionMachine;
  readonly lock?: (lock: ResourceLock) => ResourceLock;
  /** Of two locks one, in place of a `MultiLock`. */
  readonly join?: (locks: readonly [ResourceLock, ResourceLock]) => ResourceLock;
  readonly spoil?: (body: unknown) => unknown;
  readonly hears?: (answer: ApiResponse) => void;
  /** What of the evidence by pods is judged otherwise. */
  readonly grounds?: Partial<Grounds>;
  /** What a process tells of itself, and finds out about others of its container, otherwise. */
  readonly own?: (own: OwnProcess) => OwnProcess;
  readonly isLeader?: (actor: LeaderElectionActor) => boolean;
  /** The timings by which the candidate is judged, where the chart is made to use others. */
  readonly timing?: (timing: Timing) => Timing;
}

export interface Surroundings {
  readonly world: World;
  readonly network: Network;
  readonly process: SimProcess;
  /** One for each process there ever was. */
  readonly processName: string;
  /** Null where there are no pods. */
  readonly own: OwnProcess | null;
  readonly link: Link;
  readonly random: Random;
  readonly machine: LeaderElectionMachine;
  readonly seeded: Seeded | null;
  /** The application has no `onStoppedLeading`, and hears of the end of a term as an event. */
  readonly untold: boolean;
}

export interface Answer {
  readonly leader: boolean;
  readonly signalOpen: boolean;
  /** The abort event of the term's signal has not been fired. */
  readonly abortDue: boolean;
}

const SILENT: Answer = { leader: false, signalOpen: false, abortDue: false };
const { get: nativelyAborted } = Object.getOwnPropertyDescriptor(
  AbortSignal.prototype,
  'aborted',
) as { get: () => boolean };

/** Past the getter of the term's own, which asks the clock and acts on the answer. */
function hasFired(signal: AbortSignal): boolean {
  return nativelyAborted.call(signal);
}

const IGNORE = (): undefined => undefined;
const NOBODY = { deliver: IGNORE, see: IGNORE, finish: () => null, close: IGNORE };
const QUIET = { debug: IGNORE, info: IGNORE, warn: IGNORE, error: IGNORE };

/**
 * A candidate under test: the real election on the real lock, in a simulated process. One object
 * may run for office several times; each time counts as a candidate of its own.
 */
export class OurCandidate {
  who = '';
  /** False only when it cannot lead, as far as is known without asking. */
  mayLead = false;
  running = false;
  readonly options: OursOptions;
  readonly #around: Surroundings;
  readonly #application: Application;
  readonly #config: LeaderElectionConfig;
  readonly #election: LeaderElection | null;
  readonly #requests = new Set<number>();
  #actor: LeaderElectionActor | null = null;
  #isLeader: () => boolean = () => false;
  #stop: () => void = IGNORE;
  #signal: AbortSignal | null = null;
  /** A run that gave up draining goes on watching for an overrun, with a timer. */
  #watchesOverrun = false;

  constructor(options: OursOptions, around: Surroundings) {
    this.options = options;
    this.#around = around;
    this.#application = new Application({ ...around, ...options });
    this.#config = this.#makeConfig();
    const needsChart = around.seeded !== null || options.style === 'chart';
    this.#election = needsChart ? null : new LeaderElection(this.#config);
  }

  /** Runs for office, under that name in the timeline. Call in a turn of its process. */
  run(who: string, onEnd: () => void): void {
    const { world, process } = this.#around;
    this.who = who;
    this.#application.begin(who);
    this.running = true;
    this.#recordJoining();
    const { actor, start } = this.#election === null ? this.#chart() : this.#class(this.#election);
    this.#actor = actor;
    actor.on('*', (news) => {
      this.#hear(who, news);
    });
    actor.on('ended', ({ outcome }) => {
      // What it leaves behind is counted when everything that it had to say is said.
      world.after(0, () => {
        this.running = false;
        if (process.dead) return;
        this.#recordEnd(who, outcome);
        onEnd();
      });
    });
    start();
  }

  stop(): void {
    if (!this.running) return;
    const { world, process } = this.#around;
    world.record({ kind: 'toldToStop', t: world.now, who: this.who, local: process.now() });
    this.#stop();
  }

  /** As if a watch had said that the lock may have changed. */
  wake(): void {
    if (this.running) this.#actor?.send({ type: 'wake' });
  }

  /** What it would answer just now, without its hearing the question: that could end its term. */
  ask(): Answer {
    const actor = this.#actor;
    if (actor === null) return SILENT;
    const { term } = actor.getSnapshot().context;
    if (term === null) return { ...SILENT, leader: this.#isLeader() };
    const { send } = actor;
    const { end } = term;
    actor.send = IGNORE;
    term.end = IGNORE;
    const leader = this.#isLeader();
    const signalOpen = term.isLeading();
    actor.send = send;
    term.end = end;
    return { leader, signalOpen, abortDue: this.#signal !== null && !hasFired(this.#signal) };
  }

  #class(election: LeaderElection): { actor: LeaderElectionActor; start: () => void } {
    this.#isLeader = () => election.isLeader();
    this.#stop = () => {
      election.stop().catch(IGNORE);
    };
    switch (this.options.style) {
      case 'lead':
        election.lead(this.#application.onStartedLeading).catch(IGNORE);
        break;
      case 'acquire':
        election
          .acquire()
          .then(() => (election.isLeader() ? election.renewLoop() : undefined))
          .catch(IGNORE);
        break;
      default:
        election.run().catch(IGNORE);
    }
    // It runs already: before its first request is answered it has nothing to say.
    return { actor: election.actor, start: IGNORE };
  }

  #chart(): { actor: LeaderElectionActor; start: () => void } {
    const { machine, seeded, process } = this.#around;
    const actor = createActor(seeded?.machine ?? machine, {
      input: this.#config,
      clock: process.clock(this),
    });
    const campaign = new Candidacy(actor, NOBODY);
    const isLeader = seeded?.isLeader ?? (() => campaign.isLeader());
    this.#isLeader = () => isLeader(actor);
    this.#stop = () => {
      campaign.stop();
    };
    const start = (): void => {
      campaign.start();
    };
    return { actor, start };
  }

  #hear(who: string, news: ElectionNews): void {
    if (news.type === 'stoppedLeading' && this.#around.untold) {
      this.#application.hearOfTheEnd(news.reason);
    }
    if (news.type !== 'startedLeading') return;
    const { world, process } = this.#around;
    this.mayLead = true;
    this.#signal = news.term.signal;
    const token = news.term.fencingToken;
    world.record({ kind: 'began', t: world.now, who, token, local: process.now() });
  }

  #makeConfig(): LeaderElectionConfig {
    const { options } = this;
    const { timing } = options;
    const { process, random, untold } = this.#around;
    const { onStartedLeading, onStoppedLeading, onNewLeader } = this.#application;
    return {
      lock: this.#makeLock(),
      leaseDurationSeconds: timing.leaseSeconds,
      renewDeadlineSeconds: timing.renewSeconds,
      retryPeriodSeconds: timing.retrySeconds,
      drainTimeoutSeconds: options.drainSeconds,
      onLost: options.onLost,
      releaseWhenDone: options.releaseWhenDone,
      reclaimOwnIdentity: options.reclaimOwnIdentity,
      useServerClock: options.useServerClock,
      onStartedLeading,
      ...(untold ? {} : { onStoppedLeading }),
      onNewLeader,
      logger: QUIET,
      clock: process.clock(this),
      random: random.next,
    };
  }

  #makeLock(): ResourceLock {
    const { network, process, link, seeded } = this.#around;
    const caller = {
      process,
      link,
      who: () => this.who,
      leads: () => this.ask().leader,
      ...(seeded?.spoil === undefined ? {} : { spoil: seeded.spoil }),
      ...(seeded?.hears === undefined ? {} : { hears: seeded.hears }),
    };
    const { identity, lockKind } = this.options;
    const own = this.options.podEvidence ? this.#around.own : null;
    const evidence =
      own === null ? null : { own: seeded?.own?.(own) ?? own, seeded: seeded?.grounds ?? {} };
    const lock = simulatedLock(
      lockKind,
      identity,
      network,
      caller,
      this.#requests,
      evidence,
      seeded?.join,
    );
    return seeded?.lock?.(lock) ?? lock;
  }

  #recordJoining(): void {
    const { world, process } = this.#around;
    const { identity, drainSeconds, reclaimOwnIdentity, useServerClock, lockKind } = this.options;
    const timing = this.#around.seeded?.timing?.(this.options.timing) ?? this.options.timing;
    const info = {
      identity,
      library: 'ours' as const,
      leaseMs: timing.leaseSeconds * 1000,
      renewMs: timing.renewSeconds * 1000,
      retryMs: timing.retrySeconds * 1000,
      drainMs: drainSeconds * 1000,
      reclaimsOwnIdentity: reclaimOwnIdentity,
      usesServerClock: useServerClock,
      clockRate: process.host.rate,
      locks: [lockKind].flat(),
      process: this.#around.processName,
      heedsPods: this.options.podEvidence && this.#around.own !== null,
    };
    world.record({ kind: 'joined', t: world.now, who: this.who, info, local: process.now() });
  }

  #recordEnd(who: string, { released, led, reason }: Outcome): void {
    const { world, process } = this.#around;
    this.#watchesOverrun ||= reason === 'drainTimeout';
    world.record({
      kind: 'ended',
      t: world.now,
      who,
      released,
      led,
      reason,
      local: process.now(),
      timersLeft: this.#watchesOverrun ? 0 : process.timersOf(this),
      requestsLeft: this.#requests.size,
    });
  }
}
