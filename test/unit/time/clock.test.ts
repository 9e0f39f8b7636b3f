import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { elapsedForHolder, systemClock } from '../../../src/time/clock.js';
import { microTime } from '../../../src/time/micro-time.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

describe('the time that a holder must assume to have passed', () => {
  const since = { monotonicMs: 1_000, wallMs: 50_000 };

  it.each([
    ['both clocks agree', 3_000, 52_000, 2_000],
    ['the machine slept', 1_500, 58_000, 8_000],
    ['the wall clock was set forward', 2_000, 3_650_000, 3_600_000],
    ['the wall clock was set back', 3_000, 10_000, 2_000],
    ['nothing passed', 1_000, 50_000, 0],
  ])('when %s', (_, monotonicMs, wallMs, elapsed) => {
    expect(elapsedForHolder(since, { monotonicMs, wallMs })).toBe(elapsed);
  });

  it('is never less than what the monotonic clock says', () => {
    const ms = fc.double({ min: 0, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(ms, ms, ms, (passed, wallBefore, wallAfter) => {
        const elapsed = elapsedForHolder(
          { monotonicMs: 0, wallMs: wallBefore },
          { monotonicMs: passed, wallMs: wallAfter },
        );
        expect(elapsed).toBeGreaterThanOrEqual(passed);
      }),
    );
  });
});

describe('the system clock', () => {
  it('reads both clocks of the machine', () => {
    const before = performance.now();
    const { monotonicMs, wallMs } = systemClock.now();
    expect(monotonicMs).toBeGreaterThanOrEqual(before);
    expect(monotonicMs).toBeLessThanOrEqual(performance.now());
    expect(Math.abs(wallMs - Date.now())).toBeLessThan(1_000);
  });

  it('sets timers, and clears them', async () => {
    vi.useFakeTimers();
    try {
      const fired: string[] = [];
      systemClock.setTimeout(() => fired.push('kept'), 10);
      systemClock.clearTimeout(systemClock.setTimeout(() => fired.push('cleared'), 10));
      await vi.advanceTimersByTimeAsync(9);
      expect(fired).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(fired).toEqual(['kept']);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the time written into a record', () => {
  it('has six digits, of which the last three are drawn', () => {
    const wallMs = Date.UTC(2026, 1, 3, 4, 5, 6, 78);
    expect(microTime(wallMs, () => 0)).toBe('2026-02-03T04:05:06.078000Z');
    expect(microTime(wallMs, () => 0.0425)).toBe('2026-02-03T04:05:06.078042Z');
    expect(microTime(wallMs, () => 1 - Number.EPSILON)).toBe('2026-02-03T04:05:06.078999Z');
  });

  it('is one that the API server accepts, always', () => {
    const wall = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
    const drawn = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(wall, drawn, (wallMs, random) => {
        const text = microTime(wallMs, () => random);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        expect(Math.floor(Date.parse(text))).toBe(wallMs);
      }),
    );
  });
});

describe('a virtual clock', () => {
  it('fires each timer at its own time, and lets promises settle before the next', async () => {
    const clock = new VirtualClock();
    const fired: [string, number][] = [];
    const note = (name: string) => () => {
      fired.push([name, clock.now().monotonicMs]);
    };
    clock.setTimeout(() => {
      void Promise.resolve().then(() => clock.setTimeout(note('nested'), 5));
    }, 10);
    clock.setTimeout(note('later'), 20);
    await clock.advance(19);
    expect(fired).toEqual([['nested', 15]]);
    await clock.advance(1);
    expect(fired).toEqual([
      ['nested', 15],
      ['later', 20],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fires timers that came due while it was frozen at the next step, late', async () => {
    const clock = new VirtualClock();
    let at = -1;
    clock.setTimeout(() => (at = clock.now().monotonicMs), 10);
    clock.freeze(50);
    expect(at).toBe(-1);
    await clock.advance(0);
    expect(at).toBe(50);
  });

  it('lets only its wall clock go on while the machine sleeps', () => {
    const clock = new VirtualClock(1_000);
    clock.suspend(500);
    expect(clock.now()).toEqual({ monotonicMs: 0, wallMs: 1_500 });
    clock.setWall(7);
    expect(clock.now()).toEqual({ monotonicMs: 0, wallMs: 7 });
  });
});
