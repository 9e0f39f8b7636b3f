import { describe, expect, it, vi } from 'vitest';
import { type LeaderElectionConfig, LockError, messageFirst } from '../../../src/index.js';
import { Candidate } from '../election/support/candidate.js';

/** Logs as winston does with a JSON format: of an object in the place of the message, its fields. */
class WinstonLike {
  readonly lines: string[] = [];
  readonly transports = [];
  readonly exceptions = {};
  readonly rejections = {};

  // Methods that need their `this`, and return it, as winston's do.
  debug(message: unknown, meta: unknown): this {
    return this.log('debug', message, meta);
  }
  info(message: unknown, meta: unknown): this {
    return this.log('info', message, meta);
  }
  warn(message: unknown, meta: unknown): this {
    return this.log('warn', message, meta);
  }
  error(message: unknown, meta: unknown): this {
    return this.log('error', message, meta);
  }

  private log(level: string, message: unknown, meta: unknown): this {
    const text = typeof message === 'object' ? { ...message } : { message };
    const fields = typeof meta === 'object' ? meta : {};
    this.lines.push(JSON.stringify({ level, ...text, ...fields }));
    return this;
  }
}

async function failsOnceAndLeads(logger: LeaderElectionConfig['logger']): Promise<void> {
  const c = new Candidate({ logger });
  await c.run();
  await c.answer('get', c.lock.failure('network'));
  await c.clock.advance(2_000);
  await c.leads();
}

describe('a logger that takes the message first', () => {
  it('hears every message with its fields, and the reason of a failure in words', async () => {
    const winston = new WinstonLike();
    await failsOnceAndLeads(messageFirst(winston));
    const lines = winston.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines) {
      expect(line).toMatchObject({
        message: expect.stringMatching(/^[A-Z]/),
        lock: 'Lease test/controllable',
        identity: 'me',
      });
    }
    const of = (level: string): unknown[] =>
      lines.filter((line) => line['level'] === level).map(({ message }) => message);
    expect(of('warn')).toEqual([
      expect.stringMatching(/^Looking at the lock failed; it will be tried again: ./),
    ]);
    expect(of('info')).toContain('Leading');
  });

  it('hears where the work has failed, as the field that winston calls so', () => {
    const winston = new WinstonLike();
    const err = new TypeError('x is not a function');
    messageFirst(winston).error({ err }, 'onStartedLeading failed');
    messageFirst(winston).warn({ err: new LockError('no', { kind: 'network' }) }, 'It failed');
    expect(winston.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        message: 'onStartedLeading failed: x is not a function',
        stack: err.stack,
      }),
      expect.not.objectContaining({ stack: expect.anything() as string }),
    ]);
  });

  it('is refused as it is where it is known to be one: it would lose every message', () => {
    const logger = new WinstonLike() as unknown as LeaderElectionConfig['logger'];
    expect(() => new Candidate({ logger })).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        problems: [
          {
            field: 'logger',
            rule: 'must take (fields, message), as pino does: for winston, write messageFirst(logger)',
            value: 'an object (WinstonLike)',
          },
        ],
      }) as Error,
    );
    // Children of winston's loggers have the marks by inheritance.
    const child = Object.create(logger as object) as LeaderElectionConfig['logger'];
    expect(() => new Candidate({ logger: child })).toThrow('messageFirst(logger)');
  });

  it('must be a logger', () => {
    const wrap = messageFirst as (logger: unknown) => unknown;
    expect(() => wrap({ info: vi.fn() })).toThrow(
      'logger must be a logger such as winston (it has no debug(), warn(), error())',
    );
  });
});
