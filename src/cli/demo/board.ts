import type { Phase } from './member.js';

/** One candidate, as the table shows it. */
export interface BoardRow {
  readonly name: string;
  readonly pid: number | null;
  readonly phase: Phase;
  readonly isLeading: boolean;
  /** How long it has been what it is, in milliseconds. */
  readonly forMs: number;
  readonly fencingToken: bigint | null;
  readonly renewals: number;
}

export interface LogLine {
  /** Time of day, with milliseconds. */
  readonly time: string;
  readonly text: string;
}

/** Everything that the live display shows at one moment. */
export interface Board {
  /** What is happening, in plain words. */
  readonly headline: string;
  readonly rows: readonly BoardRow[];
  /** What happened, the latest last. */
  readonly log: readonly LogLine[];
}
