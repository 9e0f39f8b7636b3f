import { describe, expect, it, vi } from 'vitest';
import { createActor } from 'xstate';
import { leaderElectionMachine } from '../../../machines/leader-election.js';
import { resolveConfig } from '../../../src/config/resolve-config.js';
import { LeaderElection } from '../../../src/election/leader-election.js';
import { ConfigError } from '../../../src/errors/config-error.js';
import type { LeaderElectionConfig } from '../../../src/config/leader-election-config.js';

/** A lock that nobody may ask anything. */
function untouchable(identity: unknown = 'me'): LeaderElectionConfig['lock'] {
  const refuse = vi.fn(() => {
    throw new Error('The lock was called');
  });
  return {
    identity: identity as string,
    description: 'Lease test/untouchable',
    get: refuse,
    create: refuse,
    update: refuse,
  };
}

const valid = (): LeaderElectionConfig => ({ lock: untouchable(), onStartedLeading: null });

/** What is wrong with a configuration, one line for each problem. */
function problemsOf(config: unknown): string[] {
  try {
    new LeaderElection(config as LeaderElectionConfig);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems.map(
      ({ field, rule, value }) => `${field} ${rule}; received ${value}`,
    );
  }
  return [];
}

const problemsWith = (changes: Record<string, unknown>): string[] =>
  problemsOf({ ...valid(), ...changes });

describe('a configuration without', () => {
  it('anything but the lock and the work has the defaults of client-go', () => {
    expect(resolveConfig(valid())).toMatchObject({
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
      drainTimeoutMs: 20_000,
      onLost: 'return',
      releaseWhenDone: false,
      reclaimOwnIdentity: false,
      useServerClock: true,
    });
  });

  it('a lock is refused', () => {
    expect(problemsOf({ onStartedLeading: null })).toEqual([
      'lock must be a lock, such as new LeaseLock({ name }); received undefined',
    ]);
    expect(problemsWith({ lock: null })).toHaveLength(1);
    expect(problemsWith({ lock: 'production/data-processor' })).toHaveLength(1);
  });

  it('a lock that can do all that is needed is refused, with what is missing', () => {
    const { update: _, ...lock } = untouchable();
    expect(problemsWith({ lock })[0]).toContain('(it has no update())');
  });

  it('the work is refused: null says that there is none', () => {
    expect(problemsOf({ lock: untouchable() })).toEqual([
      'onStartedLeading must be a function, or null to say that there is none; received undefined',
    ]);
    expect(problemsWith({ onStartedLeading: 'work' })).toHaveLength(1);
  });

  it('being an object is refused', () => {
    for (const config of [undefined, null, 'config', 7, [], () => undefined]) {
      expect(problemsOf(config)).toHaveLength(1);
    }
  });
});

describe('a configuration that', () => {
  it('has its options from a class or from another object is read as it was checked', () => {
    const minute = 60;
    class Settings {
      readonly lock = untouchable();
      readonly onStartedLeading = null;
      get leaseDurationSeconds(): number {
        return minute;
      }
      get renewDeadlineSeconds(): number {
        return minute - 10;
      }
    }
    const durations = { leaseDurationMs: 60_000, renewDeadlineMs: 50_000 };
    expect(resolveConfig(new Settings())).toMatchObject(durations);
    const derived = Object.create(new Settings()) as LeaderElectionConfig;
    expect(resolveConfig(derived)).toMatchObject(durations);
    expect(problemsOf(derived)).toEqual([]);
  });

  it('is changed later holds as it was checked', async () => {
    const config = { ...valid(), renewDeadlineSeconds: 10, logger: false as const };
    const election = new LeaderElection(config);
    await election.stop();
    config.renewDeadlineSeconds = 100;
    await expect(election.run({ signal: AbortSignal.abort() })).resolves.toMatchObject({
      led: false,
    });
  });
});

describe('durations', () => {
  it.each([
    [{ leaseDurationSeconds: 10 }, 'must be greater than renewDeadlineSeconds (10); received 10'],
    [{ leaseDurationSeconds: 9 }, 'must be greater than renewDeadlineSeconds (10); received 9'],
    [{ renewDeadlineSeconds: 15 }, 'must be greater than renewDeadlineSeconds (15); received 15'],
  ])('%o are refused: the lease must be longer than the renew deadline', (changes, problem) => {
    expect(problemsWith(changes)).toEqual([`leaseDurationSeconds ${problem}`]);
  });

  it.each([
    [{ renewDeadlineSeconds: 2.4 }, '(2.4); received 2.4'],
    [{ retryPeriodSeconds: 9 }, '(10.8); received 10'],
    [{ renewDeadlineSeconds: 2.3, retryPeriodSeconds: 2 }, '(2.4); received 2.3'],
  ])('%o are refused: the renew deadline must exceed 1.2 retry periods', (changes, problem) => {
    expect(problemsWith(changes)).toEqual([
      `renewDeadlineSeconds must be greater than 1.2 x retryPeriodSeconds ${problem}`,
    ]);
  });

  it('just beyond their limits are accepted', () => {
    expect(problemsWith({ leaseDurationSeconds: 11 })).toEqual([]);
    expect(problemsWith({ renewDeadlineSeconds: 2.41 })).toEqual([]);
    const least = { leaseDurationSeconds: 2, renewDeadlineSeconds: 1.3, retryPeriodSeconds: 1 };
    expect(problemsWith(least)).toEqual([]);
  });

  const fields = ['leaseDurationSeconds', 'renewDeadlineSeconds', 'retryPeriodSeconds'] as const;
  const values = [0, 0.99, -1, Number.NaN, Infinity, -Infinity, '15', null, true, 15n, {}, 1e7];
  it.each(fields.flatMap((field) => values.map((value) => [field, value] as const)))(
    '%s: %s is refused',
    (field, value) => {
      const problems = problemsWith({ [field]: value });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${field} must be `));
    },
  );

  it('of a lease are whole seconds, and of the others need not be', () => {
    expect(problemsWith({ leaseDurationSeconds: 15.5 })).toEqual([
      'leaseDurationSeconds must be a whole number; received 15.5',
    ]);
    expect(problemsWith({ renewDeadlineSeconds: 9.75, retryPeriodSeconds: 1.5 })).toEqual([]);
  });

  it('of the drain may be zero, and not less', () => {
    expect(problemsWith({ drainTimeoutSeconds: 0 })).toEqual([]);
    expect(problemsWith({ drainTimeoutSeconds: -1 })).toHaveLength(1);
    expect(problemsWith({ drainTimeoutSeconds: '20' })).toHaveLength(1);
  });
});

describe('an identity that', () => {
  it.each(['', '   ', 'undefined', 'null', undefined, null, 7])('is %o is refused', (identity) => {
    const problems = problemsWith({ lock: untouchable(identity ?? null) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^lock\.identity must /);
  });
});

describe('other options', () => {
  it.each([
    ['onStoppedLeading', 'stop', 'must be a function; received "stop"'],
    ['onNewLeader', {}, 'must be a function; received an object'],
    ['onOverrun', null, 'must be a function; received null'],
    ['overrun', 'abort', 'must be "log" or "exit"; received "abort"'],
    ['onLost', 'retry', 'must be "return" or "rejoin"; received "retry"'],
    ['releaseWhenDone', 'yes', 'must be true or false; received "yes"'],
    ['reclaimOwnIdentity', 1, 'must be true or false; received 1'],
    ['useServerClock', 'no', 'must be true or false; received "no"'],
    ['random', 0.5, 'must be a function; received 0.5'],
  ])('%s: %o is refused', (field, value, problem) => {
    expect(problemsWith({ [field]: value })).toEqual([`${field} ${problem}`]);
  });

  it('for the logger and the clock are refused without the methods that they need', () => {
    expect(problemsWith({ logger: { info: () => undefined } })[0]).toMatch(
      /^logger must be a logger such as pino, or false \(it has no debug\(\), warn\(\), error\(\)\)/,
    );
    expect(problemsWith({ logger: true })).toHaveLength(1);
    expect(problemsWith({ clock: {} })[0]).toMatch(/^clock must be a Clock/);
  });

  it.each([
    ['leaseDuration', 'leaseDurationSeconds'],
    ['leaseDurationMs', 'leaseDurationSeconds'],
    ['drain_timeout_millis', 'drainTimeoutSeconds'],
    ['renew_deadline_seconds', 'renewDeadlineSeconds'],
    ['onStartLeading', 'onStartedLeading'],
    ['onstopped_leading', 'onStoppedLeading'],
  ])('that are unknown are refused: %s meant %s', (wrong, meant) => {
    expect(problemsWith({ [wrong]: 15 })).toEqual([
      `${wrong} is not an option: did you mean ${meant}?; received a number`,
    ]);
  });

  it.each([
    ['namespace', 'it belongs to the lock, as in new LeaseLock({ name, namespace })'],
    ['callbacks', 'its functions are options themselves, such as onStartedLeading'],
    ['ReleaseOnCancel', 'stop() always gives the lock back'],
  ])('that have their place elsewhere are refused with where that is: %s', (wrong, where) => {
    expect(problemsWith({ [wrong]: 15 })).toEqual([
      `${wrong} is not an option: ${where}; received a number`,
    ]);
  });

  it('that are unknown and like no other are refused without their value', () => {
    const [problem] = problemsWith({ password: 'hunter2' });
    expect(problem).toMatch(/^password is not an option: is not one of lock, /);
    expect(problem).not.toContain('hunter2');
  });

  it('that are undefined count as left out', () => {
    const everything = Object.fromEntries(
      [
        ...['leaseDurationSeconds', 'renewDeadlineSeconds', 'retryPeriodSeconds'],
        ...['drainTimeoutSeconds', 'onStoppedLeading', 'onNewLeader', 'onOverrun', 'overrun'],
        ...['onLost', 'releaseWhenDone', 'reclaimOwnIdentity', 'useServerClock'],
        ...['logger', 'clock', 'random'],
      ].map((field) => [field, undefined]),
    );
    expect(problemsWith(everything)).toEqual([]);
    const resolved = resolveConfig({ ...valid(), ...everything });
    expect(resolved).toMatchObject({ leaseDurationMs: 15_000, onLost: 'return' });
  });
});

describe('a configuration with several problems', () => {
  const wrong = {
    lock: untouchable(''),
    leaseDurationSeconds: 5,
    renewDeadlineSeconds: 'ten',
    retryPeriodSeconds: 0,
    onLost: 'retry',
    renewDeadline: 10,
  };

  it('has all of them told at once, each with its field, its rule and the value', () => {
    let message = '';
    try {
      new LeaderElection(wrong as never);
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toBe(
      [
        'LeaderElection: 6 problems',
        '  - renewDeadline is not an option: did you mean renewDeadlineSeconds?; received a number',
        '  - lock.identity must not be empty; received ""',
        '  - renewDeadlineSeconds must be a number; received "ten"',
        '  - retryPeriodSeconds must be at least 1; received 0',
        '  - onStartedLeading must be a function, or null to say that there is none; received undefined',
        '  - onLost must be "return" or "rejoin"; received "retry"',
      ].join('\n'),
    );
  });

  it('is an error with a name and a code, thrown before anything was asked of the lock', () => {
    expect.assertions(3 + 3);
    try {
      new LeaderElection(wrong as never);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).name).toBe('ConfigError');
      expect((error as ConfigError).code).toBe('ERR_CONFIG');
    }
    const { get, create, update } = wrong.lock;
    for (const method of [get, create, update]) expect(method).not.toHaveBeenCalled();
  });

  it('is refused by the statechart as well', () => {
    const input = { ...wrong, lock: untouchable() } as never;
    const { status, error } = createActor(leaderElectionMachine, { input }).getSnapshot();
    expect(status).toBe('error');
    expect(error).toBeInstanceOf(ConfigError);
  });
});
