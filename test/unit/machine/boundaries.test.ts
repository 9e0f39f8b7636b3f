import { expect, it } from 'vitest';
import * as answerGuards from '../../../machines/answer-guards.js';
import * as guards from '../../../machines/guards.js';
import * as updates from '../../../machines/updates.js';
import { LockError } from '../../../src/errors/lock-error.js';
import type { ResourceLock } from '../../../src/lock/resource-lock.js';
import { record } from '../../support/controllable-lock.js';
import { held, observed, read, scene, written } from './support/context.js';

/* Contexts that the chart does not come to, and that its functions answer for all the same. */

it('a lock of which nothing was decided is not free', () => {
  expect(guards.lockIsFree(scene())).toBe(false);
});

it('a record says nothing about a claim where none was sent', () => {
  const { lock, context } = scene((made) => ({ ownWrites: [written(made)] }));
  const snapshot = lock.snapshot(context.ownWrites[0]!.record);
  expect(answerGuards.claimWasCommitted({ context }, read(snapshot))).toBe(false);
});

it('a write of ours that is found where no lease was known is a renewal', () => {
  const { lock, context } = scene((made) => ({ ownWrites: [written(made)] }));
  const snapshot = lock.snapshot(context.ownWrites[0]!.record);
  expect(answerGuards.renewalWasCommitted({ context }, read(snapshot))).toBe(true);
});

it('there is nothing to release where the object is gone', () => {
  const { context } = scene(() => ({
    observation: observed(null, null),
  }));
  expect(updates.release(context)).toEqual({});
});

it('a term that ends without a reason was stopped', () => {
  const { context } = scene((made) => ({ lease: held(made) }));
  const led = { ...context, ...updates.termBegins(context) };
  expect(updates.stoppedInput(led).reason).toBe('stopped');
});

it('nobody is asked to hand over what it does not hold, or what it has found deleted', () => {
  const made = scene();
  const news = { snapshot: made.lock.snapshot(record()), version: '101', receivedAtMs: 0 };
  expect(answerGuards.asksToStepDown(made, news)).toBe(false);
  const gone = { snapshot: null, version: '101', receivedAtMs: 0 };
  expect(answerGuards.asksToStepDown(made, gone)).toBe(false);
  expect(guards.askedToStepDown(made)).toBe(false);
  const deleted = { ...made.context, lease: { ...held(made), base: null } };
  expect(guards.askedToStepDown({ context: deleted })).toBe(false);
});

it('the age of a lock is asked for where there is one, and somebody to ask', () => {
  expect(guards.mayBeLongDead(scene())).toBe(false);
  const { context } = scene(({ lock }) => {
    const dated = { ...lock.snapshot(record()), writtenAtMs: 0 };
    return { observation: observed(dated, 15_000, { isFirst: true }) };
  });
  expect(guards.mayBeLongDead({ context })).toBe(true);
  const { writtenAgo: _, ...lock } = context.config.lock;
  const config = { ...context.config, lock: lock as ResourceLock };
  expect(guards.mayBeLongDead({ context: { ...context, config } })).toBe(false);
});

it('a conflict explains itself neither to who has sent nothing nor to who has heard nothing', () => {
  const conflict = new LockError('test', { kind: 'conflict' });
  const heard = scene((made) => ({ observation: observed(made.lock.snapshot(record()), 15_000) }));
  expect(answerGuards.isExplainedConflict(heard, conflict)).toBe(false);
  const sent = scene((made) => ({ attempt: { ...written(made), baseVersion: '101' } }));
  expect(answerGuards.isExplainedConflict(sent, conflict)).toBe(false);
});

it('a record of ours that is wiped out is not the last that is known of the lock', () => {
  const { context } = scene((made) => {
    const bare = made.lock.snapshot(null);
    return { lease: { ...held(made), base: bare }, observation: observed(bare, 15_000) };
  });
  expect(guards.ownWriteIsLast({ context })).toBe(false);
});

it('a watch has missed that the lock was created, or deleted, but not that there is still none', () => {
  const knowing = (known: 'a lock' | 'none') =>
    scene(({ lock }) => ({
      watching: true,
      observation: observed(known === 'none' ? null : lock.snapshot(record()), 15_000),
    }));
  const created = read(knowing('none').lock.snapshot(record()), 60_000);
  const absent = read(null, 60_000);
  expect(answerGuards.watchMissedIt(knowing('none'), created)).toBe(true);
  expect(answerGuards.watchMissedIt(knowing('a lock'), absent)).toBe(true);
  expect(answerGuards.watchMissedIt(knowing('none'), absent)).toBe(false);
});
