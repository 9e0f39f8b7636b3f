import { beforeEach, afterEach, expect, it, vi } from 'vitest';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

const rehearse = vi.fn(() => Promise.resolve());

vi.mock('../../../src/rehearsal/rehearsal.js', () => ({ rehearse }));

/** As in a new process. */
async function freshModules() {
  vi.resetModules();
  const { rehearseOnce } = await import('../../../src/rehearsal/rehearse-once.js');
  const { systemClock } = await import('../../../src/time/clock.js');
  return { rehearseOnce, systemClock };
}

/** What a timer has started is an import, for which no virtual time passes. */
async function seen(calls: number): Promise<void> {
  await vi.waitFor(() => {
    expect(rehearse).toHaveBeenCalledTimes(calls);
  });
}

beforeEach(() => {
  rehearse.mockClear();
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('a process rehearses once, a second after it was asked to', async () => {
  const { rehearseOnce, systemClock } = await freshModules();
  rehearseOnce(systemClock);
  rehearseOnce(systemClock);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(999);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(vi.getTimerCount()).toBe(0);
  await seen(1);
  rehearseOnce(systemClock);
  expect(vi.getTimerCount()).toBe(0);
});

it('under a clock of a test nothing happens that the test does not know of', async () => {
  const { rehearseOnce } = await freshModules();
  const clock = new VirtualClock();
  rehearseOnce(clock);
  expect([vi.getTimerCount(), clock.pendingTimers]).toEqual([0, 0]);
});

it('a rehearsal that fails is no one’s concern', async () => {
  const { rehearseOnce, systemClock } = await freshModules();
  rehearse.mockRejectedValueOnce(new Error('the rehearsal failed'));
  rehearseOnce(systemClock);
  // A rejection that nobody handles would fail the run.
  await vi.advanceTimersByTimeAsync(1_000);
  await seen(1);
});
