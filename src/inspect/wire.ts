/*
 * What an observed election tells its viewers: everything that may leave the process, and nothing
 * else. These types are plain JSON. They are filled field by field from what is known to be
 * harmless, never by copying objects of the election.
 */

/** One candidacy, under observation. */
export interface CandidateInfo {
  /** Unique among the reporting processes. */
  readonly id: string;
  /** What to call it: given by the program, or its identity. */
  readonly name: string;
  readonly identity: string;
  /** Such as `Lease production/data-processor`. */
  readonly lock: string;
  /** 0 where it is not known. */
  readonly pid: number;
  /**
   * Absent: its own process reports. `cluster`: somebody else reports what the cluster tells of it,
   * and nothing is known of the states it is in.
   */
  readonly source?: 'cluster';
  /** In milliseconds. */
  readonly timings: {
    readonly leaseDuration: number;
    readonly renewDeadline: number;
    readonly retryPeriod: number;
    readonly drainTimeout: number;
  };
}

/** A time that runs down. */
export interface Countdown {
  /** The name of the delay in the chart, such as `renewDeadline`. */
  readonly delay: string;
  readonly totalMs: number;
  /** What was left of it at the moment of the report; 0 when it has passed. */
  readonly remainingMs: number;
}

/** The election record as it stands, as far as this candidate knows. */
export interface RecordView {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaderTransitions: number;
}

export type LockCondition =
  /** Not looked at yet. */
  | 'unknown'
  | 'absent'
  /** The object is there and carries no record. */
  | 'empty'
  | 'unreadable'
  | 'held'
  | 'released';

/** Where a candidate stands, all of it: a viewer needs no earlier report to show this one. */
export interface CandidateView {
  /** As `election.state` names it. */
  readonly state: string;
  /** Every active state of the chart by its path, outer ones first. */
  readonly active: readonly string[];
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  /** It holds the lock, draining included. */
  readonly leads: boolean;
  /** Who was last seen to hold the lock. */
  readonly leader: string | null;
  readonly lock: LockCondition;
  readonly record: RecordView | null;
  /** The object's `resourceVersion`. */
  readonly version: string | null;
  readonly term: { readonly fencingToken: string; readonly beganMsAgo: number } | null;
  /** The three that the election is about: of our own lease, or the lease of another. */
  readonly rings: readonly Countdown[];
  /** The delayed transitions that are waiting to happen. */
  readonly waits: readonly Countdown[];
  readonly failures: number;
  readonly endReason: string | null;
  /** What there is to say of it, where no chart tells. */
  readonly says?: string;
}

/** A fact beside the transitions, such as `renewFailed`, with the few details that are harmless. */
export interface NewsView {
  readonly type: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** One reaction of the chart to one event. */
export interface StepReport {
  readonly kind: 'step';
  readonly candidate: string;
  /** The event by the chart's own name for it; `other` for one that the chart does not know. */
  readonly event: string;
  /** The event in words, such as `after retryPeriod`. */
  readonly eventText: string;
  /** Ids of the transitions taken, in order. See `ChartTransition`. */
  readonly transitions: readonly string[];
  readonly news: readonly NewsView[];
  readonly view: CandidateView;
  /** Milliseconds since 1970, by the clock of the reporting process: to be shown, not compared. */
  readonly wallMs: number;
}

export type Report =
  { readonly kind: 'candidate'; readonly info: CandidateInfo } | StepReport | GoneReport;

/** Nothing more will come of this candidate. */
export interface GoneReport {
  readonly kind: 'gone';
  readonly candidate: string;
  /** It has not said so itself: its process has ended, or cannot reach the one that collects. */
  readonly vanished?: boolean;
}

/** A report with its time on the clock of the one who collects, in milliseconds. */
export type Timed<T extends Report = Report> = T & { readonly t: number };

/** What a page gets: at first `reset` with all that is remembered, then what comes in. */
export interface PageMessage {
  /** The collector's clock when this was sent. */
  readonly now: number;
  readonly reset: boolean;
  readonly reports: readonly Timed[];
}

/** What a reporting process sends. Ages instead of times: it has another clock. */
export interface ReportBatch {
  /**
   * So often it sends something at the least, if need be an empty batch, on one connection that it
   * keeps. Whoever promises this is taken for gone when the connection has ended.
   */
  readonly beatMs?: number;
  readonly reports: readonly { readonly ageMs: number; readonly report: Report }[];
}

/** Takes reports. It neither throws nor blocks, whatever happens to them. */
export interface ReportSink {
  report(report: Report): void;
}
