import { vi } from 'vitest';

/** Lets the given time pass for everything that asks a clock, and for no real timer. */
export function pretendLater(ms: number): void {
  const monotonic = performance.now();
  const wall = Date.now();
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  vi.setSystemTime(wall + ms);
  vi.spyOn(performance, 'now').mockReturnValue(monotonic + ms);
}
