import { describe, expect, it } from 'vitest';
import { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockResult } from '../../../src/lock/resource-lock.js';
import { OddCandidate, OddLock } from './support/odd-lock.js';
import { RecordingLogger } from './support/recording-logger.js';
import { record } from '../../support/controllable-lock.js';

/* Locks that are written by users, and records that something alters on their way to the store. */

type Fields = Partial<LeaderElectionRecord>;

const cut = (time: string, digits: number): string => {
  const [whole = '', fraction = ''] = time.replace('Z', '').split('.');
  return `${whole}.${fraction.slice(0, digits).padEnd(6, '0')}Z`;
};

const ALTERATIONS: Record<string, (stored: LeaderElectionRecord) => Fields> = {
  'cuts times to milliseconds': ({ acquireTime, renewTime }) => ({
    acquireTime: cut(acquireTime, 3),
    renewTime: cut(renewTime, 3),
  }),
  'cuts times to seconds': ({ acquireTime, renewTime }) => ({
    acquireTime: cut(acquireTime, 0),
    renewTime: cut(renewTime, 0),
  }),
  'writes times in another form': ({ acquireTime, renewTime }) => ({
    acquireTime: new Date(acquireTime).toISOString(),
    renewTime: new Date(renewTime).toISOString(),
  }),
  'drops the acquire time': () => ({ acquireTime: '' }),
  'counts no transitions': () => ({ leaderTransitions: 0 }),
  'caps the duration above the renew deadline': ({ leaseDurationSeconds }) => ({
    leaseDurationSeconds: Math.min(leaseDurationSeconds, 12),
  }),
  'makes leases longer': ({ leaseDurationSeconds }) => ({
    leaseDurationSeconds: Math.max(leaseDurationSeconds, 60),
  }),
};

describe.each([true, false])('a store that alters records (watched: %s)', (watched) => {
  it.each(Object.entries(ALTERATIONS))(
    'and %s: leads, goes on, releases, says so once',
    async (...row) => {
      const [, alter] = row;
      const c = new OddCandidate({}, new OddLock(watched));
      c.lock.alter = (stored) => new LeaderElectionRecord({ ...stored, ...alter(stored) });
      c.lock.store.put(record({ holderIdentity: '' }));
      await c.clock.advance(60_000);
      expect(c.terms).toHaveLength(1);
      expect(c.election.isLeader()).toBe(true);
      expect(c.newsOf('stoppedLeading')).toEqual([]);
      expect(c.newsOf('recordAltered')).toHaveLength(1);
      expect(c.newsOf('renewFailed')).toEqual([]);
      void c.election.stop();
      await c.clock.advance(100);
      expect(c.outcome).toMatchObject({ reason: 'stopped', released: true });
    },
  );

  it('and cuts digits: keeps its term through answers that are lost', async () => {
    const c = new OddCandidate({}, new OddLock(watched));
    c.lock.alter = (stored) => {
      const { acquireTime, renewTime } = stored;
      const times = { acquireTime: cut(acquireTime, 0), renewTime: cut(renewTime, 0) };
      return new LeaderElectionRecord({ ...stored, ...times });
    };
    await c.clock.advance(5_000);
    c.lock.outage = { writes: 'network', stored: true };
    await c.clock.advance(4_000);
    c.lock.outage = {};
    await c.clock.advance(60_000);
    expect(c.election.isLeader()).toBe(true);
    expect(c.terms).toHaveLength(1);
  });
});

describe.each([true, false])(
  'a store in which renewals cannot be seen (watched: %s)',
  (watched) => {
    const INVISIBLE: Record<string, (stored: LeaderElectionRecord) => Fields> = {
      'it keeps no times': () => ({ acquireTime: '', renewTime: '' }),
      'it cuts times to minutes': ({ acquireTime, renewTime }) => ({
        acquireTime: acquireTime.slice(0, 17) + '00Z',
        renewTime: renewTime.slice(0, 17) + '00Z',
      }),
    };

    it.each(Object.entries(INVISIBLE))('never has two leaders: %s', async (...row) => {
      const [, alter] = row;
      const [mine, yours] = [new OddLock(watched), new OddLock(watched)];
      yours.share(mine, 'you');
      for (const lock of [mine, yours]) {
        lock.alter = (stored) => new LeaderElectionRecord({ ...stored, ...alter(stored) });
      }
      const a = new OddCandidate({ onLost: 'rejoin' }, mine);
      await a.clock.advance(100);
      const b = new OddCandidate({ onLost: 'rejoin', clock: a.clock }, yours);
      let terms = 0;
      while (a.clock.now().monotonicMs < 120_000) {
        await a.clock.advance(50);
        expect(a.election.isLeader() && b.election.isLeader()).toBe(false);
        terms = a.terms.length + b.terms.length;
        expect(mine.requests + yours.requests).toBeLessThan(60 + a.clock.now().monotonicMs / 200);
      }
      expect(terms).toBeGreaterThan(2);
      const told = [...a.newsOf('acquireFailed'), ...b.newsOf('acquireFailed')];
      expect(told.map(({ error }) => error.message)).toContainEqual(
        expect.stringContaining('the record was stored as it had been before, with renewTime "'),
      );
    });
  },
);

describe('a policy that caps leases at the renew deadline', () => {
  const capped = (stored: LeaderElectionRecord): LeaderElectionRecord =>
    new LeaderElectionRecord({
      ...stored,
      leaseDurationSeconds: Math.min(stored.leaseDurationSeconds, 10),
    });

  it('makes no leader, gives the lock back each time, and is told with both values', async () => {
    const c = new OddCandidate({}, new OddLock(true));
    c.lock.alter = capped;
    await c.clock.advance(60_000);
    expect(c.terms).toEqual([]);
    expect(c.lock.store.record?.holderIdentity).toBe('');
    expect(c.newsOf('acquireFailed')[0]?.error.message).toMatch(
      /^a lock of mine: leaseDurationSeconds was written as 15 and stored as 10, which is not above renewDeadlineSeconds \(10\)/,
    );
    // Once a lease duration: a read, a claim, a read, a release.
    expect(c.lock.requests).toBeLessThanOrEqual(20);
    c.lock.alter = (stored) => stored;
    await c.clock.advance(15_000);
    expect(c.election.isLeader()).toBe(true);
  });

  it('is a trouble that lasts, whatever is given back meanwhile: warned of less and less often', async () => {
    const logger = new RecordingLogger();
    const c = new OddCandidate({ logger }, new OddLock(true));
    c.lock.alter = capped;
    await c.clock.advance(200_000);

    expect(logger.of('info').filter((said) => said === 'Released the lock').length).toBeGreaterThan(
      5,
    );
    const failed = 'Looking at the lock failed; it will be tried again';
    const warned = logger.of('warn').filter((message) => message.startsWith(failed));
    expect(warned[0]).toBe(failed);
    expect(warned.slice(1).map((message) => message.slice(failed.length))).toEqual([
      expect.stringMatching(/^\. It has been so for 3\d s$/),
      expect.stringMatching(/^\. It has been so for \d+ s$/),
    ]);
    expect(logger.lines.filter(({ message }) => message.includes('succeed again'))).toEqual([]);
  });

  it('and comes into force during a term, ends that at once, before others can lead', async () => {
    const c = new OddCandidate({ onLost: 'rejoin' }, new OddLock(true));
    await c.clock.advance(3_000);
    c.lock.alter = capped;
    await c.clock.advance(2_000);
    expect(c.election.isLeader()).toBe(false);
    expect(c.newsOf('stoppedLeading').map(({ reason }) => reason)).toEqual(['deadline']);
    expect(c.newsOf('renewFailed')[0]?.error.message).toContain('stored as 10');
    await c.clock.advance(60_000);
    expect(c.terms).toHaveLength(1);
  });
});

describe('a lock of a user', () => {
  it('may hand out its records as plain objects', async () => {
    const c = new OddCandidate();
    c.lock.answer = (result) =>
      result.ok
        ? { ...result, record: result.record === null ? null : { ...result.record } }
        : result;
    await c.clock.advance(30_000);
    expect(c.election.isLeader()).toBe(true);
    void c.election.stop();
    await c.clock.advance(100);
    expect(c.error).toBeNull();
    expect(c.outcome).toMatchObject({ reason: 'stopped', released: true });
  });

  it('with versions that are no numbers leads nobody, and breaks nothing', async () => {
    const c = new OddCandidate();
    c.lock.answer = (result) => (result.ok ? { ...result, version: `v${result.version}` } : result);
    await c.clock.advance(30_000);
    expect(c.terms).toEqual([]);
    expect(c.error).toBeNull();
    expect(c.newsOf('acquireFailed').at(-1)?.error.message).toMatch(
      /^(get|create)\(\) of a lock of mine: version must be a decimal number as text, .* but is "v\d+"$/,
    );
    expect(c.lock.requests).toBeLessThan(60);
    void c.election.stop();
    await c.clock.advance(20_000);
    expect(c.outcome).toMatchObject({ led: false });
  });

  it.each([
    [
      'another holder',
      (result: LockResult & { ok: true }) => ({
        ...result,
        record: record({ holderIdentity: 'other' }),
      }),
    ],
    [
      'the version that was written over',
      (result: LockResult & { ok: true }) => ({ ...result, version: '0' }),
    ],
  ])('whose writes are answered with %s makes no leader by them', async (_, lie) => {
    const c = new OddCandidate();
    // Writes are not stored, and their answers say that they are.
    c.lock.store.put(record({ holderIdentity: '' }));
    c.lock.outage = { writes: 'network' };
    c.lock.store.put(record({ holderIdentity: '', leaderTransitions: 7 }));
    const { update } = OddLock.prototype;
    c.lock.update = async (...asked) => {
      await update.apply(c.lock, asked);
      return lie({ ok: true, ...c.lock.store.snapshot! });
    };
    await c.clock.advance(30_000);
    expect(c.terms).toEqual([]);
    expect(c.lock.requests).toBeLessThan(60);
  });
});

const none = (): undefined => undefined;
const fails = (): never => {
  throw new Error('no watch today');
};

/* What `watch()` of a user's lock may do against its word. It says nothing then: the lock is polled. */
describe('a lock of a user whose watch()', () => {
  it.each<[string, () => unknown]>([
    ['throws', fails],
    ['returns nothing', none],
    ['returns what cannot be closed', () => ({})],
    ['returns a function, as others do', () => none],
    ['is asynchronous', () => Promise.resolve({ doubt: none, close: none })],
    ['rejects', () => Promise.reject(new Error('no watch today'))],
    ['returns what throws when it is closed', () => ({ doubt: none, close: fails })],
    ['returns what rejects when it is closed', () => ({ doubt: none, close: async () => fails() })],
    ['returns what throws in doubt', () => ({ doubt: fails, close: none })],
  ])('%s leads by polling, and releases', async (_, watch) => {
    const lock = new OddLock();
    Object.assign(lock, { watch });
    const c = new OddCandidate({}, lock);
    await c.clock.advance(30_000);
    expect(c.error).toBeNull();
    expect(c.election.isLeader()).toBe(true);
    void c.election.stop();
    await c.clock.advance(100);
    expect(c.error).toBeNull();
    expect(c.outcome).toMatchObject({ reason: 'stopped', released: true });
  });
});

it('a count of transitions that is at its end stays there, and the election goes on', async () => {
  const c = new OddCandidate();
  c.lock.store.put(record({ holderIdentity: 'other', leaderTransitions: 2_147_483_647 }));
  await c.clock.advance(16_000);
  expect(c.election.isLeader()).toBe(true);
  expect(c.lock.store.record?.leaderTransitions).toBe(2_147_483_647);
});
