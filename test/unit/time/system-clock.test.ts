import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/time/clock.js';

const after = (ms: number): Promise<number> =>
  new Promise((resolve) => {
    const begun = systemClock.now().monotonicMs;
    systemClock.setTimeout(() => {
      resolve(systemClock.now().monotonicMs - begun);
    }, ms);
  });

describe('a timer of the system clock', () => {
  it('runs before any of a millisecond when it is set to none, but not within the call', async () => {
    const order: string[] = [];
    const long = after(1).then(() => order.push('long'));
    const short = after(0).then(() => order.push('short'));
    order.push('called');
    await Promise.all([long, short]);
    expect(order).toEqual(['called', 'short', 'long']);
  });

  it('does not run once it is cleared', async () => {
    let runs = 0;
    const count = (): void => {
      runs += 1;
    };
    for (const ms of [0, 1]) systemClock.clearTimeout(systemClock.setTimeout(count, ms));
    await after(5);
    expect(runs).toBe(0);
  });
});
