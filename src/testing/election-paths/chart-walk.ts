import type { AnyStateNode, EventObject, StateValue } from 'xstate';
import { getAdjacencyMap } from 'xstate/graph';
import {
  leaderElectionMachine,
  type LeaderElectionMachine,
} from '../../../machines/leader-election.js';
import type { ElectionContext, ElectionEvent } from '../../../machines/types.js';
import type { LeaderElectionConfig } from '../../config/leader-election-config.js';
import type { Clock, Instant } from '../../time/clock.js';
import { happenings, type PathEvent } from './possible-events.js';

/** A clock that stands where it was put. Its timers never fire: their ends are events of a path. */
export class PathClock implements Clock {
  atMs = START_MS;

  now(): Instant {
    return { monotonicMs: this.atMs, wallMs: this.atMs };
  }

  setTimeout(): number {
    return 0;
  }

  clearTimeout(): void {
    // There is none.
  }
}

const START_MS = Date.UTC(2026, 0, 1);

/** One way through the chart: what happens, and where that leads. */
export interface Route {
  readonly events: readonly PathEvent[];
  readonly to: StateValue;
  /** What tells its last step from others: where it was taken, what happened, and by which arrows. */
  readonly edge: string;
  /** How many terms have begun by then. */
  readonly terms: number;
}

type Snapshot = ReturnType<LeaderElectionMachine['transition']>;

/** When the timers that run in a snapshot end, by the names of their events. */
type Timers = ReadonlyMap<string, number>;

interface At {
  readonly atMs: number;
  readonly timers: Timers;
}

/**
 * The chart as `xstate/graph` walks it: nothing is run, and time passes only by events, each of which
 * says when it happens.
 */
class WalkedChart {
  readonly clock: PathClock;
  readonly #at = new WeakMap<Snapshot, At>();

  constructor(clock: PathClock) {
    this.clock = clock;
  }

  readonly getInitialSnapshot: LeaderElectionMachine['getInitialSnapshot'] = (scope, input) => {
    this.clock.atMs = START_MS;
    const snapshot = leaderElectionMachine.getInitialSnapshot(scope, input);
    return this.#note(snapshot, { atMs: this.clock.atMs, timers: new Map() });
  };

  readonly transition = (
    snapshot: Snapshot,
    event: PathEvent,
    scope: Parameters<LeaderElectionMachine['transition']>[2],
  ): Snapshot => {
    const { atMs = START_MS, timers = new Map<string, number>() } = this.#at.get(snapshot) ?? {};
    this.clock.atMs = Math.max(atMs, event.atMs ?? atMs);
    const sent = event as EventObject as ElectionEvent;
    const next = leaderElectionMachine.transition(snapshot, sent, scope);
    return this.#note(next, { atMs: this.clock.atMs, timers: this.#timers(next, timers, event) });
  };

  /** What may happen next, each at its time. */
  readonly events = (snapshot: Snapshot): PathEvent[] => {
    const { context, value, status } = snapshot;
    const { atMs = START_MS, timers = new Map<string, number>() } = this.#at.get(snapshot) ?? {};
    if (status !== 'active') return [];
    // Whatever happens takes some time.
    const soonMs = atMs + 1;
    this.clock.atMs = soonMs;
    return [...eventTypes(value)].flatMap((type) => {
      const dueMs = timers.get(type);
      if (dueMs === undefined) {
        return happenings(type, context, soonMs).map((what) => ({ ...what, type, atMs: soonMs }));
      }
      const name = delayOf(type) ?? type;
      return [{ type, label: `${name} is over`, atMs: Math.max(dueMs, soonMs) }];
    });
  };

  /** Which transitions of the chart the event takes, of those that it may. */
  arrows(snapshot: Snapshot, event: PathEvent): string[] {
    this.clock.atMs = event.atMs;
    const sent = event as EventObject as ElectionEvent;
    return leaderElectionMachine.getTransitionData(snapshot, sent).map((taken) => {
      const { source, eventType } = taken;
      const branch = source.transitions.get(eventType)?.indexOf(taken) ?? -1;
      return `${source.id} ${eventType} ${branch}`;
    });
  }

  #note(snapshot: Snapshot, at: At): Snapshot {
    this.#at.set(snapshot, at);
    return snapshot;
  }

  /** Those that run on end as they would have; the others are set now. */
  #timers(snapshot: Snapshot, before: Timers, event: PathEvent): Timers {
    const timers = new Map<string, number>();
    for (const type of eventTypes(snapshot.value)) {
      const delay = delayOf(type);
      if (delay === null) continue;
      const runsOn = type === event.type ? undefined : before.get(type);
      timers.set(type, runsOn ?? this.clock.atMs + length(delay, snapshot.context));
    }
    return timers;
  }
}

function delayOf(type: string): string | null {
  return /^xstate\.after\.(\w+)\./.exec(type)?.[1] ?? null;
}

function length(delay: string, context: ElectionContext): number {
  const delays = leaderElectionMachine.implementations.delays as Readonly<
    Record<string, (args: { context: ElectionContext }) => number>
  >;
  return delays[delay]?.({ context }) ?? 0;
}

/** All that the active states wait for. */
function eventTypes(value: StateValue): ReadonlySet<string> {
  const types = new Set<string>();
  const visit = (node: AnyStateNode | undefined, inside: StateValue | undefined): void => {
    if (node === undefined) return;
    for (const type of node.transitions.keys()) types.add(type);
    if (typeof inside === 'string') return visit(node.states[inside], undefined);
    for (const [key, deeper] of Object.entries(inside ?? {})) visit(node.states[key], deeper);
  };
  visit(leaderElectionMachine.root, value);
  return types;
}

/**
 * What tells two moments in the life of a candidate apart. Of a second term only where it stands: what
 * can happen is the same, and what the first one has left behind shows wherever it leads.
 */
function keyOf({ value, context }: Snapshot): string {
  const { attempt, lease, failures, stopRequested, endReason, decision, termsLed } = context;
  if (termsLed > 1) return JSON.stringify({ value, isSecond: true });
  return JSON.stringify({
    value,
    ...{ stopRequested, endReason, stopAnnounced: context.stopAnnounced, todo: decision?.kind },
    ...{ watching: context.watching, isFirst: context.observation?.isFirst ?? null },
    ...{ unanswered: attempt !== null, hasFailed: failures > 0 },
    ...{ holds: lease !== null, isDeleted: lease !== null && lease.base === null },
    hasLed: termsLed > 0,
  });
}

type Adjacencies = Readonly<
  Record<
    string,
    {
      readonly state: Snapshot;
      readonly transitions: Readonly<Record<string, { event: PathEvent; state: Snapshot }>>;
    }
  >
>;

/** The shortest way over each edge, as `xstate/graph` finds it. */
export function allRoutes(config: LeaderElectionConfig, clock: PathClock): Route[] {
  const chart = new WalkedChart(clock);
  const logic = {
    transition: chart.transition,
    getInitialSnapshot: chart.getInitialSnapshot,
    getPersistedSnapshot: leaderElectionMachine.getPersistedSnapshot.bind(leaderElectionMachine),
  };
  const options = {
    input: config,
    events: chart.events,
    serializeState: keyOf,
    serializeEvent: ({ label }: PathEvent) => label,
    limit: 1e6,
  };
  const map = getAdjacencyMap(logic as never, options as never) as unknown as Adjacencies;
  // Breadth first, as the map is made: the way by which each moment was found is the shortest.
  const ways = new Map<string, readonly PathEvent[]>();
  const found: Route[] = [];
  for (const [key, { state, transitions }] of Object.entries(map)) {
    const way = ways.get(key) ?? [];
    ways.set(key, way);
    for (const { event, state: next } of Object.values(transitions)) {
      const events = [...way, event];
      const nextKey = keyOf(next);
      if (!ways.has(nextKey)) ways.set(nextKey, events);
      const { value, context } = next;
      const edge = JSON.stringify([state.value, event.label, chart.arrows(state, event), value]);
      found.push({ events, to: value, edge, terms: context.termsLed });
    }
  }
  return found;
}
