import { describe, expect, it } from 'vitest';
import type { News } from '../../../machines/answer-guards.js';
import * as answerGuards from '../../../machines/answer-guards.js';
import * as guards from '../../../machines/guards.js';
import * as updates from '../../../machines/updates.js';
import { LockError } from '../../../src/errors/lock-error.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import { record } from '../../support/controllable-lock.js';
import { held, observed, read, scene, type Scene, written } from './support/context.js';

/* What the chart asks about the news of its watch, and what the news changes. */

const told = (snapshot: LockSnapshot, receivedAtMs = 0): News => ({
  snapshot,
  version: snapshot.version,
  receivedAtMs,
});

const gone = (version: string): News => ({ snapshot: null, version, receivedAtMs: 0 });

/** A leader; its last write has version 101. */
const leading = (): Scene =>
  scene((made) => {
    const lease = held(made);
    return { lease, ownWrites: [written(made)], observation: observed(lease.base, 15_000) };
  });

describe('isNews', () => {
  it('is true of what is newer than all that is known, and of anything at first', () => {
    const { context } = scene((made) => ({
      observation: observed(made.lock.snapshot(record()), 15_000),
    }));
    const says = (version: string): boolean => answerGuards.isNews({ context }, gone(version));
    expect([says('100'), says('101'), says('102')]).toEqual([false, false, true]);
    expect(answerGuards.isNews(scene(), gone('1'))).toBe(true);
  });
});

describe('lockIsFree and lockWasTaken', () => {
  /** What is known of a lock that another holds until 15 s, after this was told of it. */
  const after = (tell: (made: Scene) => News) => {
    const made = scene(({ lock }) => ({ observation: observed(lock.snapshot(record()), 15_000) }));
    const context = { ...made.context, ...updates.news(made.context, tell(made)) };
    return { ...made, context };
  };

  it('after a release the one is true, and the other false', () => {
    const released = after(({ lock }) => told(lock.snapshot(record({ holderIdentity: '' }))));
    expect(guards.lockIsFree(released)).toBe(true);
    expect(guards.lockWasTaken(released)).toBe(false);
  });

  it.each<[string, (made: Scene) => News]>([
    ['another holder', ({ lock }) => told(lock.snapshot(record({ holderIdentity: 'faster' })))],
    ['a record that cannot be read', ({ lock }) => told(lock.snapshot(null, 'garbage'))],
    ['a deletion', () => gone('500')],
    ['a record that is wiped out', ({ lock }) => told(lock.snapshot(null))],
  ])('after %s the one is false, and the other true until the lease has run out', (_, tell) => {
    const { clock, context } = after(tell);
    expect(guards.lockIsFree({ context })).toBe(false);
    expect(guards.lockWasTaken({ context })).toBe(true);
    clock.freeze(14_999);
    expect(guards.lockWasTaken({ context })).toBe(true);
    clock.freeze(1);
    expect(guards.lockIsFree({ context })).toBe(false);
    expect(guards.lockWasTaken({ context })).toBe(false);
  });
});

describe('noAnswerDue', () => {
  it('is false from the preparation of a write until its answer is forgotten', () => {
    const { context } = leading();
    expect(guards.noAnswerDue({ context })).toBe(true);
    const writing = { ...context, ...updates.renewal(context) };
    expect(guards.noAnswerDue({ context: writing })).toBe(false);
    expect(guards.noAnswerDue({ context: { ...writing, answerDue: false } })).toBe(true);
  });
});

describe('takenByAnother', () => {
  it('is true of every newer record that we did not write', () => {
    const { context, lock } = leading();
    const says = (snapshot: LockSnapshot): boolean =>
      answerGuards.takenByAnother({ context }, told(snapshot));
    expect(says(lock.snapshot(record()))).toBe(true);
    expect(says(lock.snapshot(record({ holderIdentity: '' })))).toBe(true);
    expect(says(lock.snapshot(record({ holderIdentity: 'me', renewTime: 'never' })))).toBe(true);
    expect(says(lock.snapshot(null, 'garbage'))).toBe(true);
    expect(says(lock.snapshot(record({ holderIdentity: 'me' })))).toBe(false);
    expect(says(lock.snapshot(null))).toBe(false);
    expect(answerGuards.takenByAnother({ context }, gone('500'))).toBe(false);
    expect(says({ ...lock.snapshot(record()), version: '101' })).toBe(false);
  });

  it('waits for the answer of a write under way, where the news names us', () => {
    const { context, lock } = leading();
    const altered = told(lock.snapshot(record({ holderIdentity: 'me', renewTime: 'never' })));
    const writing = { ...context, ...updates.renewal(context) };
    expect(answerGuards.takenByAnother({ context: writing }, altered)).toBe(false);
    const others = told(lock.snapshot(record()));
    expect(answerGuards.takenByAnother({ context: writing }, others)).toBe(true);
  });

  it.each(['timeout', 'network', 'conflict'] as const)(
    'waits for none once the write has failed: %s',
    (kind) => {
      const { context, lock } = leading();
      const writing = { ...context, ...updates.renewal(context) };
      const error = new LockError('test', { kind });
      const failure = updates.failure(writing, { of: 'write', error });
      const failed = { ...writing, ...failure, answerDue: false };
      expect(failed.attempt).toBe(writing.attempt);
      const squatted = record({ holderIdentity: 'me', renewTime: 'never' });
      expect(answerGuards.takenByAnother({ context: failed }, told(lock.snapshot(squatted)))).toBe(
        true,
      );
      // What it may be itself is ours still.
      const own = told(lock.snapshot(writing.attempt!.record));
      expect(answerGuards.takenByAnother({ context: failed }, own)).toBe(false);
    },
  );

  it('is true of our record once somebody has shortened it', () => {
    const { context, lock } = leading();
    const shortened = (leaseDurationSeconds: number): boolean => {
      const ours = record({ holderIdentity: 'me', leaseDurationSeconds });
      return answerGuards.takenByAnother({ context }, told(lock.snapshot(ours)));
    };
    expect(shortened(11)).toBe(false);
    expect(shortened(10)).toBe(true);
    expect(shortened(Number.NaN)).toBe(true);
  });
});

describe('recordGone', () => {
  it('is true of a newer deletion, and of an object without a record', () => {
    const { context, lock } = leading();
    expect(answerGuards.recordGone({ context }, gone('500'))).toBe(true);
    expect(answerGuards.recordGone({ context }, told(lock.snapshot(null)))).toBe(true);
    expect(answerGuards.recordGone({ context }, gone('101'))).toBe(false);
    expect(answerGuards.recordGone({ context }, told(lock.snapshot(null, 'garbage')))).toBe(false);
    expect(answerGuards.recordGone({ context }, told(lock.snapshot(record())))).toBe(false);
  });
});

describe('isExplainedConflict', () => {
  const conflict = new LockError('test', { kind: 'conflict' });
  /** A claim on version 101, after which this version was heard of. */
  const claimed = (heard: string | null) =>
    scene((made) => {
      const found = made.lock.snapshot(record({ holderIdentity: '' }));
      return {
        attempt: { ...written(made), baseVersion: found.version },
        observation: observed(found, null, { version: heard }),
      };
    });

  it('is true where something newer than the base of the write was heard of', () => {
    expect(answerGuards.isExplainedConflict(claimed('102'), conflict)).toBe(true);
    expect(answerGuards.isExplainedConflict(claimed('101'), conflict)).toBe(false);
    expect(answerGuards.isExplainedConflict(claimed(null), conflict)).toBe(false);
    expect(answerGuards.isExplainedConflict(scene(), conflict)).toBe(false);
    const other = new LockError('test', { kind: 'notFound' });
    expect(answerGuards.isExplainedConflict(claimed('102'), other)).toBe(false);
  });
});

describe('watchMissedIt', () => {
  const says = (watching: boolean, heardAtMs: number | null, sentAtMs: number): boolean => {
    const { context, lock } = scene((made) => ({
      watching,
      observation:
        heardAtMs === null ? null : observed(made.lock.snapshot(record()), 15_000, { heardAtMs }),
    }));
    const changed = lock.snapshot(record({ renewTime: 'later' }));
    return answerGuards.watchMissedIt({ context }, read(changed, sentAtMs));
  };

  it('is true of a change in a lock that was silent for so long that a renewal was overdue', () => {
    expect(says(true, 0, 4_400)).toBe(true);
    expect(says(true, 0, 4_399)).toBe(false);
    expect(says(true, 3_000, 7_399)).toBe(false);
  });

  it('is false where nothing is watched, and where nothing was known', () => {
    expect(says(false, 0, 60_000)).toBe(false);
    expect(says(true, null, 60_000)).toBe(false);
  });

  it('is false where nothing has changed but the version', () => {
    const { context, lock } = scene((made) => ({
      watching: true,
      observation: observed(made.lock.snapshot(record()), 15_000),
    }));
    expect(answerGuards.watchMissedIt({ context }, read(lock.snapshot(record()), 60_000))).toBe(
      false,
    );
  });
});

describe('ownWriteIsLast', () => {
  it('is true of a lease whose write is what was last heard of', () => {
    expect(guards.ownWriteIsLast(leading())).toBe(true);
  });

  it('is false while a write is unanswered, and where there is no lease or no object', () => {
    const { clock, context } = leading();
    const attempt = written({ clock });
    expect(guards.ownWriteIsLast({ context: { ...context, attempt } })).toBe(false);
    expect(guards.ownWriteIsLast({ context: { ...context, lease: null } })).toBe(false);
    const lease = { ...context.lease!, base: null };
    expect(guards.ownWriteIsLast({ context: { ...context, lease } })).toBe(false);
    expect(guards.ownWriteIsLast({ context: { ...context, observation: null } })).toBe(false);
  });

  it('is false where something else was heard of since', () => {
    const { context, lock } = leading();
    const observation = observed(lock.snapshot(record()), 15_000);
    expect(guards.ownWriteIsLast({ context: { ...context, observation } })).toBe(false);
  });
});

describe('news', () => {
  it('is taken for the lock as it is, from when it was received', () => {
    const { context, lock } = scene();
    const update = updates.news(context, told(lock.snapshot(record()), 700));
    expect(update).toMatchObject({
      leader: 'other',
      decision: { kind: 'wait', because: 'held', untilMs: 15_700 },
      observation: { observedAtMs: 700, heardAtMs: 700, version: '101' },
    });
  });

  it('of a deletion is remembered by its version', () => {
    const { context } = leading();
    const { observation, leader } = updates.news(context, gone('500'));
    expect(observation).toMatchObject({ snapshot: null, version: '500', expiresAtMs: 15_000 });
    expect(leader).toBeNull();
  });

  it('that came while the lock was read makes an older answer void', () => {
    const { context, lock } = scene();
    const older = lock.snapshot(record({ holderIdentity: 'older' }));
    const newer = lock.snapshot(record({ holderIdentity: 'newer' }));
    const after = { ...context, ...updates.news(context, told(newer, 700)) };
    expect(updates.reading(after, read(older, 800, 600))).toEqual({});
    expect(updates.reading(after, read(newer, 800, 600)).leader).toBe('newer');
    expect(updates.reading(after, read(older, 800, 701)).leader).toBe('older');
  });

  it('in the same instant in which the lock was read counts by its version', () => {
    const { context, lock } = scene();
    const older = lock.snapshot(record({ holderIdentity: 'older' }));
    const newer = lock.snapshot(record({ holderIdentity: 'newer' }));
    const after = { ...context, ...updates.news(context, told(newer, 700)) };
    expect(updates.reading(after, read(older, 800, 700))).toEqual({});
  });

  it('that came while the lock was read makes void that there was none', () => {
    const { context, lock } = scene();
    const after = { ...context, ...updates.news(context, told(lock.snapshot(record()), 700)) };
    expect(updates.reading(after, read(null, 800, 699))).toEqual({});
    // A read that was not sent before the news may show what came after: a deletion.
    for (const sentAtMs of [700, 701]) {
      const { observation, leader } = updates.reading(after, read(null, 800, sentAtMs));
      expect(observation).toMatchObject({ snapshot: null, expiresAtMs: 15_800 });
      expect(leader).toBeNull();
    }
  });
});

describe('the window in which candidates try', () => {
  it('begins narrow, and is a fifth of a second for who has lost a race or stood down', () => {
    expect(scene().context.contentionWindowMs).toBe(32);
    expect(updates.lostRace(scene().context)).toEqual({ contentionWindowMs: 200 });
    expect(updates.yielded()).toEqual({ contentionWindowMs: 200 });
  });

  it('stays as it is for who has lost the race to create the lock', () => {
    const creating = scene((made) => ({ attempt: written(made) })).context;
    expect(updates.lostRace(creating)).toEqual({});
    const updating = { ...creating, attempt: { ...creating.attempt!, baseVersion: '7' } };
    expect(updates.lostRace(updating)).toEqual({ contentionWindowMs: 200 });
  });
});
