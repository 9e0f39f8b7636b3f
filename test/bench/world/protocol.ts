export { machineNow } from '../../../src/cli/machine-time.js';

/**
 * What a candidate process of any library is told, as JSON in its first argument. It runs candidates
 * `WHO-0` to `WHO-(count - 1)`, all for one lock or each for a lock of its own.
 */
export interface CandidateSettings {
  readonly who: string;
  readonly kubeConfigPath: string;
  readonly namespace: string;
  /** With `lockEach` the start of the names: candidate 7 competes for `LOCK-7`. */
  readonly lock: string;
  readonly lockEach: boolean;
  readonly count: number;
  /** How many of them start at once; the others wait for a command. */
  readonly startNow: number;
  readonly leaseDurationSeconds: number;
  readonly renewDeadlineSeconds: number;
  readonly retryPeriodSeconds: number;
  /** How often a leader asks itself whether it is one, to report when not. 0: never. */
  readonly probeMs: number;
  /** Whether to watch the delays of the event loop, where there is one. */
  readonly measureLoop: boolean;
}

/**
 * What a candidate process says, a line of JSON each. `at` is the machine's monotonic clock in
 * milliseconds, which all processes share.
 */
export type Report =
  /** The library is loaded and the elections are started; no request has been answered yet. */
  | { readonly at: number; readonly event: 'up' }
  /** The work was started. */
  | { readonly at: number; readonly event: 'leads'; readonly who: string }
  /** The work was told to end. */
  | { readonly at: number; readonly event: 'stopped'; readonly who: string }
  /** Asked whether it leads, the candidate said no for the first time. */
  | { readonly at: number; readonly event: 'leadsNoMore'; readonly who: string }
  | { readonly at: number; readonly event: 'ended'; readonly who: string; readonly reason: string }
  /** The answer to `measure`, after a garbage collection. */
  | ({ readonly at: number; readonly event: 'measured' } & Measured);

export interface Measured {
  readonly heapBytes: number;
  /** Stacks of goroutines, which Go does not count as heap. */
  readonly stackBytes: number;
  /** Delays of a timer of 1 ms, its own millisecond included, since `resetLoop`. */
  readonly loopP99Ms?: number;
  readonly loopMaxMs?: number;
}

/** Lines that a candidate process reads from its standard input. It ends when that is closed. */
export type Command = `stop ${number}` | `start ${number}` | 'startRest' | 'resetLoop' | 'measure';

/** The last part of a candidate's name. */
export function indexOf(who: string): number {
  return Number(who.slice(who.lastIndexOf('-') + 1));
}
