import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after that time, or as soon as the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

const LOOK_MS = 20;

/** For what no event tells. False: it was not so in that time, or before the signal was aborted. */
export async function until(
  condition: () => boolean,
  withinMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (signal.aborted || performance.now() >= end) return false;
    await pause(LOOK_MS, signal);
  }
  return true;
}
