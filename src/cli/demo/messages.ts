import type { ElectionState } from '../../../machines/types.js';

/** Where a candidate finds the API server. Travels over the pipe between the processes only. */
export type Connection =
  | { readonly kind: 'text'; readonly kubeconfig: string }
  | { readonly kind: 'file'; readonly file: string | null; readonly context: string | null };

export type LockKind = 'lease' | 'configmap';

export interface Timings {
  readonly leaseDurationSeconds: number;
  readonly renewDeadlineSeconds: number;
  readonly retryPeriodSeconds: number;
}

export interface LockPlace {
  readonly kind: LockKind;
  readonly name: string;
  readonly namespace: string;
}

/** The only message to a candidate: with it, it becomes one. */
export interface CandidateSetup {
  readonly identity: string;
  readonly connection: Connection;
  readonly lock: LockPlace;
  readonly timings: Timings;
}

/** What a candidate tells. Times are those of `machineNow()`; nothing in here is secret. */
export type Report = { readonly at: number } & (
  | { readonly type: 'ready' }
  | { readonly type: 'stateChanged'; readonly state: ElectionState }
  /** What `isLeader()` has just begun to answer. */
  | { readonly type: 'isLeader'; readonly value: boolean }
  | { readonly type: 'startedLeading'; readonly fencingToken: string }
  | { readonly type: 'renewed' }
  | { readonly type: 'stoppedLeading'; readonly reason: string }
  | { readonly type: 'released' }
  | { readonly type: 'newLeader'; readonly identity: string }
  | { readonly type: 'trouble'; readonly text: string }
  /** The last report. */
  | { readonly type: 'over' }
);

/**
 * Milliseconds since this machine started, on its monotonic clock. Unlike `performance.now()` it
 * counts from the same moment in every process, so that times from different ones can be compared.
 */
export function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
