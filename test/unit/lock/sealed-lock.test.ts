import { describe, expect, it } from 'vitest';
import { LockError } from '../../../src/errors/lock-error.js';
import { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockNews, LockWatcher, ResourceLock } from '../../../src/lock/resource-lock.js';
import { SealedLock } from '../../../src/lock/sealed-lock.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';

/* What a lock that somebody has written may answer, and what the election makes of it. */

const plain = { ...record({ holderIdentity: 'me' }) };
const sound = { ok: true, record: plain, unreadable: null, fingerprint: 'a', version: '7' };

/** A lock that gives this answer to everything. */
function answering(answer: unknown): SealedLock {
  const call = (): Promise<never> => Promise.resolve(answer as never);
  return new SealedLock({
    identity: 'me',
    description: 'a lock of mine',
    get: call,
    create: call,
    update: call,
  });
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

  it.each([
    [undefined, 'the answer must be an object with ok: true or ok: false, but is undefined'],
    [null, 'the answer must be an object with ok: true or ok: false, but is null'],
    [{ ...sound, ok: 1 }, 'the answer must be an object with ok: true or ok: false'],
    [
      { ...sound, version: 'v1' },
      'version must be a decimal number as text, such as "1042", but is "v1"',
    ],
    [{ ...sound, version: 7 }, 'version must be a decimal number'],
    [{ ...sound, version: '' }, 'version must be a decimal number'],
    [{ ...sound, version: '07' }, 'version must be a decimal number'],
    [{ ...sound, version: '-7' }, 'version must be a decimal number'],
    [{ ...sound, version: '7.0' }, 'version must be a decimal number'],
    [{ ...sound, version: '9'.repeat(40) }, 'version must be a decimal number'],
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
      ['get', (lock: SealedLock) => lock.get()],
      ['create', (lock: SealedLock) => lock.create(record({ holderIdentity: 'me' }))],
      ['update', (lock: SealedLock) => lock.update(record({ holderIdentity: 'me' }))],
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
    const answer = await answering({ ...sound, record: stored, version: '8' }).update(mine, {
      base,
    });
    expect(answer).toMatchObject({ ok: true, record: stored });
  });

  it.each([
    [
      'another holder',
      { record: { ...plain, holderIdentity: 'you' }, version: '8' },
      'holderIdentity',
    ],
    ['no holder', { record: { ...plain, holderIdentity: '' }, version: '8' }, 'holderIdentity'],
    ['no record', { record: null, version: '8' }, 'holderIdentity'],
    ['the version that was written over', { version: '7' }, 'version'],
    ['one before that', { version: '6' }, 'version'],
  ])('does not count with %s', async (_, fields, field) => {
    const error = await failureOf(answering({ ...sound, ...fields }).update(mine, { base }));
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
    new SealedLock(lock).watch?.({
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
