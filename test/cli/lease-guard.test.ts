import { describe, expect, it } from 'vitest';
import { due, leaseTimes, type Watch } from '../../src/cli/run/lease-guard.js';
import { restartPauseMs } from '../../src/cli/run/restart-pause.js';

const at = (ms: number, wall = ms) => ({ monotonicMs: 1000 + ms, wallMs: 50_000 + wall });

const watch: Watch = {
  ...leaseTimes(15_000, 10_000),
  validFrom: at(0),
  toldAtMs: null,
  graceMs: 20_000,
};

describe('the times of a command under a lease', () => {
  it('are the renew deadline, and a second before the end of the lease', () => {
    expect(leaseTimes(15_000, 10_000)).toEqual({ stopAfterMs: 10_000, killAfterMs: 14_000 });
  });

  it('leave a fifth of what is between them', () => {
    expect(leaseTimes(4000, 2000)).toEqual({ stopAfterMs: 2000, killAfterMs: 3600 });
  });

  it('leave a tenth of a second at least, and then come before the renew deadline', () => {
    expect(leaseTimes(3000, 2999)).toEqual({ stopAfterMs: 2900, killAfterMs: 2900 });
  });
});

describe('a command whose lease nobody extends', () => {
  it('runs up to the renew deadline', () => {
    expect(due(watch, at(9999))).toEqual({ action: 'none', nextMs: 1 });
  });

  it('is told to end at the renew deadline', () => {
    expect(due(watch, at(10_000))).toEqual({ action: 'stop', nextMs: 4000 });
  });

  it('is killed before the lease is over, however long its grace period', () => {
    const told = { ...watch, toldAtMs: at(10_000).monotonicMs };
    expect(due(told, at(13_999))).toEqual({ action: 'none', nextMs: 1 });
    expect(due(told, at(14_000)).action).toBe('kill');
  });

  it('is killed at the end of its grace period, if that comes first', () => {
    const told = { ...watch, graceMs: 500, toldAtMs: at(10_000).monotonicMs };
    expect(due(told, at(10_499)).action).toBe('none');
    expect(due(told, at(10_500)).action).toBe('kill');
  });

  it('is killed at once by the first look after the machine slept through the lease', () => {
    expect(due(watch, at(20, 14_000)).action).toBe('kill');
  });

  it('is not kept alive by a wall clock that was set back', () => {
    expect(due(watch, at(10_000, -5000)).action).toBe('stop');
  });
});

describe('a command whose lease is extended', () => {
  it('counts from the last renewal', () => {
    expect(due({ ...watch, validFrom: at(8000) }, at(17_999)).action).toBe('none');
    expect(due({ ...watch, validFrom: at(8000) }, at(18_000)).action).toBe('stop');
  });

  it('and that was told to end is killed when its grace period is over all the same', () => {
    const told = {
      ...watch,
      validFrom: at(20_000),
      graceMs: 2000,
      toldAtMs: at(19_000).monotonicMs,
    };
    expect(due(told, at(20_999)).action).toBe('none');
    expect(due(told, at(21_000)).action).toBe('kill');
  });
});

describe('the pause before it competes again', () => {
  const timings = { leaseDurationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 2 };
  const pause = (ranForMs: number, quickEnds: number, random = 0) =>
    restartPauseMs(ranForMs, quickEnds, timings, () => random);

  it('is a retry period and a half, up to half as long again, after a long run', () => {
    expect(pause(10_000, 5)).toEqual({ ms: 3000, quickEnds: 0 });
    expect(pause(10_000, 5, 1)).toEqual({ ms: 4500, quickEnds: 0 });
  });

  it('doubles with each quick end in a row', () => {
    expect(pause(9999, 0)).toEqual({ ms: 3000, quickEnds: 1 });
    expect(pause(0, 1)).toEqual({ ms: 6000, quickEnds: 2 });
    expect(pause(0, 2)).toEqual({ ms: 12_000, quickEnds: 3 });
  });

  it('is a minute at most, before jitter', () => {
    expect(pause(0, 100).ms).toBe(60_000);
  });
});
