import { afterEach, describe, expect, it, vi } from 'vitest';
import { inspect } from 'node:util';
import { LockError } from '../../../src/errors/index.js';
import { stderrLogger } from '../../../src/logging/loggers.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { Candidate } from './support/candidate.js';
import { logged, RecordingLogger } from './support/recording-logger.js';

const acquireFailed = 'Looking at the lock failed; it will be tried again';
const renewFailed = 'A renewal failed; it is tried again until the renew deadline';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a logger that is given', () => {
  it('hears of a whole life, with the lock and the identity in each line', async () => {
    const { c, logger } = logged();
    const claim = await c.leads();
    await c.stop();
    await c.finishWork();
    await c.allowRelease(claim);
    expect(logger.of('info')).toEqual([
      'Leading',
      'Draining: the work was told to end',
      'Stopped leading',
      'Released the lock',
    ]);
    expect(logger.of('warn')).toEqual([]);
    expect(logger.of('error')).toEqual([]);
    for (const { fields } of logger.lines) {
      expect(fields).toMatchObject({ lock: 'Lease test/controllable', identity: 'me' });
    }
  });

  it('is told which other candidate leads', async () => {
    const { c, logger } = logged();
    await c.run();
    await c.answer('get', c.lock.heldBy('other'));
    const [line] = logger.lines.filter(({ level }) => level === 'info');
    expect(line).toMatchObject({ message: 'Another identity leads', fields: { leader: 'other' } });
  });

  it('is warned again and again, less and less often, of requests that fail, and told of the end', async () => {
    const { c, logger } = logged();
    await c.run();
    for (let tries = 0; tries < 400; tries += 1) {
      await c.answer('get', c.lock.failure('forbidden'));
      await c.clock.advance(2_000);
    }
    expect(logger.of('warn')).toEqual([
      acquireFailed,
      ...['30 s', '90 s', '4 min', '8 min'].map(
        (lasted) => `${acquireFailed}. It has been so for ${lasted}`,
      ),
    ]);
    await c.answer('get', c.lock.heldBy('other'));
    expect(logger.of('warn').at(-1)).toBe('Requests for the lock succeed again, after 13 min');
  });

  it('is warned again and again of requests that nobody answers', async () => {
    const { c, logger } = logged();
    await c.run();
    await c.clock.advance(100_000);
    expect(logger.of('warn')).toHaveLength(3);
    expect(logger.lines.find(({ level }) => level === 'warn')?.fields).toMatchObject({
      err: {
        message: expect.stringContaining('the API server did not answer within 5 s') as string,
      },
    });
  });

  it('is not told that the API server did not answer while nothing was sent', async () => {
    const { c, logger } = logged();
    Object.assign(c.lock, { waitsFor: 'credentials from the credential plugin "aws"' });
    await c.run();
    await c.clock.advance(5_000);
    const { err } = logger.lines.find(({ level }) => level === 'warn')!.fields as { err: Error };
    expect(err.message).toContain(
      'nothing was sent within 5 s (half of renewDeadlineSeconds), for want of credentials from ' +
        'the credential plugin "aws"',
    );
    expect(err.message).not.toContain('did not answer');
  });

  it('is warned again and again of a record that cannot be read, and told of its end', async () => {
    const { c, logger } = logged();
    await c.run();
    for (let version = 0; version < 40; version += 1) {
      const answer = { ...c.lock.ok(null, 'a list'), fingerprint: `changed ${version}` };
      await c.answer('get', answer);
      await c.clock.advance(2_000);
    }
    expect(logger.of('warn')).toHaveLength(2);
    expect(logger.of('warn')[1]).toMatch(/cannot be read \(a list\).*It has been so for 3\d s$/);
    await c.answer('get', c.lock.heldBy('other'));
    expect(logger.of('warn')[2]).toMatch(
      /^The record in the lock can be read, or is gone, after 8\d s/,
    );
  });

  it('is warned again and again of a watch that is refused, and told of its end', async () => {
    const { c, logger } = logged({ watched: true });
    await c.waits();
    await c.lock.watching.failed('forbidden');
    for (let polls = 0; polls < 30; polls += 1) {
      await c.clock.advance(2_000);
      await c.answer('get', c.lock.heldBy('other', { leaderTransitions: polls }));
    }
    const polled = 'The lock cannot be watched; it is polled';
    expect(logger.of('warn')).toEqual([polled, expect.stringContaining(`${polled}. It has been`)]);
    await c.lock.watching.opened();
    expect(logger.of('warn').at(-1)).toBe('The lock is watched again, after 60 s');
  });

  it('hears the name that the lock has by then', async () => {
    const { c, logger } = logged();
    let description = 'Lease job';
    Object.defineProperty(c.lock, 'description', { get: () => description });
    await c.run();
    description = 'Lease prod/job';
    await c.answer('get', c.lock.failure('forbidden'));
    expect(logger.lines.at(-1)?.fields).toMatchObject({ lock: 'Lease prod/job' });
    expect(c.election.toJSON()).toMatchObject({ lock: 'Lease prod/job' });
    expect(JSON.stringify(c.election.actor.getSnapshot())).toContain('Lease prod/job');
  });

  it('is warned again of a failure that comes back after a success', async () => {
    const { c, logger } = logged();
    await c.leads();
    for (let round = 1; round <= 2; round += 1) {
      await c.clock.advance(2_000);
      await c.answer('update', c.lock.failure('network'));
      await c.clock.advance(125);
      await c.answer('get', c.lock.ok(c.election.actor.getSnapshot().context.lease!.record));
      await c.lock.commit();
    }
    expect(logger.of('warn')).toEqual([renewFailed, renewFailed]);
  });

  it('is not warned of a lost race for a free lock', async () => {
    const { c, logger } = logged();
    await c.claims();
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.heldBy('other'));
    expect(logger.of('warn')).toEqual([]);
    expect(logger.of('debug')).toContain(acquireFailed);
  });

  it('is warned once that the lock cannot be watched, and again after it could be', async () => {
    const { c, logger } = logged({ watched: true });
    const polled = 'The lock cannot be watched; it is polled';
    await c.waits();
    for (let times = 0; times < 3; times += 1) await c.lock.watching.failed('forbidden');
    expect(logger.of('warn')).toEqual([polled]);
    expect(logger.of('debug').filter((message) => message === polled)).toHaveLength(2);
    await c.lock.watching.opened();
    expect(logger.of('debug')).toContain('Watching the lock');
    await c.lock.watching.failed('forbidden');
    expect(logger.of('warn')).toEqual([polled, polled]);
    await c.lock.watching.failed('network');
    expect(logger.of('warn')).toHaveLength(3);
    const { fields } = logger.lines.find(({ level }) => level === 'warn')!;
    expect(fields).toMatchObject({ lock: 'Lease test/controllable', identity: 'me' });
  });

  it.each(['network', 'timeout', 'credentials', 'unauthorized'] as const)(
    'hears of what any request meets (%s) from the first one, and of the watch once those succeed',
    async (kind) => {
      const logger = new RecordingLogger();
      const c = new Candidate({ logger, watched: true });
      await c.run();
      await c.lock.watching.failed(kind);
      expect(logger.of('warn')).toEqual([]);
      await c.answer('get', c.lock.failure(kind));
      expect(logger.of('warn')).toEqual([acquireFailed]);
      await c.lock.watching.failed(kind);
      await c.clock.advance(2_000);
      await c.answer('get', c.lock.heldBy('other'));
      expect(logger.of('warn')).toEqual([
        acquireFailed,
        'The lock cannot be watched; it is polled',
      ]);
    },
  );

  it('hears of a watch that fails at the start once it leads', async () => {
    const logger = new RecordingLogger();
    const c = new Candidate({ logger, watched: true });
    await c.claims();
    await c.lock.watching.failed('network');
    expect(logger.of('warn')).toEqual([]);
    await c.lock.commit();
    expect(logger.of('warn')).toEqual(['The lock cannot be watched; it is polled']);
  });

  it('hears of an overrun and of failed callbacks as errors', async () => {
    const logger = new RecordingLogger();
    const failure = new Error('the callback failed');
    const c = new Candidate({ logger, onStoppedLeading: () => Promise.reject(failure) });
    await c.leads();
    await c.clock.advance(15_000);
    const [callback, overrun] = logger.of('error');
    expect(callback).toBe('onStoppedLeading failed');
    expect(overrun).toContain('it may run beside another leader');
    expect(logger.lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      err: failure,
    });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('the disk is full');
      },
    ],
    // Unhandled, it would end the process, and fails this run.
    ['returns a promise that rejects', () => Promise.reject(new Error('the disk is full'))],
  ])('that %s disturbs nothing', async (_, fails) => {
    // As TypeScript has it, whatever it returns goes unseen.
    const broken = fails as () => void;
    const c = new Candidate({
      logger: { debug: broken, info: broken, warn: broken, error: broken },
      onNewLeader: broken,
    });
    c.election.on('startedLeading', broken);
    const claim = await c.leads();
    await c.clock.advance(2_000);
    await c.answer('update', c.lock.failure('network'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.ok(claim.record));
    const held = await c.lock.commit();
    await c.stop();
    await c.finishWork();
    await c.allowRelease(held);
    expect(c.outcome).toMatchObject({ reason: 'stopped', released: true });
  });
});

describe('durations that look like milliseconds', () => {
  it.each([
    ['leaseDurationSeconds', 15_000, 'leaseDurationSeconds is 15000, which is 4.2 h'],
    ['drainTimeoutSeconds', 3_601, 'drainTimeoutSeconds is 3601, which is 1.0 h'],
    ['drainTimeoutSeconds', 3_600, null],
  ] as const)('are told once, before anything is done: %s of %i', async (option, value, said) => {
    const logger = new RecordingLogger();
    const c = new Candidate({ logger, [option]: value });
    await c.leads();
    const warning = `${said}: seconds, not milliseconds?`;
    expect(logger.of('warn')).toEqual(said === null ? [] : [warning]);
  });

  it('are told in one line, each of them', () => {
    const logger = new RecordingLogger();
    new Candidate({
      logger,
      leaseDurationSeconds: 15_000,
      renewDeadlineSeconds: 10_000,
      retryPeriodSeconds: 4_000,
    });
    expect(logger.of('warn')).toEqual([
      expect.stringMatching(/^lease.*15000.*, renew.*10000.*, retry.*4000.*: seconds, not milli/),
    ]);
  });
});

describe('where no logger is given', () => {
  it('warnings and errors go to stderr, and nothing else is written', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const failure = new Error('the work failed');
    const loud = new Candidate({
      onStartedLeading: () => Promise.reject(failure),
      logger: undefined,
    });
    await loud.run();
    await loud.answer('get', loud.lock.failure('forbidden'));
    await loud.clock.advance(125);
    await loud.answer('get', loud.lock.free());
    await loud.lock.commit();
    await settle();
    expect(warn.mock.calls).toEqual([[`[k8s-leader-election] ${acquireFailed}: test: forbidden`]]);
    expect(error.mock.calls).toEqual([
      [`[k8s-leader-election] onStartedLeading failed: ${failure.stack}`],
    ]);
    expect(failure.stack).toMatch(/^Error: the work failed\n {4}at .*logging\.test\.ts/);
    expect(log).not.toHaveBeenCalled();
  });
});

describe('an error with the default logger', () => {
  const firstLine = '[k8s-leader-election] it failed: ';

  function said(err: unknown): string {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    stderrLogger.error({ err }, 'it failed');
    return String(error.mock.lastCall?.[0]);
  }

  it('of ours is its message alone', () => {
    expect(said(new LockError('no rights', { kind: 'forbidden' }))).toBe(`${firstLine}no rights`);
  });

  it('of others forges no line, and shows nothing that it carries', () => {
    const err = Object.assign(new TypeError('a\n[k8s-leader-election] Leading\u001b[2J'), {
      config: { headers: { authorization: 'Bearer secret' } },
      cause: new Error('secret'),
    });
    const lines = said(err).split('\n');
    expect(lines.slice(0, 2)).toEqual([
      `${firstLine}TypeError: a`,
      '    [k8s-leader-election] Leading\\u001b[2J',
    ]);
    expect(lines.slice(2).join('\n')).toMatch(/^( {4}at .*\n?)+$/);
    expect(lines.join()).not.toContain('secret');
  });

  it.each([
    [
      'a changed message',
      (err: Error) => Reflect.set(err, 'message', 'changed'),
      'changed\n    Error: old\n    at ',
    ],
    ['no stack', (err: Error) => Reflect.deleteProperty(err, 'stack'), 'old'],
  ])('that has %s says both, or what it has', (_, change, start) => {
    const err = new Error('old');
    expect(err.stack).toContain('old');
    change(err);
    expect(said(err)).toMatch(new RegExp(`^.*it failed: ${start}`));
  });
});

describe('where the logger is false', () => {
  it('nothing is written at all', async () => {
    const spies = (['debug', 'log', 'info', 'warn', 'error'] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation(() => undefined),
    );
    const c = new Candidate({
      logger: false,
      onStartedLeading: () => Promise.reject(new Error('the work failed')),
    });
    await c.run();
    await c.answer('get', c.lock.failure('forbidden'));
    await c.clock.advance(125);
    await c.answer('get', c.lock.free());
    await c.lock.commit();
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});

describe('what inspectors and loggers can see of an election', () => {
  const secret = 'token-of-the-service-account';

  async function inspected(state: 'acquiring' | 'leading' | 'renewing'): Promise<Candidate> {
    const c = new Candidate();
    Object.assign(c.lock, { kubeConfig: { users: [{ token: secret }] } });
    if (state === 'acquiring') await c.claims();
    else await (state === 'leading' ? c.leads() : c.renews());
    return c;
  }

  it('is the lock, the identity and the state', async () => {
    const c = await inspected('leading');
    expect(JSON.parse(JSON.stringify(c.election))).toEqual({
      lock: 'Lease test/controllable',
      identity: 'me',
      state: 'leading',
    });
  });

  it.each(['acquiring', 'leading', 'renewing'] as const)(
    'holds nothing of what the lock object holds, while %s',
    async (state) => {
      const c = await inspected(state);
      const { actor } = c.election;
      expect(c.election.state).toBe(state);
      expect(JSON.stringify(actor.getSnapshot())).not.toContain(secret);
      expect(JSON.stringify(actor.getPersistedSnapshot())).not.toContain(secret);
      expect(inspect(c.election, { depth: 9 })).not.toContain(secret);
      expect(inspect(actor.getSnapshot().context, { depth: 9 })).not.toContain(secret);
    },
  );

  it('can be printed though fencing tokens are bigints', async () => {
    const c = await inspected('leading');
    expect(JSON.stringify(c.term)).toContain(`"fencingToken":"${c.term.fencingToken}"`);
  });
});
