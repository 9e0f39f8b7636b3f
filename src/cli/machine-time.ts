import { systemClock, type Instant } from '../time/clock.js';

/**
 * CLOCK_MONOTONIC: milliseconds since this machine started. Unlike `performance.now()` it
 * counts from the same moment in every process, so that times from different ones can be compared.
 */
export function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * An instant of this process, by default the present one, as other processes of this machine
 * understand it: its monotonic time is that of {@link machineNow}.
 */
export function machineInstant({ monotonicMs, wallMs } = systemClock.now()): Instant {
  return { monotonicMs: machineNow() - (performance.now() - monotonicMs), wallMs };
}
