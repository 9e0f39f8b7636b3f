import { describe, expect, it } from 'vitest';
import { LockError } from '../../../src/errors/lock-error.js';
import { ElectionLock } from '../../../src/lock/election-lock.js';
import { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockNews, LockWatcher, ResourceLock } from '../../../src/lock/resource-lock.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';

/* What a lock that somebody has written may answer, and what the election makes of it. */

const plain = { ...record({ holderIdentity: 'me' }) };
const sound = { ok: true, record: plain, unreadable: null, fingerprint: 'a', version: '7' };

/** A lock that gives this answer to everything. */
function answering(answer: unknown): ElectionLock {
  const call = (): Promise<never> => Promise.resolve(answer as never);
  const lock = {
    identity: 'me',
    description: 'a lock of mine',
    get: call,
    create: call,
    update: call,
  };
  return new ElectionLock(lock, new VirtualClock());
}

async function failureOf(call: Promise<unknown>): Promise<LockError> {
  const answer = (await call) as { ok: boolean; error: LockError };
  expect(answer.ok).toBe(false);
  expect(answer.error).toBeInstanceOf(LockError);
  return answer.error;
}

describe('an answer of a lock', () => {
  it('may hold its record as a plain object, without what the lock does not keep', async () => {
    const answer = await answering(sound).get();
    expect(answer.ok && answer.record).toEqual(record({ holderIdentity: 'me' }));
    expect(answer.ok && answer.record).toBeInstanceOf(LeaderElectionRecord);
    const few = { holderIdentity: 'me', leaseDurationSeconds: 15, acquireTime: null };
    const dropped = await answering({ ...sound, record: few, unreadable: undefined }).get();
    expect(dropped).toMatchObject({
      unreadable: null,
      record: { acquireTime: '', renewTime: '', leaderTransitions: 0 },
    });
  });

  it('keeps all else that the lock has put into it', async () => {
    const object = Symbol('mine');
    const answer = await answering({ ...sound, object, more: 1 }).get();
    expect(answer).toMatchObject({ ok: true, object, more: 1, version: '7' });
  });

  it.each<[answer: unknown, problem: string]>([
    [undefined, 'the answer must be an object with ok: true or ok: false, but is undefined'],
    [null, 'the answer must be an object with ok: true or ok: false, but is null'],
    [{ ...sound, ok: 1 }, 'the answer must be an object with ok: true or ok: false'],
    [
      { ...sound, version: 'v1' },
      'version must be a decimal number as text, such as "1042", but is "v1"',
    ],
    ...[7, '', '07', '-7', '7.0', '9'.repeat(40)].map((version): [object, string] => [
      { ...sound, version },
      'version must be a decimal number',
    ]),
    [{ ...sound, fingerprint: undefined }, 'fingerprint must be a text that differs whenever'],
    [{ ...sound, unreadable: 3 }, 'unreadable must be a text, or null, but is 3'],
    [{ ...sound, record: 'me' }, 'record must be a record, or null, but is "me"'],
    [{ ...sound, record: [] }, 'record must be a record, or null'],
    [{ ...sound, record: {} }, 'record.leaseDurationSeconds must be a number, but is undefined'],
    [
      { ...sound, record: { leaseDurationSeconds: 15 } },
      'record.holderIdentity must be a text, but is undefined',
    ],
    [
      { ...sound, record: { ...plain, renewTime: new Date(0) } },
      'record.renewTime must be a text, but is an object (Date)',
    ],
    [{ ...sound, record: { ...plain, acquireTime: 3 } }, 'record.acquireTime must be a text'],
  ])('that is nonsense is an error that names method and field: %j', async (answer, problem) => {
    for (const [method, call] of [
      ['get', (lock: ElectionLock) => lock.get()],
      ['create', (lock: ElectionLock) => lock.create(record({ holderIdentity: 'me' }))],
      ['update', (lock: ElectionLock) => lock.update(record({ holderIdentity: 'me' }))],
    ] as const) {
      const error = await failureOf(call(answering(answer)));
      expect(error.message).toContain(`${method}() of a lock of mine: ${problem}`);
      // A write that was answered so may be stored.
      expect(error.mayHaveCommitted).toBe(true);
    }
  });

  it('that says it failed is passed on, as a LockError', async () => {
    const conflict = new LockError('test', { kind: 'conflict' });
    expect(await failureOf(answering({ ok: false, error: conflict }).get())).toBe(conflict);
    const other = await failureOf(answering({ ok: false, error: new Error('mine') }).get());
    expect(other).toMatchObject({ kind: 'unknown', message: 'The lock failed: mine' });
    expect((await failureOf(answering({ ok: false }).get())).kind).toBe('unknown');
  });
});

describe('the answer to a write', () => {
  const mine = record({ holderIdentity: 'me' });
  const base = { record: mine, unreadable: null, fingerprint: 'a', object: null, version: '7' };

  it('counts whatever else of the record was altered', async () => {
    const stored = { ...plain, renewTime: '2026-01-01T00:00:00Z', leaseDurationSeconds: 12 };
    const lock = answering({ ...sound, record: stored, version: '8' });
    const answer = await lock.update(mine, { base });
    expect(answer).toMatchObject({ ok: true, record: stored });
  });

  it.each([
    ['another holder', '8', { ...plain, holderIdentity: 'you' }, 'holderIdentity'],
    ['no holder', '8', { ...plain, holderIdentity: '' }, 'holderIdentity'],
    ['no record', '8', null, 'holderIdentity'],
    ['the version that was written over', '7', plain, 'version'],
    ['one before that', '6', plain, 'version'],
  ])('does not count with %s', async (_, version, found, field) => {
    const lock = answering({ ...sound, version, record: found });
    const error = await failureOf(lock.update(mine, { base }));
    expect(error.message).toContain(`update() of a lock of mine: ${field} must be`);
    expect(error.mayHaveCommitted).toBe(true);
  });

  it('that creates the object needs no earlier version', async () => {
    expect((await answering(sound).create(mine)).ok).toBe(true);
  });
});

describe('the news of a watch', () => {
  const heard = (news: unknown): { changed: LockNews[]; failed: LockError[] } => {
    const told = { changed: [] as LockNews[], failed: [] as LockError[] };
    const lock: ResourceLock = Object.assign(answering(sound), {
      watch: (watcher: LockWatcher) => {
        watcher.changed(news as LockNews);
        return { doubt: () => undefined, close: () => undefined };
      },
    });
    new ElectionLock(lock, new VirtualClock()).watch?.({
      clock: new VirtualClock(),
      random: () => 0,
      opened: () => undefined,
      changed: (change) => told.changed.push(change),
      failed: (error) => told.failed.push(error),
    });
    return told;
  };

  it('is told with its record as one, and a deletion without any', () => {
    const { changed } = heard({ snapshot: sound, version: '7' });
    expect(changed[0]?.snapshot?.record).toBeInstanceOf(LeaderElectionRecord);
    expect(heard({ snapshot: null, version: '7' }).changed).toEqual([
      { snapshot: null, version: '7' },
    ]);
  });

  it.each([
    [undefined, 'the news must be an object'],
    [{ snapshot: null, version: 'v7' }, 'version must be a decimal number'],
    [{ snapshot: 'gone', version: '7' }, 'snapshot must be an object, or null'],
    [{ version: '7' }, 'snapshot must be an object, or null'],
    [{ snapshot: { ...sound, version: 'v7' }, version: '7' }, 'version must be a decimal number'],
    [{ snapshot: { ...sound, record: 7 }, version: '7' }, 'record must be a record'],
  ])('that is nonsense is none, and said: %j', (news, problem) => {
    const { changed, failed } = heard(news);
    expect(changed).toEqual([]);
    expect(failed[0]?.message).toContain(`watch() of a lock of mine: ${problem}`);
  });
});

describe('the pace of requests', () => {
  /** A lock that answers at once, by default that all is well, and when it was asked for what. */
  function paced(answer = () => sound as never) {
    const clock = new VirtualClock();
    const asked: string[] = [];
    const call = (what: string) => () => {
      asked.push(`${what} ${clock.now().monotonicMs}`);
      return Promise.resolve(answer());
    };
    const inner = { get: call('get'), create: call('create'), update: call('update') };
    const writtenAgo = (): Promise<number> => (asked.push('age'), Promise.resolve(1));
    const names = { identity: 'me', description: 'a lock of mine' };
    const lock = new ElectionLock({ ...names, ...inner, writtenAgo }, clock);
    const times = (count: number, ask: () => Promise<unknown>): void => {
      for (let n = 0; n < count; n += 1) void ask();
    };
    return { clock, asked, lock, times };
  }
  const mine = record({ holderIdentity: 'me' });

  it('is anybody’s own up to fifteen at once, and then one every 400 ms', async () => {
    const { clock, asked, lock, times } = paced();
    times(18, () => lock.get());
    expect(asked).toHaveLength(15);
    expect(lock.waitsFor).toBe('a pause after too many requests in a short time');
    await clock.advance(399);
    expect(asked).toHaveLength(15);
    await clock.advance(1);
    expect(asked.at(-1)).toBe('get 400');
    await clock.advance(10_000);
    expect(asked.slice(15)).toEqual(['get 400', 'get 800', 'get 1200']);
    expect(lock.waitsFor).toBeNull();
  });

  it('is regained in a while with few requests, and no more than that', async () => {
    const { clock, asked, lock, times } = paced();
    times(15, () => lock.get());
    await clock.advance(800);
    times(3, () => lock.get());
    expect(asked).toHaveLength(17);
    await clock.advance(60_000);
    asked.length = 0;
    times(16, () => lock.get());
    expect(asked).toHaveLength(15);
  });

  it('lets a write run two ahead of the reads, and no further', () => {
    for (const write of [
      (lock: ElectionLock) => lock.update(mine),
      (lock: ElectionLock) => lock.create(mine),
    ]) {
      const { asked, lock, times } = paced();
      times(15, () => lock.get());
      times(3, () => write(lock));
      expect(asked).toHaveLength(17);
    }
  });

  it('counts questions for the age of the lease like reads', () => {
    const { asked, lock, times } = paced();
    const base = { ...sound, record: mine, object: null };
    times(16, () => lock.writtenAgo?.(base) ?? Promise.reject(new Error('none')));
    expect(asked).toHaveLength(15);
  });

  it('rejects a request that throws when its time has come, which nobody above would catch', async () => {
    const { clock, lock, times } = paced(() => {
      throw new Error('at once');
    });
    times(15, () => lock.get().catch(() => undefined));
    const late = expect(lock.get()).rejects.toMatchObject({ kind: 'unknown' });
    await clock.advance(400);
    await late;
  });

  it('forgets a request that was given up before its time had come, and says so', async () => {
    const { clock, asked, lock, times } = paced();
    times(15, () => lock.get());
    const abort = new AbortController();
    const late = lock.get({ signal: abort.signal });
    const given = expect(late).rejects.toMatchObject({
      kind: 'aborted',
      message: 'a lock of mine: the request was aborted before it was sent.',
    });
    abort.abort();
    await given;
    expect(lock.waitsFor).toBeNull();
    expect(clock.pendingTimers).toBe(0);
    await expect(lock.get({ signal: abort.signal })).rejects.toMatchObject({ kind: 'aborted' });
    await clock.advance(400);
    void lock.get();
    expect(asked).toHaveLength(16);
  });
});
