import { randomUUID } from 'node:crypto';
import type { AnyStateMachine } from 'xstate';
import { type LeaderElectionActor, leaderElectionMachine } from '../../machines/leader-election.js';
import { candidateInfo, candidateView, type ElectionSnapshot } from './candidate-view.js';
import { type ChartIndex, chartIndexOf } from './chart-index.js';
import { type Happening, observe, waitsOf } from './interpreter.js';
import { name, newsView } from './redact.js';
import type { NewsView, ReportSink, StepReport } from './wire.js';

const NEWS_KEPT = 20;
const TRANSITIONS_KEPT = 50;

export interface RecorderOptions {
  /** Of a candidate that is known already, when a new actor continues it. */
  readonly id?: string | undefined;
  /** What viewers call this candidate. Default: its identity. */
  readonly name?: string | undefined;
  /** Called once, when no more reports will come. */
  readonly onOver?: () => void;
}

/**
 * Turns what the interpreter says of one election's actor into reports. Everything in here runs
 * inside the transitions of that actor: it is short, sends the actor nothing, and never throws.
 */
export class Recorder {
  readonly id: string;
  readonly actor: LeaderElectionActor;
  readonly #sink: ReportSink;
  readonly #chart: ChartIndex;
  readonly #subscriptions: { unsubscribe(): void }[] = [];
  readonly #onOver: () => void;
  #transitions: string[] = [];
  #news: NewsView[] = [];
  #over = false;

  constructor(actor: LeaderElectionActor, sink: ReportSink, options: RecorderOptions = {}) {
    this.id = options.id ?? randomUUID();
    this.actor = actor;
    this.#sink = sink;
    this.#chart = chartIndexOf(actor.logic);
    this.#onOver = options.onOver ?? (() => undefined);
    const snapshot = actor.getSnapshot();
    sink.report({
      kind: 'candidate',
      info: candidateInfo(this.id, snapshot.context, options.name),
    });
    const news = actor.on('*', (emitted) => {
      safely(() => {
        if (this.#news.length < NEWS_KEPT) this.#news.push(newsView(emitted));
      });
    });
    this.#subscriptions.push(news);
    this.#report('', 'observed from here', snapshot);
    if (snapshot.status !== 'active') this.stop();
  }

  /** No more reports will come. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Asks the interpreter for what happens to the actor, its past excepted. */
  subscribe(): void {
    this.#subscriptions.push(
      observe(this.actor, (happening) => {
        this.next(happening);
      }),
    );
  }

  /** Takes in what the interpreter says; of other actors, nothing. */
  next(happening: Happening): void {
    if (this.#over || happening.actor !== this.actor) return;
    safely(() => {
      if (happening.kind === 'moves') this.#noteTransitions(happening.transitions);
      if (happening.kind !== 'rests') return;
      const type = happening.event;
      const words = this.#chart.textOf(type) ?? (isLifeCycle(type) ? name(type.slice(7)) : null);
      const snapshot = happening.snapshot as ElectionSnapshot;
      this.#report(words === null ? 'other' : type, words ?? 'another event', snapshot);
      if (snapshot.status !== 'active') this.stop();
    });
  }

  /** The last report. The actor goes on as if nothing had been there. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    for (const subscription of this.#subscriptions) safely(() => subscription.unsubscribe());
    this.#sink.report({ kind: 'gone', candidate: this.id });
    this.#onOver();
  }

  #noteTransitions(taken: readonly Parameters<ChartIndex['idOf']>[0][]): void {
    for (const definition of taken) {
      const id = this.#chart.idOf(definition);
      if (id !== null && this.#transitions.length < TRANSITIONS_KEPT) this.#transitions.push(id);
    }
  }

  #report(event: string, eventText: string, snapshot: ElectionSnapshot): void {
    const transitions = this.#transitions;
    const news = this.#news;
    this.#transitions = [];
    this.#news = [];
    const step: StepReport = {
      kind: 'step',
      candidate: this.id,
      event,
      eventText,
      transitions,
      news,
      view: candidateView(snapshot, waitsOf(this.actor)),
      wallMs: Date.now(),
    };
    this.#sink.report(step);
  }
}

/**
 * Whether this is an actor that runs the election's chart, as it comes or with other
 * implementations provided.
 */
export function isElectionActor(actor: unknown): actor is LeaderElectionActor {
  const logic = (actor as { logic?: unknown } | null | undefined)?.logic;
  // By its looks: the application may have another copy of XState loaded than this package.
  if (typeof logic !== 'object' || logic === null || !('root' in logic && 'id' in logic)) {
    return false;
  }
  return sameChart(logic as AnyStateMachine);
}

function sameChart(machine: AnyStateMachine): boolean {
  if (machine === (leaderElectionMachine as AnyStateMachine)) return true;
  if (machine.id !== leaderElectionMachine.id) return false;
  const ids = ({ graph }: ChartIndex): string => graph.transitions.map(({ id }) => id).join();
  return ids(chartIndexOf(machine)) === ids(chartIndexOf(leaderElectionMachine));
}

function isLifeCycle(type: string): boolean {
  return type === 'xstate.init' || type === 'xstate.stop';
}

/** An observer's fault is nobody's business but its own, the election's least of all. */
function safely(observe: () => void): void {
  try {
    observe();
  } catch {
    // A report is lost; the next one shows the whole state again.
  }
}
