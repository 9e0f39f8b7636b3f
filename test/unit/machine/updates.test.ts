import { describe, expect, it } from 'vitest';
import type { ElectionContext } from '../../../machines/types.js';
import * as answerGuards from '../../../machines/answer-guards.js';
import { possibleWrites } from '../../../machines/own-writes.js';
import * as commits from '../../../machines/commits.js';
import * as updates from '../../../machines/updates.js';
import { LockError, type LockErrorKind } from '../../../src/errors/lock-error.js';
import type { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import { held, read, scene, type Scene, written } from './support/context.js';

const apply = (context: ElectionContext, update: Partial<ElectionContext>): ElectionContext => ({
  ...context,
  ...update,
});

/** A claim was sent at 0 ms; it is 300 ms later now. */
function claimed(): Scene {
  const made = scene();
  const context = apply(made.context, updates.claim(made.context));
  made.clock.freeze(300);
  return { ...made, context };
}

describe('a failure', () => {
  const fail = (kind: LockErrorKind, of: 'read' | 'write', retryAfterMs?: number) => {
    const { context } = claimed();
    const error = new LockError('test', { kind, retryAfterMs });
    return { before: context, after: apply(context, updates.failure(context, { of, error })) };
  };

  // A proxy repeats a write at its next upstream, though the first has stored it.
  it.each(['serverError', 'network', 'timeout', 'aborted', 'unknown', 'conflict'] as const)(
    'of a write by %s leaves its fate open',
    (kind) => {
      const { before, after } = fail(kind, 'write');
      expect(after.attempt).toBe(before.attempt);
      expect(after.ownWrites).toEqual(before.ownWrites);
    },
  );

  it.each([
    ...(['notFound', 'forbidden', 'unauthorized'] as const),
    ...(['invalid', 'throttled', 'credentials'] as const),
  ])('of a write by %s ends the waiting for it, and it is recognised all the same', (kind) => {
    const { before, after } = fail(kind, 'write');
    expect(after.attempt).toBeNull();
    expect(after.ownWrites).toEqual(before.ownWrites);
  });

  it('of a read says nothing about a write', () => {
    const { before, after } = fail('forbidden', 'read');
    expect(after.attempt).toBe(before.attempt);
  });

  it('is counted, with what the server asked; the next one forgets that', () => {
    const { after } = fail('throttled', 'write', 3_000);
    expect(after).toMatchObject({ failures: 1, retryAfterMs: 3_000 });
    const error = new LockError('test', { kind: 'network' });
    const again = apply(after, updates.failure(after, { of: 'read', error }));
    expect(again).toMatchObject({ failures: 2, retryAfterMs: null });
  });
});

describe('the writes that are remembered as our own', () => {
  const send = (context: ElectionContext, times: number, everyMs: number): ElectionContext => {
    const { clock } = context.config;
    let after = context;
    for (let n = 0; n < times; n += 1) {
      (clock as VirtualClock).freeze(everyMs);
      after = apply(after, (context.lease === null ? updates.claim : updates.renewal)(after));
    }
    return after;
  };

  it('are, in a term, the one that stands and all that came after it', () => {
    const made = scene((s) => ({ lease: held(s) }), {
      leaseDurationSeconds: 90,
      renewDeadlineSeconds: 75,
      retryPeriodSeconds: 1,
    });
    const standing = { ...written(made), record: made.context.lease!.record };
    const after = send({ ...made.context, ownWrites: [standing] }, 120, 620);
    expect(after.ownWrites).toHaveLength(121);
    expect(after.ownWrites[0]).toBe(standing);
    const found = read(made.lock.snapshot(standing.record));
    expect(answerGuards.heldByAnother({ context: after }, found)).toBe(false);
  });

  it('are, for a candidate, those of the last lease duration, and what it has seen stand', () => {
    const made = claimed();
    const first = made.context.attempt!;
    const reading = updates.reading(made.context, read(made.lock.snapshot(first.record), 300));
    const after = send(apply(made.context, reading), 40, 1_000);
    expect(after.ownWrites).toHaveLength(16);
    expect(after.ownWrites[0]?.record).toBe(first.record);
    expect(after.ownWrites.at(-1)).toBe(after.attempt);
  });

  it('are void once another version stands, but for the one under way that names us', () => {
    const { lock, context } = claimed();
    const attempt = context.attempt!;
    const altered = lock.snapshot(record({ ...attempt.record, renewTime: '2026-01-01T07:00:00Z' }));
    expect(possibleWrites(context, altered)).toEqual([attempt]);
    expect(possibleWrites({ ...context, attempt: null }, altered)).toEqual([]);
    expect(possibleWrites(context, lock.snapshot(record()))).toEqual([]);
    expect(possibleWrites(context, null)).toEqual([attempt]);
  });
});

it('the reason of an end is the first one, but for a drain that took too long', () => {
  const { context } = scene(() => ({ endReason: 'stopped' }));
  expect(updates.ends(context, 'deadline')).toEqual({ endReason: 'stopped' });
  expect(updates.ends(context, 'drainTimeout')).toEqual({ endReason: 'drainTimeout' });
  expect(updates.ends(scene().context, 'deadline')).toEqual({ endReason: 'deadline' });
});

it('what we did not write is no write of ours, and none is made without a lease or a record', () => {
  const { lock, context } = claimed();
  const found = read(lock.snapshot(record()), 300);
  expect(commits.foundCommitted(context, found)).toEqual({});
  const bare = scene().context;
  expect(commits.committed(bare, found.snapshot!)).toEqual({});
  expect(updates.renewal(bare)).toEqual({});
  expect(updates.release(bare)).toEqual({});
  expect(updates.rebase(bare, found.snapshot)).toEqual({});
  expect(updates.termBegins(bare)).toEqual({});
  expect(() => updates.termOf(bare)).toThrow('There is no term');
  expect(() => updates.writeInput(bare, null)).toThrow('There is nothing to write');
});

it('a term begins with nothing of the term before', () => {
  const made = scene((s) => ({
    lease: held(s),
    termsLed: 4,
    released: true,
    stopAnnounced: true,
    workError: new Error('of the term before'),
    endReason: 'failed',
  }));
  const after = apply(made.context, updates.termBegins(made.context));
  expect(after).toMatchObject({ termsLed: 5, released: false, stopAnnounced: false });
  expect(after).toMatchObject({ workError: undefined, endReason: null });
});
