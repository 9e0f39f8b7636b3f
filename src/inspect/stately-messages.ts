import type { StatelyInspectionEvent } from '@statelyai/inspect';
import { leaderElectionMachine } from '../../machines/leader-election.js';
import type { CandidateInfo, CandidateView, Report, ReportSink, StepReport } from './wire.js';

export type StatelyMessage = StatelyInspectionEvent;

/** What the optional package makes its messages with. */
export type CreateInspector = typeof import('@statelyai/inspect').createInspector;

type StatelyInspector = Pick<ReturnType<CreateInspector>, 'actor' | 'event' | 'snapshot'>;

/** Messages that a viewer needs to make sense of the rest, which is why they are never dropped. */
const RECENT = 500;
/** A program may make one election after the other. */
const ACTORS_KEPT = 64;

interface Actor {
  readonly info: CandidateInfo;
  /** The definition, and where the candidate stood then; null before it was told. */
  introduction: StatelyMessage | null;
}

/**
 * Turns reports into messages of the Stately inspector's protocol. It is handed reports only, and so
 * has no more to tell than the live chart: where `@statelyai/inspect` would serialize the whole
 * context, with the lock and the kubeconfig in it, there is the report's view.
 */
export class StatelyMessages implements ReportSink {
  readonly #inspector: StatelyInspector;
  readonly #actors = new Map<string, Actor>();
  readonly #listeners = new Set<(message: StatelyMessage) => void>();
  readonly #recent: StatelyMessage[] = [];

  constructor(createInspector: CreateInspector) {
    const send = (message: StatelyMessage): void => {
      this.#keep(message);
      for (const listener of this.#listeners) listener(message);
    };
    this.#inspector = createInspector(
      { send },
      { serialize: (message) => this.#complete(message) },
    );
  }

  report(report: Report): void {
    if (report.kind === 'candidate') {
      const introduction = this.#actors.get(report.info.id)?.introduction ?? null;
      this.#actors.set(report.info.id, { info: report.info, introduction });
      const [oldest] = this.#actors.keys();
      if (this.#actors.size > ACTORS_KEPT && oldest !== undefined) this.#actors.delete(oldest);
    }
    if (report.kind === 'step') this.#step(report);
  }

  /** Definitions of all candidates, and what was told of late. */
  greeting(): StatelyMessage[] {
    const introductions = [...this.#actors.values()].flatMap(({ introduction }) =>
      introduction === null ? [] : [introduction],
    );
    return [...introductions, ...this.#recent];
  }

  message(messages: readonly StatelyMessage[]): readonly StatelyMessage[] {
    return messages;
  }

  listen(listener: (message: StatelyMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #step({ candidate, event, view }: StepReport): void {
    const actor = this.#actors.get(candidate);
    if (actor === undefined) return;
    const snapshot = snapshotOf(view);
    if (actor.introduction === null) {
      // An object with the definition where an actor has it; a bare id would be sent without.
      const { config } = leaderElectionMachine;
      const likeAnActor = { sessionId: candidate, logic: { config } };
      this.#inspector.actor(likeAnActor as unknown as string, snapshot);
      return;
    }
    this.#inspector.event(candidate, { type: event });
    this.#inspector.snapshot(candidate, snapshot, { event: { type: event } });
  }

  /** The package leaves root and name open, or gets them wrong, for actors that it has not seen. */
  #complete(message: StatelyMessage): StatelyMessage {
    const name = this.#actors.get(message.sessionId)?.info.name ?? '';
    const root = { rootId: message.sessionId };
    return message.type === '@xstate.actor'
      ? { ...message, ...root, name }
      : { ...message, ...root };
  }

  #keep(message: StatelyMessage): void {
    if (message.type === '@xstate.actor') {
      const actor = this.#actors.get(message.sessionId);
      if (actor !== undefined) actor.introduction = message;
      return;
    }
    this.#recent.push(message);
    if (this.#recent.length > 2 * RECENT) this.#recent.splice(0, RECENT);
  }
}

function snapshotOf(view: CandidateView): {
  status: CandidateView['status'];
  value: unknown;
  context: unknown;
} {
  const { status, active, ...context } = view;
  return { status, value: valueOf(active), context };
}

/** The active states as XState writes them: a leaf by its name, what has leaves as an object. */
export function valueOf(active: readonly string[], inside = ''): unknown {
  const here = active.filter((path) => path.startsWith(inside));
  const names = [...new Set(here.map((path) => path.slice(inside.length).split('.')[0] ?? ''))];
  const hasInside = (name: string): boolean =>
    here.some((path) => path.startsWith(`${inside}${name}.`));
  const [only] = names;
  if (names.length === 1 && only !== undefined && !hasInside(only)) return only;
  return Object.fromEntries(
    names.map((name) => [name, hasInside(name) ? valueOf(active, `${inside}${name}.`) : {}]),
  );
}
