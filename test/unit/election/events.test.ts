import { describe, expect, it } from 'vitest';
import { recorderFor } from '../../../src/election/event-recorder.js';
import { LockError, type LockErrorKind } from '../../../src/errors/lock-error.js';
import type { LockEvent, ResourceLock } from '../../../src/lock/resource-lock.js';
import { settle, VirtualClock } from '../../../src/testing/virtual-clock.js';
import { deferred, type Deferred } from '../../model/support/deferred.js';
import { ControllableLock } from '../../support/controllable-lock.js';
import { Candidate, type Options } from './support/candidate.js';
import { RecordingLogger } from './support/recording-logger.js';

interface Written extends Deferred {
  readonly what: LockEvent['what'];
  readonly atMs: number;
  readonly signal: AbortSignal | undefined;
}

/** A candidate whose lock writes events down as the test says. */
function scene(options: Options = {}) {
  const written: Written[] = [];
  const recordEvent: Required<ResourceLock>['recordEvent'] = (event, { signal } = {}) => {
    const answer = deferred();
    written.push({ ...event, ...answer, signal });
    return answer.promise;
  };
  const logger = new RecordingLogger();
  const candidate = new Candidate({ recordEvent, logger, ...options });
  const answer = async (index: number, kind?: LockErrorKind): Promise<void> => {
    const one = written[index]!;
    if (kind === undefined) one.resolve();
    else one.reject(new LockError(`test: ${kind}`, { kind }));
    await settle();
  };
  return { candidate, written, logger, answer, whats: () => written.map(({ what }) => what) };
}

const about = (logger: RecordingLogger): string[] =>
  logger.lines
    .filter(({ message }) => /event/i.test(message))
    .map(({ level, message }) => `${level}: ${message}`);

describe('a lock that writes events down', () => {
  it('is told who became leader and stopped leading, and when', async () => {
    const { candidate, written, answer, whats } = scene();
    const held = await candidate.leads();
    const { wallMs } = candidate.clock.now();
    expect(whats()).toEqual(['became leader']);
    expect(written[0]).toMatchObject({ atMs: wallMs });
    await answer(0);
    await candidate.clock.advance(1_000);

    await candidate.stop();
    expect(whats()).toEqual(['became leader', 'stopped leading']);
    expect(written[1]).toMatchObject({ atMs: wallMs + 1_000 });
    await answer(1);
    await candidate.finishWork();
    await candidate.allowRelease(held);

    expect(candidate.outcome).toMatchObject({ released: true });
    expect(whats()).toHaveLength(2);
    expect(candidate.clock.pendingTimers).toBe(0);
  });

  it('is told one thing at a time, in order', async () => {
    const { candidate, answer, whats } = scene();
    await candidate.leads();
    await candidate.stop();
    expect(whats()).toEqual(['became leader']);

    await answer(0);

    expect(whats()).toEqual(['became leader', 'stopped leading']);
  });

  it('is given up when it has not written within 5 s', async () => {
    const { candidate, written, logger } = scene();
    await candidate.renews();
    await candidate.lock.commit();
    await candidate.clock.advance(1_999);
    await candidate.clock.advance(999);
    expect(written[0]!.signal?.aborted).toBe(false);
    await candidate.clock.advance(2);

    expect(written[0]!.signal?.aborted).toBe(true);
    expect(about(logger)).toEqual(['debug: An event could not be written; the election goes on']);
  });

  it('is waited for at the end, for a second', async () => {
    const { candidate, written } = scene();
    const held = await candidate.leads();
    await candidate.stop();
    await candidate.finishWork();
    await candidate.allowRelease(held);
    expect(candidate.lock.pending).toEqual([]);
    expect(candidate.outcome).toBeUndefined();

    await candidate.clock.advance(999);
    expect(candidate.outcome).toBeUndefined();
    await candidate.clock.advance(1);

    expect(candidate.outcome).toMatchObject({ reason: 'stopped', released: true });
    expect(written).toHaveLength(1);
    expect(written[0]!.signal?.aborted).toBe(true);
    expect(candidate.clock.pendingTimers).toBe(0);
  });

  it('does not hold up a callback that stops its own election', async () => {
    let told = false;
    const { candidate } = scene({
      onStartedLeading: async () => {
        await candidate.election.stop();
        told = true;
      },
    });
    await candidate.leads();
    await settle();

    expect(told).toBe(true);
  });

  it('is not asked again once a right is missing, in any later term, and that is said once', async () => {
    const { candidate, logger, answer, whats } = scene({ onLost: 'rejoin' });
    await candidate.leads();
    await answer(0, 'forbidden');
    await candidate.clock.advance(10_000);
    expect(candidate.election.isLeader()).toBe(false);
    await candidate.stop();

    expect(whats()).toEqual(['became leader']);
    expect(about(logger)).toEqual([
      'warn: Events are not written any more, for want of a right; the election goes on',
    ]);
    const { fields } = logger.lines.find(({ message }) => message.startsWith('Events'))!;
    expect(fields).toMatchObject({ lock: 'Lease test/controllable', identity: 'me' });
    expect((fields as { err: LockError }).err.message).toBe('test: forbidden');
  });

  it.each<LockErrorKind>(['network', 'timeout'])(
    'warns of no %s: that the API server is out of reach is said of the lock',
    async (kind) => {
      const { candidate, logger, answer } = scene();
      await candidate.leads();
      await answer(0, kind);

      expect(about(logger)).toEqual(['debug: An event could not be written; the election goes on']);
    },
  );

  it('warns of another failure once, and goes on', async () => {
    const { candidate, logger, answer, whats } = scene();
    await candidate.leads();
    await answer(0, 'invalid');
    await candidate.stop();
    await answer(1, 'serverError');

    expect(whats()).toHaveLength(2);
    expect(about(logger)).toEqual([
      'warn: An event could not be written; the election goes on',
      'debug: An event could not be written; the election goes on',
    ]);
  });

  it('does no harm by throwing, or by what it answers', async () => {
    const logger = new RecordingLogger();
    const candidate = new Candidate({
      logger,
      recordEvent: () => {
        throw new Error('no events today');
      },
    });
    const held = await candidate.leads();
    await candidate.stop();
    await candidate.finishWork();
    await candidate.allowRelease(held);

    expect(candidate.outcome).toMatchObject({ released: true });
    expect(about(logger)).toHaveLength(2);
  });

  it('is told no more than 25 things at once, and one in five minutes from then on', async () => {
    const clock = new VirtualClock();
    const told: string[] = [];
    const lock = Object.assign(new ControllableLock(), {
      recordEvent: async ({ what }: LockEvent) => {
        told.push(what);
        return Promise.resolve();
      },
    });
    const recorder = recorderFor(lock, new RecordingLogger(), clock)!;
    const hear = (): void => recorder.hear({ type: 'stoppedLeading', reason: 'deadline' });

    for (let i = 0; i < 40; i += 1) hear();
    await settle();
    expect(told).toHaveLength(25);

    await clock.advance(299_999);
    hear();
    await settle();
    expect(told).toHaveLength(25);
    await clock.advance(1);
    hear();
    hear();
    await settle();
    expect(told).toHaveLength(26);
  });

  it('is absent from a lock that cannot: then nothing of this is there', () => {
    expect(
      recorderFor(new ControllableLock(), new RecordingLogger(), new VirtualClock()),
    ).toBeNull();
  });
});
