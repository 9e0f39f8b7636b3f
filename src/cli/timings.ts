/** In seconds, as everywhere in the options of the library. */
export interface Timings {
  readonly leaseDurationSeconds: number;
  readonly renewDeadlineSeconds: number;
  readonly retryPeriodSeconds: number;
}

/** Those of the library, and of client-go. */
export const DEFAULT_TIMINGS: Timings = {
  leaseDurationSeconds: 15,
  renewDeadlineSeconds: 10,
  retryPeriodSeconds: 2,
};
