import type { ElectionState } from '../../../machines/types.js';
import type { Connection } from '../connect.js';
import type { Place } from '../observe/read-locks.js';
import type { Timings } from '../timings.js';

/** The only message to a candidate: with it, it becomes one. */
export interface CandidateSetup {
  readonly identity: string;
  readonly connection: Connection;
  readonly lock: Place;
  readonly timings: Timings;
  /** Where to report to for the live chart; null: nowhere. It holds a token. */
  readonly inspector: string | null;
}

/** What a candidate knows of itself. Times are those of `machineNow()`. */
export interface Facts {
  readonly state: ElectionState | 'starting';
  /** What its `isLeader()` answers. */
  readonly leads: boolean;
  /** Of its latest term; null before the first. */
  readonly fencingToken: string | null;
  /** When the work of that term started. */
  readonly workSince: number | null;
  readonly releasedAt: number | null;
  readonly renewals: number;
  /** The identity that it last saw to hold the lock. */
  readonly leader: string | null;
}

export const AT_FIRST: Facts = {
  state: 'starting',
  leads: false,
  fencingToken: null,
  workSince: null,
  releasedAt: null,
  renewals: 0,
  leader: null,
};

/** What a candidate tells at each change; nothing in it is secret. */
export interface Report {
  readonly at: number;
  readonly facts: Facts;
  /** What has happened, to be put after its name; empty when only the facts have changed. */
  readonly text: string;
  /** `detail`: the table shows it anyway. `complaint`: it may explain what goes wrong later. */
  readonly rank: 'news' | 'detail' | 'complaint';
}
