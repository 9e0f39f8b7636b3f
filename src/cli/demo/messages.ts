import type { ElectionState } from '../../../machines/types.js';
import type { LockKind } from '../../lock/lock-kinds.js';
import type { Connection } from '../connect.js';
import type { Timings } from '../timings.js';

export { machineNow } from '../machine-time.js';

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
  /** Where to report to for the live chart; null: nowhere. It holds a token. */
  readonly inspector: string | null;
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
