import { describe, expect, it } from 'vitest';
import * as answerGuards from '../../../machines/answer-guards.js';
import * as guards from '../../../machines/guards.js';
import type { ElectionContext } from '../../../machines/types.js';
import { TermHandle } from '../../../src/term/term.js';
import { LockError, type LockErrorKind } from '../../../src/errors/lock-error.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import { held, observed, read, scene, type Scene, written } from './support/context.js';

const failure = (kind: LockErrorKind): LockError => new LockError('test', { kind });

describe('leaseLapsed', () => {
  it('is false a millisecond before the renew deadline, and true at it', () => {
    const { clock, context } = scene((made) => ({ lease: held(made) }));
    clock.freeze(9_999);
    expect(guards.leaseLapsed({ context })).toBe(false);
    clock.freeze(1);
    expect(guards.leaseLapsed({ context })).toBe(true);
  });

  it('is false a fraction of a millisecond before', () => {
    const { clock, context } = scene((made) => ({ lease: held(made) }));
    clock.freeze(9_999.75);
    expect(guards.leaseLapsed({ context })).toBe(false);
  });
});

describe('leaseExpired', () => {
  it('is false a millisecond before the lease has run out, and true at that moment', () => {
    const { clock, context } = scene((made) => ({ lease: held(made) }));
    clock.freeze(14_999);
    expect(guards.leaseExpired({ context })).toBe(false);
    clock.freeze(1);
    expect(guards.leaseExpired({ context })).toBe(true);
  });

  it('is as exact about the lease of another', () => {
    const { clock, context } = scene((made) => ({
      observation: observed(made.lock.snapshot(record()), 700),
    }));
    clock.freeze(699);
    expect(guards.leaseExpired({ context })).toBe(false);
    clock.freeze(1);
    expect(guards.leaseExpired({ context })).toBe(true);
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

describe('claimIsFresh', () => {
  const sent = (made: Scene): Partial<ElectionContext> => {
    const attempt = written(made);
    return { attempt, ownWrites: [attempt] };
  };

  it('is true up to a renew deadline after the sending, and false at it', () => {
    const { clock, context } = scene(sent);
    clock.freeze(9_999);
    expect(guards.claimIsFresh({ context })).toBe(true);
    clock.freeze(1);
    expect(guards.claimIsFresh({ context })).toBe(false);
  });

  it('counts the time that the machine slept', () => {
    const { clock, context } = scene(sent);
    clock.suspend(10_000);
    expect(guards.claimIsFresh({ context })).toBe(false);
  });

  it('is false of a claim that another holder has made void meanwhile', () => {
    const { context } = scene((made) => ({ attempt: written(made), ownWrites: [written(made)] }));
    expect(guards.claimIsFresh({ context })).toBe(false);
  });

  it('is false where nothing was sent', () => {
    expect(guards.claimIsFresh({ context: scene().context })).toBe(false);
  });
});

describe('claimWasCommitted', () => {
  const claimed = (): Scene & { found: LockSnapshot } => {
    const made = scene((s) => {
      const attempt = written(s);
      return { attempt, ownWrites: [attempt] };
    });
    return { ...made, found: made.lock.snapshot(record({ holderIdentity: 'me' })) };
  };

  it('is true of our own record, up to a renew deadline after its sending', () => {
    const { clock, context, found } = claimed();
    clock.freeze(9_999);
    expect(answerGuards.claimWasCommitted({ context }, read(found))).toBe(true);
    clock.freeze(1);
    expect(answerGuards.claimWasCommitted({ context }, read(found))).toBe(false);
  });

  it.each([
    ['holder', { holderIdentity: 'you' }],
    ['acquire time', { acquireTime: '2026-01-01T00:00:00.000001Z' }],
    ['renew time', { renewTime: '2026-01-01T00:00:00.000001Z' }],
    ['count of transitions', { leaderTransitions: 4 }],
  ])('is false of a record with another %s', (_, fields) => {
    const { context, lock } = claimed();
    const other = lock.snapshot(record({ holderIdentity: 'me', ...fields }));
    expect(answerGuards.claimWasCommitted({ context }, read(other))).toBe(false);
  });

  it('is true of our record with a duration that was altered: the rest proves it ours', () => {
    const { context, lock } = claimed();
    const capped = lock.snapshot(record({ holderIdentity: 'me', leaseDurationSeconds: 12 }));
    expect(answerGuards.claimWasCommitted({ context }, read(capped))).toBe(true);
  });

  it('is false of our record with digits cut off: another of our name may have sent it', () => {
    const { context, lock } = scene((s) => {
      const attempt = written(s, { renewTime: '2026-01-01T00:00:00.000007Z' });
      return { attempt, ownWrites: [attempt] };
    });
    const cut = lock.snapshot(record({ holderIdentity: 'me' }));
    expect(answerGuards.claimWasCommitted({ context }, read(cut))).toBe(false);
  });

  it('is false where there is no object, no record, or none that can be read', () => {
    const { context, lock } = claimed();
    for (const snapshot of [null, lock.snapshot(null), lock.snapshot(null, 'garbage')]) {
      expect(answerGuards.claimWasCommitted({ context }, read(snapshot))).toBe(false);
    }
  });

  it('is false of a record of ours that is left from an earlier term', () => {
    const former = { renewTime: '2026-01-01T00:00:00.000007Z' };
    const { context, lock } = scene((s) => {
      const attempt = written(s);
      return { attempt, ownWrites: [written(s, former), attempt] };
    });
    const found = lock.snapshot(record({ holderIdentity: 'me', ...former }));
    expect(answerGuards.claimWasCommitted({ context }, read(found))).toBe(false);
  });

  it('is false of a release of our own', () => {
    const { context, lock } = scene((s) => {
      const release = written(s, { holderIdentity: '' });
      return { attempt: written(s), ownWrites: [release] };
    });
    const found = lock.snapshot(record({ holderIdentity: '' }));
    expect(answerGuards.claimWasCommitted({ context }, read(found))).toBe(false);
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

  it('is a renewal only if it is not the write that we knew of', () => {
    const { context, lock } = leading();
    const says = (snapshot: LockSnapshot | null): boolean =>
      answerGuards.renewalWasCommitted({ context }, read(snapshot));
    expect(says(lock.snapshot(record({ holderIdentity: 'me', renewTime: 'later' })))).toBe(true);
    expect(says(lock.snapshot(record({ holderIdentity: 'me' })))).toBe(false);
    expect(says(lock.snapshot(record()))).toBe(false);
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

describe('isFirstConflict', () => {
  it('is true of a conflict after no failure', () => {
    const fresh = scene().context;
    const tried = scene(() => ({ failures: 1 })).context;
    expect(answerGuards.isFirstConflict({ context: fresh }, failure('conflict'))).toBe(true);
    expect(answerGuards.isFirstConflict({ context: tried }, failure('conflict'))).toBe(false);
    expect(answerGuards.isFirstConflict({ context: fresh }, failure('serverError'))).toBe(false);
    expect(answerGuards.isFirstConflict({ context: fresh }, new Error('conflict'))).toBe(false);
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

describe('what follows a term', () => {
  it.each([
    ['return', false, false],
    ['return', true, false],
    ['rejoin', false, true],
    ['rejoin', true, false],
  ] as const)('with onLost %s and stop() called: %s, rejoining is %s', (onLost, stop, rejoin) => {
    const { context } = scene(() => ({ stopRequested: stop }), { onLost });
    expect(guards.shallRejoin({ context })).toBe(rejoin);
    expect(guards.shallEnd({ context })).toBe(!rejoin);
  });
});

describe('releaseWhenDone', () => {
  it('is true only where it was asked for, and no other end has begun', () => {
    const says = (releaseWhenDone: boolean, endReason: 'stopped' | null): boolean =>
      guards.releaseWhenDone(scene(() => ({ endReason }), { releaseWhenDone }));
    expect(says(true, null)).toBe(true);
    expect(says(true, 'stopped')).toBe(false);
    expect(says(false, null)).toBe(false);
  });
});
