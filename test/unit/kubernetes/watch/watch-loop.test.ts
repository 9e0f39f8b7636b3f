import { describe, expect, it } from 'vitest';
import type { LockError, LockErrorKind } from '../../../../src/errors/lock-error.js';
import { versionOf } from '../../../../src/kubernetes/watch/watch-events.js';
import { WatchLoop } from '../../../../src/kubernetes/watch/watch-loop.js';
import { VirtualClock } from '../../../../src/testing/virtual-clock.js';
import { arrived, FakeStreams, SECRET } from '../support/fake-streams.js';

const PATH = '/apis/coordination.k8s.io/v1/namespaces/ns/leases';
const LEASES = { group: 'coordination.k8s.io', resource: 'leases', kind: 'Lease' } as const;
const CALL = { ...LEASES, namespace: 'ns', name: 'lock', verb: 'watch' } as const;

const status = (code: number, reason: string, message = 'test') => ({
  kind: 'Status',
  ...{ apiVersion: 'v1', status: 'Failure', message, reason, code },
});

interface Options {
  readonly random?: () => number;
  readonly name?: string | null;
  readonly failed?: (loop: WatchLoop) => void;
}

/** A watch on one object; its log has what was told, in order. */
function watch({ random = () => 0, name = 'lock', failed }: Options = {}) {
  const clock = new VirtualClock();
  const streams = new FakeStreams();
  const log: string[] = [];
  const errors: LockError[] = [];
  const loop: WatchLoop = new WatchLoop({
    transport: streams,
    target: { path: PATH, call: CALL, name },
    clock,
    random,
    event: ({ type, object }) => log.push(`${type} ${versionOf(object) ?? ''}`),
    opened: (gap) => log.push(gap ? 'opened, with a gap' : 'opened'),
    failed: (error) => {
      log.push(`failed: ${error.kind}`);
      errors.push(error);
      failed?.(loop);
    },
  });
  /** How long it is until the next request. */
  const pause = async (): Promise<number> => {
    const before = streams.all.length;
    let ms = 0;
    for (; streams.all.length === before; ms += 1) {
      if (ms > 200_000) throw new Error('There was no other request');
      await clock.advance(ms === 0 ? 0 : 1);
    }
    return ms - 1;
  };
  return { clock, streams, log, errors, loop, pause };
}

/** One that is open, and has heard of version 7. */
async function opened(options: Options = {}) {
  const w = watch(options);
  await w.streams.last.begins();
  await w.streams.last.changes('lock', '7', 'ADDED');
  w.log.length = 0;
  return w;
}

describe('a watch', () => {
  it('asks for one object first as it is, then for its changes and for bookmarks', async () => {
    const { streams } = watch();
    expect(streams.last.request).toMatchObject({ method: 'GET', path: PATH });
    expect(streams.last.query).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '240',
      fieldSelector: 'metadata.name=lock',
    });
    await arrived();
    expect(streams.all).toHaveLength(1);
  });

  it('of all objects names none', () => {
    const { streams } = watch({ name: null });
    expect(streams.last.query).not.toHaveProperty('fieldSelector');
    expect(streams.last.request.subject).toBe('Watching all leases in ns');
  });

  it('lets the server end it after four to eight minutes, by chance', () => {
    const limit = (drawn: number) =>
      watch({ random: () => drawn }).streams.last.query['timeoutSeconds'];
    const seconds = [0, 0.5, 1].map(limit);
    expect(seconds).toEqual(['240', '360', '480']);
  });

  it('says that it is open when the answer begins, and hands on what arrives', async () => {
    const { streams, log } = watch();
    await arrived();
    expect(log).toEqual([]);
    await streams.last.begins();
    expect(log).toEqual(['opened']);
    await streams.last.changes('lock', '7', 'ADDED');
    await streams.last.changes('lock', '9');
    await streams.last.changes('lock', '12', 'DELETED');
    expect(log).toEqual(['opened', 'ADDED 7', 'MODIFIED 9', 'DELETED 12']);
  });

  it('keeps bookmarks to itself, and objects that have no version', async () => {
    const { streams, log } = await opened();
    await streams.last.changes('', '30', 'BOOKMARK');
    await streams.last.event('MODIFIED', { metadata: { name: 'lock' } });
    expect(log).toEqual([]);
  });
});

describe('a watch that the server has ended', () => {
  it('goes on at once from where it was, without a word', async () => {
    const { streams, log, pause } = await opened();
    await streams.last.changes('', '30', 'BOOKMARK');
    await streams.last.changes('lock', '25');
    log.length = 0;
    await streams.last.closes();
    // It had lasted for no time: that is not quite orderly.
    expect(await pause()).toBe(125);
    expect(streams.last.query['resourceVersion']).toBe('30');
    await streams.last.begins();
    expect(log).toEqual([]);
  });

  it.each([
    [0, 0],
    [1, 50],
  ])('after a while pauses for %s times 50 ms', async (drawn, ms) => {
    const { clock, streams, pause } = await opened({ random: () => drawn });
    await clock.advance(60_000);
    await streams.last.closes();
    expect(await pause()).toBe(ms);
  });

  it('compares versions as numbers', async () => {
    const { streams, pause } = await opened();
    await streams.last.changes('lock', '99');
    await streams.last.changes('lock', '100');
    await streams.last.changes('lock', '11');
    await streams.last.closes();
    await pause();
    expect(streams.last.query['resourceVersion']).toBe('100');
  });

  it('again and again, at once, is set up at growing intervals', async () => {
    const { streams, log, pause } = await opened();
    const pauses: number[] = [];
    for (let ends = 0; ends < 9; ends += 1) {
      await streams.last.closes();
      pauses.push(await pause());
      await streams.last.begins();
    }
    expect(pauses).toEqual([125, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(log).toEqual([]);
  });
});

describe('a version that is too old', () => {
  type Opened = Awaited<ReturnType<typeof opened>>;
  it.each<[when: string, expire: (w: Opened) => Promise<void>]>([
    ['at the beginning', ({ streams }) => streams.last.answers(410, {})],
    [
      'in the middle',
      async ({ streams }) => {
        await streams.last.begins();
        await streams.last.event('ERROR', status(410, 'Expired'));
        await streams.last.closes();
      },
    ],
  ])('%s makes the watch begin anew, with a gap, once', async (_, expire) => {
    const w = await opened();
    await w.streams.last.closes();
    await w.pause();
    expect(w.streams.last.query['resourceVersion']).toBe('7');
    const refused = w.streams.last;
    await expire(w);
    await w.pause();
    expect(refused.ended).toBe(true);
    expect(w.streams.last.query).not.toHaveProperty('resourceVersion');
    expect(w.log).toEqual([]);
    await w.streams.last.begins();
    expect(w.log).toEqual(['opened, with a gap']);
    await w.streams.last.closes();
    await w.pause();
    await w.streams.last.begins();
    expect(w.log).toEqual(['opened, with a gap']);
  });

  it('leaves nothing of a refused answer open, that goes on', async () => {
    const { streams } = watch();
    const refused = streams.last;
    await refused.begins(410);
    expect(refused.ended).toBe(true);
  });
});

describe('a watch that breaks', () => {
  it('once is not worth a word; when it cannot be set up again it says so, and that it is open', async () => {
    const { clock, streams, log, errors, pause } = await opened();
    await clock.advance(10_000);
    await streams.last.breaks();
    await pause();
    expect(streams.last.query['resourceVersion']).toBe('7');
    await streams.last.begins();
    expect(log).toEqual([]);
    await clock.advance(10_000);
    await streams.last.breaks();
    await pause();
    await streams.last.fails();
    expect(log).toEqual([]);
    await pause();
    await streams.last.fails();
    expect(log).toEqual(['failed: network']);
    expect(errors[0]?.message).toBe('test: no connection');
    await pause();
    await streams.last.begins();
    expect(log).toEqual(['failed: network', 'opened, with a gap']);
  });

  it('before it was ever open says so at once; what it says first then is no gap', async () => {
    const { streams, log, pause } = watch();
    await streams.last.fails();
    expect(log).toEqual(['failed: network']);
    await pause();
    await streams.last.begins();
    expect(log).toEqual(['failed: network', 'opened']);
  });

  it.each([
    [0, [125, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]],
    [1, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]],
  ])('tries again after longer and longer pauses (%s)', async (drawn, expected) => {
    const { streams, pause } = watch({ random: () => drawn });
    const pauses: number[] = [];
    while (pauses.length < expected.length) {
      await streams.last.fails();
      pauses.push(await pause());
    }
    expect(pauses).toEqual(expected);
  });

  it('after it has lasted for five seconds begins with short pauses again', async () => {
    const { clock, streams, pause } = watch();
    for (let failures = 0; failures < 5; failures += 1) {
      await streams.last.fails();
      await pause();
    }
    await streams.last.begins();
    await clock.advance(4_999);
    await streams.last.breaks();
    expect(await pause()).toBe(4_000);
    await streams.last.begins();
    await clock.advance(5_000);
    await streams.last.breaks();
    expect(await pause()).toBe(0);
  });

  it('by a line that is none breaks off without quoting it', async () => {
    const { streams, errors, pause } = await opened();
    const broken = streams.last;
    await broken.raw('<html>secret</html>\n');
    expect(broken.ended).toBe(true);
    await pause();
    await streams.last.begins();
    await streams.last.raw('secret\n');
    expect(errors.map(({ kind, message }) => [kind, message])).toEqual([
      ['network', 'Watching Lease ns/lock: it broke off (a line that is not JSON).'],
    ]);
  });

  it('by an error of the server, other than that a version is too old, says so', async () => {
    const { streams, errors, pause } = await opened();
    for (let times = 0; times < 2; times += 1) {
      await streams.last.event('ERROR', status(500, 'InternalError'));
      await pause();
      expect(streams.last.query['resourceVersion']).toBe('7');
      await streams.last.begins();
    }
    expect(errors[0]?.message).toContain('the server ended it with an error');
  });
});

describe('a watch that is refused', () => {
  it.each([
    [0, 15_000],
    [1, 30_000],
  ])('says what it takes, and asks again every half minute at most (%s)', async (drawn, ms) => {
    const { streams, log, errors, pause } = watch({ random: () => drawn });
    for (let times = 0; times < 3; times += 1) {
      await streams.last.answers(403, status(403, 'Forbidden'));
      expect(await pause()).toBe(ms);
    }
    expect(log).toEqual(Array<string>(3).fill('failed: forbidden'));
    expect(errors[0]?.message).toContain('watch');
  });

  it('for a time is set up after that time', async () => {
    const { streams, log, pause } = watch();
    await streams.last.answers(429, status(429, 'Busy'), { 'retry-after': '42' });
    expect(log).toEqual(['failed: throttled']);
    expect(await pause()).toBe(42_000);
  });

  it.each(['999999999', '9'.repeat(400)])(
    'for %s is set up after ten minutes all the same',
    async (value) => {
      const { streams, clock } = watch();
      await streams.last.answers(503, status(503, 'Busy'), { 'retry-after': value });
      await clock.advance(599_999);
      expect(streams.all).toHaveLength(1);
      await clock.advance(1);
      expect(streams.all).toHaveLength(2);
    },
  );

  it.each([
    [401, 'unauthorized'],
    [404, 'serverError'],
    [500, 'serverError'],
  ] as const)('by HTTP %i fails as %s', async (code, kind) => {
    const { streams, log } = watch();
    await streams.last.answers(code, 'not json');
    expect(log).toEqual([`failed: ${kind satisfies LockErrorKind}`]);
  });

  it('shows none of our own credentials that the answer repeats', async () => {
    const { streams, errors } = watch();
    await streams.last.answers(403, status(403, 'Forbidden', `admission says no to ${SECRET}`));
    expect(errors[0]?.message).toContain('admission says no to [redacted]');
  });

  it('at great length is not listened to', async () => {
    const { streams, log } = watch();
    const refused = streams.last;
    await refused.begins(500);
    await refused.raw('x'.repeat(70_000));
    expect(log).toEqual(['failed: serverError']);
    expect(refused.ended).toBe(true);
  });
});

describe('a watch that has fallen silent', () => {
  it('for 75 seconds is set up anew from where it was, without a word', async () => {
    const { clock, streams, log } = await opened();
    const dead = streams.last;
    await clock.advance(74_999);
    expect(streams.all).toHaveLength(1);
    await clock.advance(1);
    expect(streams.all).toHaveLength(2);
    expect(dead.ended).toBe(true);
    expect(streams.last.query['resourceVersion']).toBe('7');
    await streams.last.begins();
    expect(log).toEqual([]);
    await streams.last.changes('lock', '8');
    expect(log).toEqual(['MODIFIED 8']);
  });

  it('is one that brings not even bookmarks', async () => {
    const { clock, streams } = await opened();
    for (let minutes = 0; minutes < 10; minutes += 1) {
      await clock.advance(60_000);
      await streams.last.changes('', String(100 + minutes), 'BOOKMARK');
    }
    expect(streams.all).toHaveLength(1);
    await clock.advance(75_000);
    expect(streams.all).toHaveLength(2);
  });
});

describe('a watch that is doubted', () => {
  it('is set up anew from where it was, and the old one has nothing to say any more', async () => {
    const { streams, log, loop } = await opened();
    const doubted = streams.last;
    loop.restart();
    expect(doubted.ended).toBe(true);
    expect(streams.last.query['resourceVersion']).toBe('7');
    await streams.last.begins();
    await doubted.changes('lock', '8');
    await doubted.closes();
    expect(log).toEqual([]);
    expect(streams.open).toEqual([streams.last]);
  });

  it('while it pauses is left to its pause', async () => {
    const { streams, loop, pause } = watch();
    await streams.last.fails();
    loop.restart();
    await arrived();
    expect(streams.all).toHaveLength(1);
    expect(await pause()).toBe(125);
  });
});

describe('a watch that is closed', () => {
  const stages: [string, (w: ReturnType<typeof watch>) => Promise<void>][] = [
    ['before the answer', () => arrived()],
    ['while it is open', (w) => w.streams.last.begins()],
    ['in its pause', (w) => w.streams.last.fails()],
  ];

  it.each(stages)('%s leaves no timer and no request, and says nothing', async (_, reach) => {
    const w = watch();
    await reach(w);
    w.log.length = 0;
    w.loop.close();
    await arrived();
    expect(w.clock.pendingTimers).toBe(0);
    expect(w.streams.open).toEqual([]);
    const requests = w.streams.all.length;
    w.loop.restart();
    await w.clock.advance(600_000);
    expect(w.streams.all).toHaveLength(requests);
    expect(w.log).toEqual([]);
  });

  it('by who is told of a failure leaves no timer either', async () => {
    const { clock, streams } = watch({ failed: (loop) => loop.close() });
    await streams.last.fails();
    expect(clock.pendingTimers).toBe(0);
  });
});
