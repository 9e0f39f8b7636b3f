import type { Subscription } from 'xstate';
import type { ElectionNews } from '../../machines/types.js';
import type { Observation } from '../lock/decide.js';
import type { Snapshot } from '../election/candidacy.js';
import type { LeaderElection } from '../election/leader-election.js';
import type { ElectionEventType } from '../election/listeners.js';
import {
  type Counter,
  type Gauge,
  type Glance,
  type Histogram,
  INSTRUMENTS,
  type Labels,
  type TakenFrom,
} from './instruments.js';

/** What is read off an election. */
export type Observed = Pick<LeaderElection, 'actor' | 'isLeader' | 'on'>;

/** Where the numbers of one election go. */
export interface Sink {
  /** Zero shows a series that nothing has been counted in yet. */
  count(counter: Counter, labels: Labels, by: number): void;
  /** Null shows a series in which nothing has been measured yet. */
  observe(histogram: Histogram, seconds: number | null): void;
  /** Its series are over. */
  withdraw(): void;
}

/** What the instruments are fed by, and what says whether there is something to tell. */
const HEARD = [
  ...new Set<ElectionEventType>([
    ...INSTRUMENTS.flatMap((one) =>
      one.kind === 'gauge' ? [] : (Object.keys(one.on) as ElectionEventType[]),
    ),
    'stateChanged',
    'ended',
  ]),
];

/** Feeds the instruments from the events of one election, and reads those that are read. */
export class Feed {
  readonly #election: Observed;
  readonly #sink: Sink;
  readonly #offs: readonly (() => void)[];
  #seeing: Subscription;
  /** What was known of the lock as long as we did not lead. */
  #before: Observation | null = null;
  #hasStumbled = false;
  /** It was asked to stop: nothing is told of it until it is run again. */
  #isWithdrawn = false;

  constructor(election: Observed, sink: Sink) {
    this.#election = election;
    this.#sink = sink;
    this.#seeing = this.#see();
    this.#offs = HEARD.map((type) =>
      election.on(type, (event) => {
        this.#hear(event);
      }),
    );
    this.#begin();
  }

  /** It takes no part any more, unless somebody runs it again. */
  get isOver(): boolean {
    return this.#election.actor.getSnapshot().status !== 'active';
  }

  /** Null: there is nothing to tell at present. */
  read(gauge: Gauge): number | null {
    return this.#isWithdrawn ? null : gauge.read(this.#glance());
  }

  /** Lets go of the election; its series are withdrawn. */
  close(): void {
    for (const off of this.#offs) off();
    this.#seeing.unsubscribe();
    if (!this.#isWithdrawn) this.#sink.withdraw();
    this.#isWithdrawn = true;
  }

  #begin(): void {
    this.#isWithdrawn = false;
    for (const instrument of INSTRUMENTS) {
      if (instrument.kind === 'histogram') this.#sink.observe(instrument, null);
      if (instrument.kind !== 'counter' || !instrument.fromStart) continue;
      for (const labels of combinations(instrument)) this.#sink.count(instrument, labels, 0);
    }
  }

  #see(): Subscription {
    this.#before = null;
    const next = (snapshot: Snapshot): void => {
      if (!snapshot.hasTag('leader')) this.#before = snapshot.context.observation;
    };
    const { actor } = this.#election;
    next(actor.getSnapshot());
    // An actor that breaks is for those to handle who run it.
    return actor.subscribe({ next, error: () => undefined });
  }

  #hear(event: ElectionNews): void {
    if (event.type === 'stateChanged' && event.previous === 'idle') this.#runsAnew();
    if (this.#isWithdrawn) return;
    if (event.type === 'renewFailed') this.#hasStumbled = true;
    const glance = this.#glance();
    for (const instrument of INSTRUMENTS) {
      if (instrument.kind === 'counter') {
        const labels = taken(instrument.on, event, glance);
        if (labels !== null) this.#sink.count(instrument, labels, 1);
      } else if (instrument.kind === 'histogram') {
        const seconds = taken(instrument.on, event, glance);
        if (seconds !== null) this.#sink.observe(instrument, seconds);
      }
    }
    if (event.type === 'renewed' || event.type === 'startedLeading') this.#hasStumbled = false;
    if (event.type === 'ended') this.#ended(event);
  }

  /** Each candidacy has an actor of its own. */
  #runsAnew(): void {
    this.#seeing.unsubscribe();
    this.#seeing = this.#see();
    this.#hasStumbled = false;
    if (this.#isWithdrawn) this.#begin();
  }

  /** Whoever only finished its work, or lost the lock, may come again, and counts on. */
  #ended({ outcome, stopRequested }: Extract<ElectionNews, { type: 'ended' }>): void {
    if (!stopRequested || outcome.reason === 'finished') return;
    this.#isWithdrawn = true;
    this.#sink.withdraw();
  }

  #glance(): Glance {
    // First: the chart may learn by this question that its deadline has passed.
    const isLeader = this.#election.isLeader();
    const { context, status, value } = this.#election.actor.getSnapshot();
    const takesPart = status === 'active' && value !== 'idle';
    const lastSignMs = lastSignOf(this.#before);
    return { context, isLeader, takesPart, hasStumbled: this.#hasStumbled, lastSignMs };
  }
}

/** What one instrument takes from an event; null if it is not fed by events of that type. */
function taken<T>(on: TakenFrom<T>, event: ElectionNews, glance: Glance): T | null {
  const take = on[event.type] as ((event: ElectionNews, glance: Glance) => T | null) | undefined;
  return take?.(event, glance) ?? null;
}

function lastSignOf(observation: Observation | null): number | null {
  if (observation === null) return null;
  // A lock that was free when it was first seen: how long it had been nobody can tell.
  const wasNeverHeld = observation.isFirst && observation.expiresAtMs === null;
  return wasNeverHeld ? null : observation.observedAtMs;
}

/** All the labels that a counter can have, besides `name`. */
export function combinations({ labels }: Counter): readonly Labels[] {
  return Object.entries(labels).reduce<readonly Labels[]>(
    (before, [label, values]) =>
      before.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );
}
