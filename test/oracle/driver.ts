import type {
  EndReason,
  LeaderElectionConfig,
  Outcome,
} from '../../src/config/leader-election-config.js';
import { LeaderElection } from '../../src/election/leader-election.js';
import type { Term } from '../../src/term/term.js';
import { settle, VirtualClock } from '../../src/testing/virtual-clock.js';
import { ReferenceCandidate } from './model.js';
import { describe } from './timeline.js';
import { Disagreement, type Entry, type Happening, type Question, type Settings } from './trace.js';
import { World } from './world.js';

/** Timers fire at whole milliseconds, so that no sum of fractions decides which comes first. */
class WholeClock extends VirtualClock {
  override setTimeout(fn: (...args: unknown[]) => void, timeoutMs: number): number {
    return super.setTimeout(fn, Math.ceil(timeoutMs));
  }
}

/** How the callbacks of the candidate under test behave, and what its jitter is. */
export interface Behaviour {
  /** Whether the work ends by itself when its signal is aborted. */
  readonly obedient: boolean;
  /** `absent`: nobody asks to be told of the end of a term. */
  readonly stopping: 'returns' | 'waits' | 'throws' | 'absent';
  readonly newLeaderThrows: boolean;
  readonly random: () => number;
}

interface Work {
  readonly term: Term;
  running: boolean;
  readonly end: (error: Error | undefined) => void;
}

/** Drives the candidate under test and the reference with the same commands, and compares. */
export class Driver {
  readonly clock = new WholeClock();
  readonly world: World;
  readonly election: LeaderElection;
  readonly model: ReferenceCandidate;
  readonly timeline: string[] = [];
  readonly #behaviour: Behaviour;
  readonly #works: Work[] = [];
  #stops: { readonly term: number; readonly end: () => void }[] = [];
  #disagreement: unknown;
  outcome: Outcome | null = null;

  constructor(settings: Settings, behaviour: Behaviour) {
    this.#behaviour = behaviour;
    this.model = new ReferenceCandidate(settings);
    this.world = new World(settings.identity, this.clock, (happening) => {
      this.#tell(happening);
    });
    this.election = new LeaderElection(this.#config(settings));
    this.#listen();
  }

  /** Runs one command, and then holds everything against the reference. */
  async command(name: string, loopRuns: boolean, run: () => unknown): Promise<void> {
    this.timeline.push(`> ${name}`);
    await run();
    await settle();
    if (this.#disagreement === undefined) {
      try {
        this.model.endOfCommand(this.clock.now(), loopRuns);
      } catch (error) {
        this.#disagreement = error;
      }
    }
    if (this.#disagreement === undefined) return;
    const { message } = this.#disagreement as Error;
    const at = this.clock.now().monotonicMs;
    throw new Disagreement(`at ${at} ms: ${message}\n${this.timeline.join('\n')}`);
  }

  start(): void {
    this.#tell({ type: 'run' });
    this.election.run().then(
      (outcome) => {
        this.outcome = outcome;
        this.#tell({ type: 'outcome', outcome });
      },
      (error: unknown) => {
        this.#disagreement ??= new Disagreement(`run() rejects: ${(error as Error).message}`);
      },
    );
  }

  stop(): void {
    this.#tell({ type: 'stop' });
    this.election.stop().catch(() => undefined);
  }

  wake(): void {
    this.#tell({ type: 'wake' });
    const { actor } = this.election;
    if (actor.getSnapshot().status === 'active') actor.send({ type: 'wake' });
  }

  freeze(ms: number): void {
    this.clock.freeze(ms);
    this.#tell({ type: 'thaw' });
  }

  ask(question: Question): void {
    const term = this.#works.at(-1)?.term;
    let yes: boolean;
    if (question === 'isLeader') yes = this.election.isLeader();
    else if (term === undefined) return;
    else yes = question === 'isLeading' ? term.isLeading() : term.signal.aborted;
    this.#tell({ type: 'asked', question, yes });
  }

  /** The oldest work that is still running ends, without an error if that is undefined. */
  endWork(error: Error | undefined): void {
    this.#works.find(({ running }) => running)?.end(error);
  }

  endStopping(): void {
    this.#stops.shift()?.end();
  }

  #config(settings: Settings): LeaderElectionConfig {
    return {
      lock: this.world.lock,
      clock: this.clock,
      random: this.#behaviour.random,
      logger: false,
      leaseDurationSeconds: settings.lease / 1000,
      renewDeadlineSeconds: settings.renewDeadline / 1000,
      retryPeriodSeconds: settings.retryPeriod / 1000,
      drainTimeoutSeconds: settings.drainTimeout / 1000,
      onLost: settings.onLost,
      releaseWhenDone: settings.releaseWhenDone,
      reclaimOwnIdentity: settings.reclaimOwnIdentity,
      useServerClock: settings.useServerClock,
      onStartedLeading: (term) => this.#work(term),
      ...(this.#behaviour.stopping !== 'absent' && {
        onStoppedLeading: (reason) => this.#stopping(reason, this.election.isLeader()),
      }),
      onNewLeader: (identity) => {
        this.#tell({ type: 'onNewLeader', identity });
        if (this.#behaviour.newLeaderThrows) throw new Error('onNewLeader fails');
      },
      onOverrun: (term) => {
        const number = this.#works.findIndex((work) => work.term === term) + 1;
        this.#tell({ type: 'onOverrun', term: number });
      },
    };
  }

  #work(term: Term): Promise<void> {
    const number = this.#works.length + 1;
    this.#tell({
      type: 'workStarted',
      term: number,
      token: term.fencingToken,
      acquiredAt: term.acquiredAt.getTime(),
      leadingUntil: term.leadingUntil.getTime(),
    });
    return new Promise((resolve, reject) => {
      const work: Work = {
        term,
        running: true,
        end: (error) => {
          if (!work.running) return;
          work.running = false;
          this.#tell({ type: 'workEnded', term: number, error });
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#works.push(work);
      term.signal.addEventListener('abort', () => {
        this.#tell({ type: 'signalAborted', term: number });
        if (this.#behaviour.obedient) work.end(undefined);
      });
    });
  }

  #stopping(reason: EndReason, isLeader: boolean | null): unknown {
    this.#tell({ type: 'onStoppedLeading', reason, isLeader });
    const term = this.#works.length;
    const ended = () => {
      this.#tell({ type: 'onStoppedLeadingEnded', term });
    };
    const { stopping } = this.#behaviour;
    if (stopping === 'waits') {
      return new Promise<void>((resolve) => {
        this.#stops.push({
          term,
          end: () => {
            ended();
            resolve();
          },
        });
      });
    }
    ended();
    if (stopping === 'throws') throw new Error('onStoppedLeading fails');
    return undefined;
  }

  #listen(): void {
    const { election } = this;
    const tell = (news: Extract<Happening, { type: 'news' }>['news']) => {
      this.#tell({ type: 'news', news });
    };
    election.on('renewed', ({ leadingUntil }) => {
      tell({ type: 'renewed', leadingUntil: leadingUntil.getTime() });
    });
    election.on('renewFailed', ({ remainingMs }) => {
      tell({ type: 'renewFailed', remaining: remainingMs });
    });
    election.on('stoppedLeading', ({ reason }) => {
      if (this.#behaviour.stopping === 'absent') this.#stopping(reason, null);
      tell({ type: 'stoppedLeading', reason });
    });
    election.on('newLeader', ({ identity }) => {
      tell({ type: 'newLeader', identity });
    });
    for (const type of [
      'startedLeading',
      'overrun',
      'released',
      'ended',
      'recordUnreadable',
    ] as const) {
      election.on(type, () => {
        tell({ type });
      });
    }
  }

  #tell(happening: Happening): void {
    const entry: Entry = { ...happening, now: this.clock.now() };
    this.timeline.push(describe(entry));
    if (this.#disagreement !== undefined) return;
    try {
      this.model.take(entry);
    } catch (error) {
      // Thrown here it would be caught by the code under test.
      this.#disagreement = error;
      this.timeline.push(`!! ${(error as Error).message}`);
    }
  }
}
