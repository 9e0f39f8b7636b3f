import { type Clock, systemClock } from '../time/clock.js';

/**
 * For elections that live by the faked timers of a test runner. Some runners fake `Date` but not
 * `performance.now()`, by which a candidate counts how long a lease is old: for it no time would pass,
 * and a crashed leader were never replaced. This clock takes both times from `Date`.
 */
export const dateClock: Clock = {
  now: () => ({ monotonicMs: Date.now(), wallMs: Date.now() }),
  setTimeout: (fn, timeoutMs) => systemClock.setTimeout(fn, timeoutMs),
  clearTimeout: (id) => {
    systemClock.clearTimeout(id);
  },
};
