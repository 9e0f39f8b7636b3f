import { settle, type VirtualClock } from '../virtual-clock.js';

/** Milliseconds between two looks at what does not go by the cluster's clock. */
export const STEP_MS = 50;

// Kept as they are when this is loaded: a test may have its runner fake the timers afterwards.
const { setTimeout } = globalThis;

/** Lets so many milliseconds pass. */
export type Pass = (ms: number) => Promise<void>;

/** Calls for each step of the whole time, and for none at all if no time passes. */
async function inSteps(ms: number, step: (ms: number) => Promise<void>): Promise<void> {
  let leftMs = ms;
  do {
    const stepMs = Math.min(leftMs, STEP_MS);
    await step(stepMs);
    leftMs -= stepMs;
  } while (leftMs > 0);
}

/** @param advanceTimers the runner's faked timers, which go along */
export function virtualPace(
  clock: VirtualClock,
  advanceTimers: ((ms: number) => unknown) | undefined,
): Pass {
  if (advanceTimers === undefined) return (ms) => clock.advance(ms);
  return (ms) =>
    inSteps(ms, async (stepMs) => {
      await clock.advance(stepMs);
      await advanceTimers(stepMs);
      // What these timers have begun may use the clock.
      await clock.advance(0);
    });
}

/** @param advanceTimers where they are given, they pass in place of the time */
export function realPace(
  settled: () => Promise<void>,
  advanceTimers: ((ms: number) => unknown) | undefined,
): Pass {
  if (advanceTimers === undefined) {
    return async (ms) => {
      await settle();
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    };
  }
  return (ms) =>
    inSteps(ms, async (stepMs) => {
      await settled();
      await advanceTimers(stepMs);
      await settled();
    });
}
