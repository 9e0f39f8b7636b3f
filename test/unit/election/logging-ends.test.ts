import { describe, expect, it } from 'vitest';
import { Candidate } from './support/candidate.js';
import { logged, RecordingLogger } from './support/recording-logger.js';

const renewFailed = 'A renewal failed';

/* What ends without having been asked to must be found in the log of a program that lives on. */
describe('a logger that is given', () => {
  it.each([
    ['deadline', 'no renewal succeeded within renewDeadlineSeconds'],
    ['superseded', 'the lock was found in other hands'],
  ])(
    'is warned of a leadership that is lost, and that it is not sought again (%s)',
    async (reason, why) => {
      const { c, logger } = logged();
      if (reason === 'deadline') {
        await c.leads();
        await c.clock.advance(10_000);
      } else {
        await c.renews();
        await c.answer('update', c.lock.failure('conflict'));
        await c.answer('get', c.lock.heldBy('other'));
      }
      await c.finishWork();
      const lost = `Lost the leadership: ${why}`;
      const retired = `Takes no part in the election any more: ${why} (onLost: 'rejoin' goes on after the end of a term)`;
      const told = logger.of('warn').filter((message) => !message.startsWith(renewFailed));
      expect(told).toEqual([lost, retired]);
      for (const line of logger.lines.filter(({ message }) => told.includes(message))) {
        expect(line.fields).toMatchObject({ identity: 'me', reason });
      }
    },
  );

  it('is warned of the loss alone, where the leadership is sought again', async () => {
    const { c, logger } = logged({ onLost: 'rejoin' });
    await c.leads();
    await c.clock.advance(10_000);
    await c.finishWork();
    const told = logger.of('warn').filter((message) => !message.startsWith(renewFailed));
    expect(told).toEqual(['Lost the leadership: no renewal succeeded within renewDeadlineSeconds']);
    await c.stop();
    expect(logger.of('warn').filter((message) => message.includes('no part'))).toEqual([]);
  });

  it('is warned that it takes no part any more after its work has failed', async () => {
    const { c, logger } = logged({ onStartedLeading: () => Promise.reject(new Error('oops')) });
    await c.allowRelease(await c.leads());
    expect(logger.of('warn')).toEqual([
      "Takes no part in the election any more: onStartedLeading failed (onLost: 'rejoin' goes on after the end of a term)",
    ]);
  });

  it('is not warned of an end that was asked for', async () => {
    const logger = new RecordingLogger();
    const done = new Candidate({ logger, releaseWhenDone: true });
    const claim = await done.leads();
    await done.finishWork();
    await done.allowRelease(claim);
    const idle = new Candidate({ logger });
    await idle.stop();
    expect(logger.of('warn')).toEqual([]);
  });

  it.each([
    ['onStartedLeading', false],
    ['onStoppedLeading', true],
  ])(
    'is warned that %s has outlasted the drain timeout, and told what to do',
    async (name, workEnds) => {
      const logger = new RecordingLogger();
      const c = new Candidate({
        logger,
        drainTimeoutSeconds: 1,
        onStoppedLeading: () => (workEnds ? new Promise(() => undefined) : undefined),
      });
      await c.leads();
      await c.stop();
      if (workEnds) await c.finishWork();
      await c.clock.advance(1_000);
      expect(c.outcome?.reason).toBe('drainTimeout');
      const [warning, ...others] = logger.of('warn');
      expect(warning).toContain(
        `${name} did not end within drainTimeoutSeconds: the lock is not released`,
      );
      expect(warning).toContain('Let it end sooner once term.signal is aborted, or raise');
      expect(others).toEqual([]);
    },
  );

  it('is warned that the lock was lost before the work had wound down', async () => {
    const { c, logger } = logged();
    await c.leads();
    await c.stop();
    await c.clock.advance(2_000);
    await c.answer('update', c.lock.failure('conflict'));
    await c.answer('get', c.lock.heldBy('other'));
    expect(logger.of('warn').at(-1)).toBe(
      'Lost the lock before the work and onStoppedLeading had ended',
    );
  });
});
