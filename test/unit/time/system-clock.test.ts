import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
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
