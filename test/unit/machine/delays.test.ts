import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as delays from '../../../machines/delays.js';
import * as guards from '../../../machines/guards.js';
import type { ElectionContext } from '../../../machines/types.js';
import { record } from '../../support/controllable-lock.js';
import { held, observed, scene, written } from './support/context.js';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

describe('lastWrite', () => {
  it('counts from the last write that may be stored, where that is later than the lease we know', () => {
    const { clock, context } = scene((made) => {
      const lease = held(made);
      made.clock.freeze(2_000);
      return { lease, ownWrites: [written(made)] };
    });
    clock.freeze(14_999);
    expect(delays.lastWrite({ context })).toBe(1);
    expect(guards.lastWriteExpired({ context })).toBe(false);
    clock.freeze(1);
    expect(delays.lastWrite({ context })).toBe(0);
    expect(guards.lastWriteExpired({ context })).toBe(true);
  });

  it('is that of the lease where no write can be in force any more, as when another holds the lock', () => {
    const { clock, context } = scene((made) => ({ lease: held(made) }));
    clock.freeze(4_000);
    expect(delays.lastWrite({ context })).toBe(11_000);
  });
});

describe('renewDeadline', () => {
  it('counts the time that the machine slept, and never less than the clock that ran on', () => {
    const { clock, context } = scene((made) => ({ lease: held(made) }));
    clock.suspend(4_000);
    expect(delays.renewDeadline({ context })).toBe(6_000);
    clock.freeze(2_000);
    expect(delays.renewDeadline({ context })).toBe(4_000);
    clock.setWall(0);
    expect(delays.renewDeadline({ context })).toBe(8_000);
  });

  it('rounds up: a timer that fires before the deadline is of no use', () => {
    const { clock, context } = scene((made) => ({ lease: held(made) }));
    clock.freeze(0.25);
    expect(delays.renewDeadline({ context })).toBe(10_000);
    clock.freeze(9_999.5);
    expect(delays.renewDeadline({ context })).toBe(1);
    clock.freeze(5_000);
    expect(delays.renewDeadline({ context })).toBe(0);
  });
});

describe('leaseDuration', () => {
  it('counts a lease of ours, or a claim without an answer, from its sending', () => {
    const leading = scene((made) => ({ lease: held(made), attempt: written(made) }));
    leading.clock.freeze(14_999);
    expect(delays.leaseDuration(leading)).toBe(1);
    const claiming = scene((made) => ({ attempt: written(made) }));
    claiming.clock.freeze(4_000);
    expect(delays.leaseDuration(claiming)).toBe(11_000);
  });

  it("goes by the monotonic clock alone for another's lease", () => {
    const { clock, context } = scene((made) => ({
      observation: observed(made.lock.snapshot(record()), 8_000),
    }));
    clock.suspend(100_000);
    clock.freeze(7_999);
    expect(delays.leaseDuration({ context })).toBe(1);
    clock.freeze(1);
    expect(delays.leaseDuration({ context })).toBe(0);
  });

  it('is never longer than a timer can be', () => {
    const year = 365 * 24 * 3_600_000;
    const { context } = scene((made) => ({
      observation: observed(made.lock.snapshot(record()), year),
    }));
    expect(delays.leaseDuration({ context })).toBe(LONGEST_TIMER_MS);
  });
});

describe('where no lease is known', () => {
  it.each(['renewDeadline', 'leaseDuration', 'retryPeriod'] as const)('%s is over', (name) => {
    expect(delays[name](scene())).toBe(0);
  });
});

/** A lease whose write was answered so long after it was sent; when it is to be renewed. */
function renewalDue(answeredAfterMs: number, options = {}) {
  const made = scene((s) => {
    const lease = held(s);
    s.clock.freeze(answeredAfterMs);
    return { lease: { ...lease, confirmedAt: s.clock.now() } };
  }, options);
  return { ...made, dueMs: () => delays.retryPeriod(made) };
}

describe('retryPeriod', () => {
  it('ends a retry period after a renewal that was answered at once', () => {
    const { clock, dueMs } = renewalDue(0);
    expect(dueMs()).toBe(2_000);
    clock.freeze(1_999);
    expect(dueMs()).toBe(1);
    clock.freeze(1);
    expect(dueMs()).toBe(0);
  });

  it('is shorter where answers are slow, so that a second try fits in before the deadline', () => {
    // Half the renew deadline after the write was sent, rather than 2 s after its answer.
    expect(renewalDue(4_000).dueMs()).toBe(1_000);
    // A retry period after the sending at least, however near the deadline that is.
    const options = { renewDeadlineSeconds: 3, retryPeriodSeconds: 2 };
    expect(renewalDue(500, options).dueMs()).toBe(1_500);
  });

  it('is a short pause after a renewal that left the record as it was, up to the deadline', () => {
    const { clock, context } = scene((made) => {
      const lease = held(made);
      made.clock.freeze(6_000);
      const { record } = lease;
      const renewed = { ...lease, confirmedAt: made.clock.now() };
      return { lease: renewed, ownWrites: [{ ...written(made), record }] };
    });
    expect(delays.retryPeriod({ context })).toBe(250);
    clock.freeze(250);
    expect(delays.retryPeriod({ context })).toBe(0);
  });

  it('is never over later than the deadline where nothing has failed', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.nat(20_000), (answeredMs, passed) => {
        const { clock, context, dueMs } = renewalDue(answeredMs);
        clock.freeze(passed);
        expect(dueMs()).toBeLessThanOrEqual(delays.renewDeadline({ context }));
      }),
    );
  });

  it('after a failure is no shorter than a retry, and as long as the server asked', () => {
    const due = (changes: Partial<ElectionContext>): number => {
      const { clock, context } = scene((made) => ({ lease: held(made), ...changes }));
      clock.freeze(2_000);
      return delays.retryPeriod({ context });
    };
    expect(due({})).toBe(0);
    expect(due({ failures: 1 })).toBe(125);
    expect(due({ failures: 1, retryAfterMs: 3_000 })).toBe(3_000);
  });
});

describe('contentionDelay', () => {
  const delay = (jitter: number, contentionWindowMs = 32): number =>
    delays.contentionDelay({ context: scene(() => ({ jitter, contentionWindowMs })).context });

  it('is nothing for most, and some milliseconds for the others, where nobody was faster yet', () => {
    const drawn = [0, 0.1, 0.5, 0.679, 0.68, 0.9, 1].map((jitter) => delay(jitter));
    expect(drawn).toEqual([0, 0, 0, 0, 18, 28, 32]);
  });

  it('is nothing for a newcomer to a lock that has changed hands: the others leave it the first try', () => {
    const after = (leaderTransitions: number, contentionWindowMs = 32): number => {
      const { context } = scene(({ lock }) => {
        const released = lock.snapshot(record({ holderIdentity: '', leaderTransitions }));
        return { jitter: 0.9, contentionWindowMs, observation: observed(released, null) };
      });
      return delays.contentionDelay({ context });
    };
    expect([after(0), after(1), after(7)]).toEqual([28, 0, 0]);
    expect(after(7, 200)).toBe(197);
  });

  it('is long for most, and short for few, in a crowd', () => {
    const drawn = Array.from({ length: 1_000 }, (_, n) => delay((n + 0.5) / 1_000, 200));
    expect(drawn.filter((ms) => ms < 100).length).toBeLessThan(60);
    expect(drawn.filter((ms) => ms > 150).length).toBeGreaterThan(700);
    expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
  });
});

describe('what is drawn', () => {
  it.each([
    ['a poll: 1 to 2.2 retry periods', 'pollInterval', {}, [2_000, 2_600]],
    ['a look beside the watch', 'pollInterval', { watching: true }, [4_400, 5_000]],
    ['a pause: half a retry period to one and a half', 'rejoinDelay', {}, [1_000, 1_500]],
  ] as const)('for %s', (_, name, changes, expected) => {
    const drawn = [0, 0.25].map((jitter) =>
      delays[name]({ context: scene(() => ({ jitter, ...changes })).context }),
    );
    expect(drawn).toEqual(expected);
  });
});

it('requests have half the renew deadline, and the drain what was configured', () => {
  const made = scene(() => ({}), { renewDeadlineSeconds: 9.5, drainTimeoutSeconds: 3 });
  expect([delays.requestTimeout(made), delays.drainTimeout(made)]).toEqual([4_750, 3_000]);
});

describe('retryDelay', () => {
  const delay = (failures: number, jitter: number, retryAfterMs: number | null = null): number =>
    delays.retryDelay({ context: scene(() => ({ failures, jitter, retryAfterMs })).context });

  it.each([
    [1, 125, 250],
    [2, 250, 500],
    [3, 500, 1_000],
    [4, 1_000, 2_000],
    [1_000, 1_000, 2_000],
  ])('after failure %s is %s to %s ms, by chance', (failures, least, most) => {
    expect(delay(failures, 0)).toBe(least);
    expect(delay(failures, 1)).toBe(most);
  });

  it('is not shorter than the server asked, and not longer for a shorter wish', () => {
    expect(delay(1, 0, 6_000)).toBe(6_000);
    expect(delay(5, 1, 500)).toBe(2_000);
    expect(delay(1, 1, 0)).toBe(250);
  });

  it('is not longer than a lease, however long the server asks for', () => {
    expect(delay(1, 0, 14_999)).toBe(14_999);
    for (const ms of [15_001, 3_600_000, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
      expect(delay(1, 0, ms)).toBe(15_000);
    }
  });
});

describe('every delay', () => {
  it('is a whole number of milliseconds that a timer can hold', () => {
    const ms = fc.double({ min: 0, max: 1e12, noNaN: true });
    const jitter = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(ms, ms, ms, jitter, (passed, asleep, retryAfterMs, drawn) => {
        for (const known of ['lease', 'observation', 'nothing'] as const) {
          const { clock, context } = scene((made) => ({
            jitter: drawn,
            failures: 1,
            retryAfterMs,
            ...(known === 'lease' ? { lease: held(made) } : {}),
            ...(known === 'observation' ? { observation: observed(null, retryAfterMs) } : {}),
          }));
          clock.freeze(passed);
          clock.suspend(asleep);
          for (const delay of Object.values(delays)) {
            const value = delay({ context });
            expect(Number.isInteger(value)).toBe(true);
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(LONGEST_TIMER_MS);
          }
        }
      }),
    );
  });
});
