import { afterEach, describe, expect, it, vi } from 'vitest';
import { inspect } from 'node:util';
import { settle } from '../../../src/testing/virtual-clock.js';
import { Candidate } from './support/candidate.js';
import { RecordingLogger } from './support/recording-logger.js';

const acquireFailed = 'Looking at the lock failed; it will be tried again';
const renewFailed = 'A renewal failed; it is tried again until the renew deadline';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a logger that is given', () => {
  it('hears of a whole life, with the lock and the identity in each line', async () => {
    const logger = new RecordingLogger();
    const c = new Candidate({ logger });
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
    const logger = new RecordingLogger();
    const c = new Candidate({ logger });
    await c.run();
    await c.answer('get', c.lock.heldBy('other'));
    const [line] = logger.lines.filter(({ level }) => level === 'info');
    expect(line).toMatchObject({ message: 'Another identity leads', fields: { leader: 'other' } });
  });

  it('is warned of a failure once, while it repeats itself', async () => {
    const logger = new RecordingLogger();
    const c = new Candidate({ logger });
    await c.run();
    for (let tries = 0; tries < 5; tries += 1) {
      await c.answer('get', c.lock.failure('forbidden'));
      await c.clock.advance(2_000);
    }
    expect(logger.of('warn')).toEqual([acquireFailed]);
    await c.answer('get', c.lock.failure('network'));
    expect(logger.of('warn')).toEqual([acquireFailed, acquireFailed]);
  });

  it('is warned again of a failure that comes back after a success', async () => {
    const logger = new RecordingLogger();
    const c = new Candidate({ logger });
    const claim = await c.leads();
    for (let round = 1; round <= 2; round += 1) {
      await c.clock.advance(2_000);
      await c.answer('update', c.lock.failure('network'));
      await c.clock.advance(125);
      await c.answer('get', c.lock.ok(c.election.actor.getSnapshot().context.lease!.record));
      await c.lock.commit();
      expect(logger.of('warn')).toHaveLength(round);
    }
    expect(logger.of('warn')).toEqual([renewFailed, renewFailed]);
    expect(claim.record?.holderIdentity).toBe('me');
  });

  it('is not warned of a lost race for a free lock', async () => {
    const logger = new RecordingLogger();
    const c = new Candidate({ logger });
    await c.claims();
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.heldBy('other'));
    expect(logger.of('warn')).toEqual([]);
    expect(logger.of('debug')).toContain(acquireFailed);
  });

  it('is warned of a record that cannot be read, with what is wrong with it', async () => {
    const logger = new RecordingLogger();
    const c = new Candidate({ logger });
    await c.run();
    await c.answer('get', c.lock.ok(null, 'leaseDurationSeconds is a list'));
    expect(logger.of('warn')[0]).toContain('leaseDurationSeconds is a list');
  });

  it('is warned once that the lock cannot be watched, and again after it could be', async () => {
    const logger = new RecordingLogger();
    const c = new Candidate({ logger, watched: true });
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

  it('that throws disturbs nothing', async () => {
    const broken = (): never => {
      throw new Error('the disk is full');
    };
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
      ['[k8s-leader-election] onStartedLeading failed: the work failed'],
    ]);
    expect(log).not.toHaveBeenCalled();
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
