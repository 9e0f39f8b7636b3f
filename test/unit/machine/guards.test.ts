import { describe, expect, it } from 'vitest';
import * as answerGuards from '../../../machines/answer-guards.js';
import * as guards from '../../../machines/guards.js';
import type { ElectionContext } from '../../../machines/types.js';
import { TermHandle } from '../../../src/term/term.js';
import { LockError, type LockErrorKind } from '../../../src/errors/lock-error.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import { held, read, scene, type Scene, written } from './support/context.js';

const failure = (kind: LockErrorKind): LockError => new LockError('test', { kind });

describe('leaseLapsed', () => {
  it('is false a fraction of a millisecond before the renew deadline, and true at it', () => {
    const { clock, context } = scene((made) => ({ lease: held(made) }));
    clock.freeze(9_999.75);
    expect(guards.leaseLapsed({ context })).toBe(false);
    clock.freeze(0.25);
    expect(guards.leaseLapsed({ context })).toBe(true);
  });
});

describe('nothingToWaitFor', () => {
  /** A term whose work does as told; and whether `onStoppedLeading` is there to be called. */
  const working = (work: () => unknown, toTell = false): { context: ElectionContext } => {
    const { clock, context } = scene();
    const start = { identity: 'me', version: '7', validFrom: clock.now(), renewDeadlineMs: 10_000 };
    const term = new TermHandle({ ...start, clock });
    void term.run(work);
    const onStoppedLeading = toTell ? () => undefined : null;
    return { context: { ...context, term, config: { ...context.config, onStoppedLeading } } };
  };

  it('is true once the work has ended, if nobody is to be told', async () => {
    const scene = working(() => 1);
    expect(guards.nothingToWaitFor(scene)).toBe(false);
    await settle();
    expect(guards.nothingToWaitFor(scene)).toBe(true);
  });

  it.each([
    ['runs', () => new Promise(() => undefined), false],
    ['has failed, which is yet to be told', () => Promise.reject(new Error('test')), false],
    ['has ended, and onStoppedLeading is to be called', () => 1, true],
  ])('is false while the work %s', async (_, work, toTell) => {
    const scene = working(work, toTell);
    await settle();
    expect(guards.nothingToWaitFor(scene)).toBe(false);
  });

  it('is false where there is no term', () => {
    expect(guards.nothingToWaitFor({ context: { ...scene().context, term: null } })).toBe(false);
  });
});

describe('a claim that is found in the lock', () => {
  const SENT = { renewTime: '2026-01-01T00:00:00.000007Z' };
  const claimed = (): Scene =>
    scene((made) => {
      const attempt = written(made, SENT);
      return { attempt, ownWrites: [written(made), attempt] };
    });

  it('is ours up to a renew deadline after its sending, and not at it', () => {
    const { clock, context, lock } = claimed();
    const found = read(lock.snapshot(context.attempt!.record));
    const isOurs = () => [
      guards.claimIsFresh({ context }),
      answerGuards.claimWasCommitted({ context }, found),
    ];
    clock.freeze(4_000);
    clock.suspend(5_999);
    expect(isOurs()).toEqual([true, true]);
    clock.freeze(1);
    expect(isOurs()).toEqual([false, false]);
  });

  it.each([
    ['with another duration is ours: the rest proves it', { leaseDurationSeconds: 12 }, true],
    ['with another holder is not', { holderIdentity: 'you' }, false],
    ['with another acquire time is not', { acquireTime: '2026-01-01T00:00:00.000001Z' }, false],
    ['with another count of transitions is not', { leaderTransitions: 4 }, false],
    [
      'with digits cut off is not: another of our name may have sent it',
      { renewTime: '2026-01-01T00:00:00.000000Z' },
      false,
    ],
  ])('%s', (_, fields, expected) => {
    const { context, lock } = claimed();
    const found = lock.snapshot(record({ holderIdentity: 'me', ...SENT, ...fields }));
    expect(answerGuards.claimWasCommitted({ context }, read(found))).toBe(expected);
  });

  it('is void once another holder has been there', () => {
    const { context } = claimed();
    expect(guards.claimIsFresh({ context: { ...context, ownWrites: [] } })).toBe(false);
  });
});

describe('what a leader reads', () => {
  const leading = (): Scene =>
    scene((s) => {
      const lease = held(s);
      const attempt = written(s, { renewTime: 'later' });
      return {
        lease,
        attempt,
        ownWrites: [{ record: lease.record, sentAt: lease.validFrom, baseVersion: null }, attempt],
      };
    });

  it('is held by another unless we wrote it, or nobody did', () => {
    const { context, lock } = leading();
    const says = (snapshot: LockSnapshot | null): boolean =>
      answerGuards.heldByAnother({ context }, read(snapshot));
    expect(says(lock.snapshot(record()))).toBe(true);
    expect(says(lock.snapshot(record({ holderIdentity: '' })))).toBe(true);
    expect(says(lock.snapshot(null, 'garbage'))).toBe(true);
    expect(says(lock.snapshot(record({ holderIdentity: 'me', renewTime: 'unknown' })))).toBe(true);
    expect(says(lock.snapshot(record({ holderIdentity: 'me' })))).toBe(false);
    expect(says(lock.snapshot(record({ holderIdentity: 'me', renewTime: 'later' })))).toBe(false);
    expect(says(lock.snapshot(null))).toBe(false);
    expect(says(null)).toBe(false);
  });
});

describe('what is read before a release', () => {
  const releasing = (): Scene =>
    scene((s) => ({ ownWrites: [written(s), written(s, { holderIdentity: '' })] }));

  it('is ours to release, released by us, or neither', () => {
    const { context, lock } = releasing();
    const cases: [LockSnapshot | null, boolean, boolean][] = [
      [lock.snapshot(record({ holderIdentity: 'me' })), true, false],
      [lock.snapshot(record({ holderIdentity: '' })), false, true],
      [lock.snapshot(record({ holderIdentity: '', renewTime: 'unknown' })), false, false],
      [lock.snapshot(record({ holderIdentity: 'me', renewTime: 'unknown' })), false, false],
      [lock.snapshot(record()), false, false],
      [lock.snapshot(null), false, false],
      [null, false, false],
    ];
    for (const [snapshot, still, released] of cases) {
      expect(answerGuards.stillHeldByUs({ context }, read(snapshot))).toBe(still);
      expect(answerGuards.releaseWasCommitted({ context }, read(snapshot))).toBe(released);
    }
  });
});

describe('objectVanished', () => {
  it('is true where an update, not a creation, finds no object', () => {
    const updating = scene((s) => ({ lease: held(s) })).context;
    const creating = scene((s) => ({ lease: { ...held(s), base: null } })).context;
    expect(answerGuards.objectVanished({ context: updating }, failure('notFound'))).toBe(true);
    expect(answerGuards.objectVanished({ context: creating }, failure('notFound'))).toBe(false);
    expect(answerGuards.objectVanished({ context: updating }, failure('conflict'))).toBe(false);
    const tried = { ...updating, failures: 1 };
    expect(answerGuards.objectVanished({ context: tried }, failure('notFound'))).toBe(false);
    expect(answerGuards.objectVanished({ context: scene().context }, failure('notFound'))).toBe(
      false,
    );
  });
});
