import type { Distribution } from './statistics.js';

export const WEIGHTS = [
  'bareNode',
  'handWatch',
  'handRenewal',
  'follower',
  'leader',
  'run',
  'clientGoFollower',
  'clientGoLeader',
] as const;
export type WeightName = (typeof WEIGHTS)[number];

/** Of all processes that belong to it, but not of a command that is run. */
export interface WeightOf {
  readonly residentMegabytes: Distribution;
  readonly peakMegabytes: Distribution;
  readonly cpuMsPerSecond: Distribution;
  /** Until the first request is sent, from the start of the process; absent for client-go. */
  readonly startMs?: Distribution;
}

export interface Weight {
  readonly seconds: number;
  /** Without what was not measured then. */
  readonly of: Readonly<Record<WeightName, WeightOf>>;
  /** Bytes of the package and its one peer in an empty folder. */
  readonly installBytes: number;
}
