import { describe, expect, it } from 'vitest';
import type { News } from '../../../machines/answer-guards.js';
import * as answerGuards from '../../../machines/answer-guards.js';
import * as guards from '../../../machines/guards.js';
import * as updates from '../../../machines/updates.js';
import { LockError } from '../../../src/errors/lock-error.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import { record } from '../../support/controllable-lock.js';
import { held, observed, read, scene, type Scene, written } from './support/context.js';

/* What the chart asks about the news of its watch, and what the news changes. The scenarios have the rest. */

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
  it('is true of a lease alone whose write is what was last heard of', () => {
    const { clock, lock, context } = leading();
    expect(guards.ownWriteIsLast({ context })).toBe(true);
    const attempt = written({ clock });
    expect(guards.ownWriteIsLast({ context: { ...context, attempt } })).toBe(false);
    expect(guards.ownWriteIsLast({ context: { ...context, lease: null } })).toBe(false);
    const lease = { ...context.lease!, base: null };
    expect(guards.ownWriteIsLast({ context: { ...context, lease } })).toBe(false);
    expect(guards.ownWriteIsLast({ context: { ...context, observation: null } })).toBe(false);
    const observation = observed(lock.snapshot(record()), 15_000);
    expect(guards.ownWriteIsLast({ context: { ...context, observation } })).toBe(false);
  });
});

describe('news that came while the lock was read', () => {
  it('makes an older answer void', () => {
    const { context, lock } = scene();
    const older = lock.snapshot(record({ holderIdentity: 'older' }));
    const newer = lock.snapshot(record({ holderIdentity: 'newer' }));
    const after = { ...context, ...updates.news(context, told(newer, 700)) };
    expect(updates.reading(after, read(older, 800, 600))).toEqual({});
    expect(updates.reading(after, read(newer, 800, 600)).leader).toBe('newer');
    expect(updates.reading(after, read(older, 800, 701)).leader).toBe('older');
  });

  it('in the same instant counts by its version', () => {
    const { context, lock } = scene();
    const older = lock.snapshot(record({ holderIdentity: 'older' }));
    const newer = lock.snapshot(record({ holderIdentity: 'newer' }));
    const after = { ...context, ...updates.news(context, told(newer, 700)) };
    expect(updates.reading(after, read(older, 800, 700))).toEqual({});
  });

  it('makes void that there was none', () => {
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
