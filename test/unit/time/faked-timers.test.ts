import { mock } from 'node:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LeaderElection } from '../../../src/index.js';
import { dateClock } from '../../../src/testing/date-clock.js';
import { InMemoryLockStore } from '../../../src/testing/in-memory-lock.js';
import { settle, VirtualClock } from '../../../src/testing/virtual-clock.js';
import type { Clock } from '../../../src/time/clock.js';

// Test runners can fake the timers of the whole process. A test that has a clock of its own in the
// hand must be able to use it beside that, whatever else is faked.

/** What was to be done in the next tick while that was faked. */
const held: Parameters<typeof process.nextTick>[] = [];

const RUNNERS: Record<string, { readonly fake: () => void; readonly restore: () => void }> = {
  'the default of vitest': {
    fake: () => vi.useFakeTimers(),
    restore: () => vi.useRealTimers(),
  },
  'the default of sinon and jest': {
    fake: () => {
      vi.useFakeTimers({
        toFake: [
          ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const),
          ...(['setImmediate', 'clearImmediate', 'queueMicrotask'] as const),
          ...(['Date', 'performance', 'hrtime'] as const),
        ],
      });
      // The one thing more that they fake, and vitest does not in a process of its own.
      vi.spyOn(process, 'nextTick').mockImplementation((...tick) => {
        held.push(tick);
      });
    },
    restore: () => {
      vi.restoreAllMocks();
      vi.useRealTimers();
      // Some were not this test's: without them, the runner waits for its own messages for ever.
      for (const tick of held.splice(0)) process.nextTick(...tick);
    },
  },
  'the default of node:test': {
    fake: () => {
      mock.timers.enable();
    },
    restore: () => {
      mock.timers.reset();
    },
  },
};

let restore = (): void => undefined;

afterEach(() => {
  restore();
});

/** Two timers, the second of which is set by what the first has caused. */
async function story(clock: VirtualClock): Promise<string[]> {
  const told: string[] = [];
  const tell = (text: string): void => void told.push(`${clock.now().monotonicMs} ${text}`);
  const first = async (): Promise<void> => {
    await Promise.resolve();
    tell('first');
    clock.setTimeout(() => tell('second'), 20);
  };
  clock.setTimeout(() => void first(), 10);
  await clock.advance(100);
  return told;
}

describe.each(Object.entries(RUNNERS))(
  'a virtual clock, with timers faked as by %s',
  (_, runner) => {
    it('advances, whether it was loaded before or after that', async () => {
      ({ restore } = runner);
      vi.resetModules();
      runner.fake();
      const fresh = await import('../../../src/testing/virtual-clock.js');
      for (const clock of [new VirtualClock(), new fresh.VirtualClock()]) {
        expect(await story(clock)).toEqual(['10 first', '30 second']);
      }
    });
  },
);

describe('candidates that have no clock but faked timers', () => {
  /** Whether another leads so long after the leader has died. */
  async function takesOver(clock: Clock | undefined): Promise<boolean> {
    const store = new InMemoryLockStore();
    const [first, second] = ['first', 'second'].map(
      (name) =>
        new LeaderElection({
          lock: store.lock(name),
          ...(clock === undefined ? {} : { clock }),
          ...{ onStartedLeading: null, logger: false },
        }),
    );
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 50) {
        mock.timers.tick(50);
        await settle();
      }
    };
    const ended = first!.run().catch(() => undefined);
    await pass(1_000);
    expect(first!.isLeader()).toBe(true);
    void second!.run().catch(() => undefined);
    await pass(5_000);
    first!.actor.stop();
    await ended;
    await pass(20_000);
    const leads = second!.isLeader();
    second!.actor.stop();
    return leads;
  }

  it.each([
    { clock: undefined, takes: false, what: 'do not follow where performance.now() is not faked' },
    { clock: dateClock, takes: true, what: 'follow there by the clock that goes by Date' },
  ])('$what', async ({ clock, takes }) => {
    ({ restore } = RUNNERS['the default of node:test']!);
    mock.timers.enable();
    expect(await takesOver(clock)).toBe(takes);
  });
});
