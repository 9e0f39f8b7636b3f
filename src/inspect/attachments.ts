import type { InspectionEvent } from 'xstate';
import type { LeaderElectionActor } from '../../machines/leader-election.js';
import type { LeaderElection } from '../election/leader-election.js';
import type { Logger } from '../logging/logger.js';
import { checkAttach } from './inspect-options.js';
import { happeningOf } from './interpreter.js';
import { isElectionActor, Recorder } from './recorder.js';
import type { ReportSink } from './wire.js';

/** An election of this package, or an actor of its machine that the application runs itself. */
export type Inspectable = LeaderElection | LeaderElectionActor;

export interface AttachOptions {
  /** What viewers call this candidate, for example the pod's name. Default: its identity. */
  readonly name?: string | undefined;
}

/** Where an election that can be attached says what it has to say. */
export function loggerOf(subject: Inspectable): Logger {
  const actor = isElectionActor(subject) ? subject : subject.actor;
  return actor.getSnapshot().context.config.logger;
}

/** Everything of this process that is observed for one collector. */
export class Attachments {
  readonly #sink: ReportSink;
  readonly #recorders = new Map<LeaderElectionActor, Recorder>();
  /** Weak: a program may make one after the other, and each may be run again as long as it has it. */
  readonly #elections = new WeakMap<LeaderElection, () => void>();
  #closed = false;

  constructor(sink: ReportSink) {
    this.#sink = sink;
  }

  /** @throws {ConfigError} for what is no election, nor an actor of its machine, or a wrong option */
  attach(subject: Inspectable, options: AttachOptions = {}): () => void {
    checkAttach(subject, options);
    if (isElectionActor(subject)) return this.#attachActor(subject, options);
    return this.#attachElection(subject, options);
  }

  /**
   * For `createActor(leaderElectionMachine, { input, inspect })`: observes every actor of the
   * election's machine that it hears of, from its start. Never throws.
   */
  readonly inspect = (event: InspectionEvent): void => {
    try {
      // From here on the recorder asks for itself.
      if (this.#closed || happeningOf(event)?.kind !== 'begins') return;
      const { actorRef } = event;
      if (!isElectionActor(actorRef) || this.#recorders.has(actorRef)) return;
      this.#record(actorRef, {}).subscribe();
    } catch {
      // The interpreter would let this end the election.
    }
  };

  close(): void {
    this.#closed = true;
    for (const recorder of [...this.#recorders.values()]) recorder.stop();
  }

  #attachActor(actor: LeaderElectionActor, options: AttachOptions): () => void {
    const known = this.#recorders.get(actor);
    const recorder = known ?? this.#record(actor, options);
    if (known === undefined) recorder.subscribe();
    return () => {
      recorder.stop();
    };
  }

  /** A candidacy that is over is followed by a new one, with a new actor. */
  #attachElection(election: LeaderElection, options: AttachOptions): () => void {
    const known = this.#elections.get(election);
    if (known !== undefined) return known;
    let recorder = this.#record(election.actor, options);
    recorder.subscribe();
    const off = election.on('stateChanged', () => {
      if (this.#closed) return off();
      if (recorder.actor === election.actor) return;
      recorder.stop();
      recorder = this.#record(election.actor, { ...options, id: recorder.id });
      recorder.subscribe();
    });
    const detach = (): void => {
      off();
      recorder.stop();
      this.#elections.delete(election);
    };
    this.#elections.set(election, detach);
    return detach;
  }

  #record(actor: LeaderElectionActor, options: AttachOptions & { id?: string }): Recorder {
    const recorder = new Recorder(actor, this.#sink, {
      ...options,
      onOver: () => this.#recorders.delete(actor),
    });
    if (!recorder.isOver) this.#recorders.set(actor, recorder);
    return recorder;
  }
}
