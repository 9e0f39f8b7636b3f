import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/time/clock.js';

describe('a timer of the system clock', () => {
  it('that is set to nothing runs as soon as what has arrived was read, not within the call', async () => {
    const order: string[] = [];
    const both = new Promise<void>((resolve) => {
      systemClock.setTimeout(() => order.push('timer'), 0);
      setImmediate(() => {
        order.push('next');
        resolve();
      });
    });
    order.push('called');
    await both;
    expect(order).toEqual(['called', 'timer', 'next']);
  });

  it('that is set to nothing lets what has arrived be read before the next one runs', async () => {
    const order: string[] = [];
    const { port1, port2 } = new MessageChannel();
    const heard = new Promise<void>((resolve) => {
      port2.on('message', () => {
        order.push('news');
        resolve();
      });
    });
    const both = new Promise<void>((resolve) => {
      systemClock.setTimeout(() => {
        order.push('first');
        port1.postMessage('news');
      }, 0);
      systemClock.setTimeout(() => {
        order.push('second');
        resolve();
      }, 0);
    });
    await Promise.all([heard, both]);
    port1.close();
    expect(order).toEqual(['first', 'news', 'second']);
  });

  it('that is set to nothing runs though a test has left one behind with timers of its own', async () => {
    const runs: string[] = [];
    vi.useFakeTimers();
    systemClock.setTimeout(() => runs.push('left behind'), 0);
    vi.useRealTimers();
    await new Promise<void>((resolve) => {
      systemClock.setTimeout(() => {
        runs.push('real');
        resolve();
      }, 0);
    });
    expect(runs).toEqual(['real']);
  });

  it.each([2 ** 31, 1e12, Number.MAX_VALUE, Infinity])(
    'that is set to %d ms does not run at once, as those of Node do',
    async (ms) => {
      vi.useFakeTimers();
      const run = vi.fn();
      const timer = systemClock.setTimeout(run, ms);
      await vi.advanceTimersByTimeAsync(86_400_000);
      systemClock.clearTimeout(timer);
      vi.useRealTimers();
      expect(run).not.toHaveBeenCalled();
    },
  );

  it('does not run once it is cleared, however long it was', async () => {
    let runs = 0;
    const count = (): void => {
      runs += 1;
    };
    for (const ms of [0, 1]) systemClock.clearTimeout(systemClock.setTimeout(count, ms));
    await new Promise((resolve) => systemClock.setTimeout(resolve, 5));
    expect(runs).toBe(0);
  });
});
