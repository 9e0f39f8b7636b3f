import { OPTIONS } from '../config/resolve-config.js';

/** In seconds, as everywhere in the options of the library. */
export interface Timings {
  readonly leaseDurationSeconds: number;
  readonly renewDeadlineSeconds: number;
  readonly retryPeriodSeconds: number;
}

/** Those of the library, and of client-go. */
export const DEFAULT_TIMINGS: Timings = {
  leaseDurationSeconds: OPTIONS.leaseDurationSeconds.byDefault,
  renewDeadlineSeconds: OPTIONS.renewDeadlineSeconds.byDefault,
  retryPeriodSeconds: OPTIONS.retryPeriodSeconds.byDefault,
};

/** Short, so that nobody waits long for the demo; a real election has more patience. */
export const DEMO_TIMINGS: Timings = {
  leaseDurationSeconds: 4,
  renewDeadlineSeconds: 3,
  retryPeriodSeconds: 1,
};
