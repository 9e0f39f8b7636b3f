import type { ElectionContext } from '../../machines/types.js';
import type { EndReason } from '../config/leader-election-config.js';
import type { ElectionEventOf, ElectionEventType } from '../election/listeners.js';
import type { LockErrorKind } from '../errors/lock-error.js';
import { elapsedForHolder } from '../time/clock.js';

/** One election, at the moment of a scrape or of an event. */
export interface Glance {
  readonly context: ElectionContext;
  readonly isLeader: boolean;
  /** Started, and not over yet. */
  readonly takesPart: boolean;
  /** A try of the renewal that is under way, or has just succeeded, has failed. */
  readonly hasStumbled: boolean;
  /**
   * Monotonic time, in ms, of the last sign of the holder before us: its last renewal, or its release,
   * as this process heard of it. Null: there was none.
   */
  readonly lastSignMs: number | null;
}

export type Labels = Readonly<Record<string, string>>;

interface Described {
  readonly name: string;
  readonly help: string;
}

/** Read at each scrape. Null: there is nothing to tell at present, and no series. */
export interface Gauge extends Described {
  readonly kind: 'gauge';
  readonly read: (glance: Glance) => number | null;
  /** What is told instead of null where a series cannot end. Default: NaN, which no alert is about. */
  readonly otherwise?: number;
}

/** Counts events. What it takes from one of them are the labels; null: that one does not count. */
export interface Counter extends Described {
  readonly kind: 'counter';
  /** Its labels besides `name`, and all the values that each can have. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Its series are there from the start, at 0: a first increase is seen then. */
  readonly fromStart: boolean;
  readonly on: TakenFrom<Labels>;
}

/** Takes a number of seconds from each of some events; null: that one is not measured. */
export interface Histogram extends Described {
  readonly kind: 'histogram';
  readonly buckets: readonly number[];
  readonly on: TakenFrom<number>;
}

/** By the type of the event that it is taken from. */
export type TakenFrom<T> = {
  readonly [Type in ElectionEventType]?: (event: ElectionEventOf<Type>, glance: Glance) => T | null;
};

export type Instrument = Gauge | Counter | Histogram;

/** A list that the compiler keeps complete. */
const all = <T extends string>(names: Readonly<Record<T, true>>): readonly T[] =>
  Object.keys(names) as T[];

/** A drain that takes too long is told when the term has been told to end already. */
const END_REASONS = all<Exclude<EndReason, 'drainTimeout'>>({
  stopped: true,
  finished: true,
  failed: true,
  deadline: true,
  superseded: true,
  steppedDown: true,
});

const ERROR_KINDS = all<LockErrorKind>({
  notFound: true,
  conflict: true,
  forbidden: true,
  unauthorized: true,
  invalid: true,
  throttled: true,
  serverError: true,
  network: true,
  timeout: true,
  aborted: true,
  credentials: true,
  dependency: true,
  unknown: true,
});

const CALLBACKS = ['onStartedLeading', 'onStoppedLeading', 'onNewLeader', 'onOverrun'];

type During = 'acquire' | 'renew' | 'release' | 'watch';

/** The errors of a lock of the user's own may be of any kind. */
function failure(during: During, { error }: { error: { readonly kind: LockErrorKind } }): Labels {
  return { during, kind: ERROR_KINDS.includes(error.kind) ? error.kind : 'unknown' };
}

const ONCE = (): Labels => ({});

/**
 * Every instrument there is, with the names and words of client-go where it has them. All have the
 * label `name` of the lock; the others have few values, whatever happens. What reads them off an
 * election is `Feed`, and where they go says `prom-client.ts`, `opentelemetry.ts`, `text.ts`.
 */
export const INSTRUMENTS: readonly Instrument[] = [
  {
    kind: 'gauge',
    name: 'leader_election_master_status',
    help: "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease. Please make sure to group by name.",
    read: ({ isLeader }) => Number(isLeader),
    otherwise: 0,
  },
  {
    kind: 'counter',
    name: 'leader_election_slowpath_total',
    help: "Total number of slow path exercised in renewing leader leases. 'name' is the string used to identify the lease. Please make sure to group by name.",
    labels: {},
    fromStart: true,
    // After a first failure the lock is read before it is written again.
    on: { renewed: (_, { hasStumbled }) => (hasStumbled ? {} : null) },
  },
  {
    kind: 'gauge',
    name: 'k8s_leader_election_participating',
    help: 'Whether this candidate takes part in the election: 0 before it is run, and when its candidacy is over.',
    read: ({ takesPart }) => Number(takesPart),
    otherwise: 0,
  },
  {
    kind: 'gauge',
    name: 'k8s_leader_election_watching',
    help: 'Whether changes of the lock are heard of as they happen; 0 means that it is read again and again. Absent unless it takes part.',
    read: ({ takesPart, context }) => (takesPart ? Number(context.watching) : null),
  },
  {
    kind: 'gauge',
    name: 'k8s_leader_election_lease_remaining_seconds',
    help: 'How long this candidate leads on if no renewal succeeds: until its renew deadline. Absent unless it leads.',
    read: ({ isLeader, context: { lease, config } }) => {
      if (!isLeader || lease === null) return null;
      const heldMs = elapsedForHolder(lease.validFrom, config.clock.now());
      return Math.max(0, config.renewDeadlineMs - heldMs) / 1000;
    },
  },
  {
    kind: 'gauge',
    name: 'k8s_leader_election_last_answer_age_seconds',
    help: 'Time since the lock was last read or written, or heard of by its watch. Absent unless it takes part.',
    read: ({ takesPart, context: { observation, config } }) =>
      !takesPart || observation === null
        ? null
        : Math.max(0, config.clock.now().monotonicMs - observation.heardAtMs) / 1000,
  },
  {
    kind: 'gauge',
    name: 'k8s_leader_election_transitions',
    help: 'How often the lock has changed hands, as its record says. Absent while there is none.',
    read: ({ context: { observation } }) =>
      observation?.snapshot?.record?.leaderTransitions ?? null,
  },
  {
    kind: 'counter',
    name: 'k8s_leader_election_terms_total',
    help: 'Terms that this candidate has begun.',
    labels: {},
    fromStart: true,
    on: { startedLeading: ONCE },
  },
  {
    kind: 'counter',
    name: 'k8s_leader_election_terms_ended_total',
    help: 'Terms of this candidate that were told to end, by the reason.',
    labels: { reason: END_REASONS },
    fromStart: true,
    on: { stoppedLeading: ({ reason }) => ({ reason }) },
  },
  {
    kind: 'histogram',
    name: 'k8s_leader_election_renewal_duration_seconds',
    help: 'How long renewals took that were stored: from sending the write until its answer was here, or until it was found in the lock.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    on: {
      renewed: (_, { context: { lease } }) =>
        lease === null
          ? null
          : (lease.confirmedAt.monotonicMs - lease.validFrom.monotonicMs) / 1000,
    },
  },
  {
    kind: 'histogram',
    name: 'k8s_leader_election_takeover_duration_seconds',
    help: 'How long the lock was without a leader before this candidate led, as it saw it: since the last renewal of the holder before it, or since the release.',
    buckets: [0.025, 0.1, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160],
    on: {
      startedLeading: (_, { lastSignMs, context: { config } }) =>
        lastSignMs === null ? null : (config.clock.now().monotonicMs - lastSignMs) / 1000,
    },
  },
  {
    kind: 'counter',
    name: 'k8s_leader_election_failures_total',
    help: 'Failed tries to acquire, renew or release the lock, and to watch it, by the kind of the error. A series begins with its first failure.',
    labels: { during: ['acquire', 'renew', 'release', 'watch'], kind: ERROR_KINDS },
    fromStart: false,
    on: {
      acquireFailed: (event) =>
        event.error.kind === 'conflict' ? null : failure('acquire', event),
      renewFailed: (event) => failure('renew', event),
      releaseFailed: (event) => failure('release', event),
      watchFailed: (event) => failure('watch', event),
    },
  },
  {
    kind: 'counter',
    name: 'k8s_leader_election_lost_races_total',
    help: 'Tries to take a free lock for which another was faster. They are no failures, and happen at every hand-over.',
    labels: {},
    fromStart: true,
    on: { acquireFailed: ({ error }) => (error.kind === 'conflict' ? {} : null) },
  },
  {
    kind: 'counter',
    name: 'k8s_leader_election_drain_timeouts_total',
    help: 'Terms whose callbacks had not ended within drainTimeoutSeconds: the lock was not released.',
    labels: {},
    fromStart: true,
    on: { drainTimeout: ONCE },
  },
  {
    kind: 'counter',
    name: 'k8s_leader_election_overruns_total',
    help: 'Terms whose work had not ended when the lease had run out: it may have run beside another leader.',
    labels: {},
    fromStart: true,
    on: { overrun: ONCE },
  },
  {
    kind: 'counter',
    name: 'k8s_leader_election_callback_failures_total',
    help: 'Callbacks of the application that threw or rejected.',
    labels: { callback: CALLBACKS },
    fromStart: true,
    on: { callbackFailed: ({ callback }) => ({ callback }) },
  },
];
