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

describe('a write that is committed', () => {
  it('holds the lock from its sending, and is the only one remembered', () => {
    const { clock, lock, context } = claimed();
    const snapshot = lock.snapshot(context.attempt!.record);
    const after = apply(context, commits.committed(context, snapshot));
    expect(after.lease).toEqual({
      record: context.attempt!.record,
      validFrom: context.attempt!.sentAt,
      confirmedAt: clock.now(),
      base: snapshot,
      preferredAtFirst: null,
    });
    expect(after.ownWrites).toEqual([context.attempt]);
    expect(after).toMatchObject({ attempt: null, leader: 'me', failures: 0, retryAfterMs: null });
  });

  it('is nothing where none was sent', () => {
    const { lock, context } = scene();
    expect(commits.committed(context, lock.snapshot(record()))).toEqual({});
  });
});

describe('a write that is found in the lock', () => {
  it('counts from its own sending, though others were sent after it', () => {
    const { clock, lock, context } = claimed();
    const first = context.attempt!;
    const retried = apply(context, updates.claim(context));
    clock.freeze(500);
    const found = read(lock.snapshot(first.record), 800);
    const after = apply(retried, commits.foundCommitted(retried, found));
    expect(after.lease?.validFrom.monotonicMs).toBe(0);
    expect(after.lease?.record).toBe(first.record);
  });

  it('is nothing where the lock shows what we did not write', () => {
    const { lock, context } = claimed();
    const found = read(lock.snapshot(record()), 300);
    expect(commits.foundCommitted(context, found)).toEqual({});
  });
});

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

  it('outlast the term, so that a candidate that rejoins knows its own record', () => {
    const { lock, context } = claimed();
    const leading = apply(
      context,
      commits.committed(context, lock.snapshot(context.attempt!.record)),
    );
    const after = apply(leading, updates.forgetTerm());
    expect(after.ownWrites).toEqual(leading.ownWrites);
    expect(after).toMatchObject({ lease: null, term: null, attempt: null, endReason: null });
  });
});

describe('a reading', () => {
  it('tells who leads, and nobody for a lock that is free', () => {
    const { lock, context } = scene();
    const leader = (holderIdentity: string): unknown =>
      updates.reading(context, read(lock.snapshot(record({ holderIdentity })))).leader;
    expect(leader('other')).toBe('other');
    expect(leader('')).toBeNull();
    expect(updates.reading(context, read(null)).leader).toBeNull();
  });

  it('counts the age of a record from when its answer was here', () => {
    const { clock, lock, context } = scene();
    clock.freeze(700);
    const update = updates.reading(context, read(lock.snapshot(record()), 600));
    expect(update.observation).toMatchObject({ observedAtMs: 600, expiresAtMs: 15_600 });
    expect(update.decision).toEqual({ kind: 'wait', because: 'held', untilMs: 15_600 });
  });

  it('takes a record that we wrote for ours', () => {
    const { lock, context } = claimed();
    const snapshot = lock.snapshot(context.attempt!.record);
    const { decision } = updates.reading(context, read(snapshot, 300));
    expect(decision).toEqual({ kind: 'take', because: 'ours' });
  });
});

describe('a renewal and a release', () => {
  it('are nothing without a lease, and without a record to release', () => {
    const { context } = scene();
    expect(updates.renewal(context)).toEqual({});
    expect(updates.release(context)).toEqual({});
  });

  it('of ours are dated just before they are sent', () => {
    const made = scene((s) => ({ lease: held(s) }));
    made.clock.freeze(2_000);
    const { attempt } = updates.renewal(made.context);
    expect(attempt?.sentAt.monotonicMs).toBe(2_000);
    expect(attempt?.record.renewTime).toBe('2026-01-01T00:00:02.000000Z');
    expect(attempt?.record.acquireTime).toBe('2026-01-01T00:00:00.000000Z');
  });

  it('that is based anew keeps the lease as it was', () => {
    const made = scene((s) => ({ lease: held(s) }));
    const snapshot = made.lock.snapshot(made.context.lease!.record);
    const { lease } = updates.rebase(made.context, snapshot);
    expect(lease).toEqual({ ...made.context.lease, base: snapshot });
    const gone = updates.rebase(made.context, null);
    expect(gone.lease?.base).toBeNull();
    expect(updates.rebase(scene().context, snapshot)).toEqual({});
  });
});

describe('the reason of an end', () => {
  it('is the first one, but for a drain that took too long', () => {
    const { context } = scene(() => ({ endReason: 'stopped' }));
    expect(updates.ends(context, 'deadline')).toEqual({ endReason: 'stopped' });
    expect(updates.ends(context, 'drainTimeout')).toEqual({ endReason: 'drainTimeout' });
    expect(updates.ends(scene().context, 'deadline')).toEqual({ endReason: 'deadline' });
  });
});

describe('states that cannot be entered without a term or a write', () => {
  it('say so if they are', () => {
    const { context } = scene();
    expect(() => updates.termOf(context)).toThrow('There is no term');
    expect(() => updates.writeInput(context, null)).toThrow('There is nothing to write');
    expect(updates.writeInput(claimed().context, null).record.holderIdentity).toBe('me');
  });
});

describe('what a term begins with', () => {
  it('is the version of the write that won it, and nothing of the term before', () => {
    const made = scene((s) => ({
      lease: held(s),
      termsLed: 4,
      released: true,
      stopAnnounced: true,
      workError: new Error('of the term before'),
      endReason: 'failed',
    }));
    const after = apply(made.context, updates.termBegins(made.context));
    expect(after.term?.fencingToken).toBe(BigInt(made.context.lease!.base!.version));
    expect(after).toMatchObject({ termsLed: 5, released: false, stopAnnounced: false });
    expect(after).toMatchObject({ workError: undefined, endReason: null });
    expect(updates.termBegins(scene().context)).toEqual({});
    expect(written(made).record.holderIdentity).toBe('me');
  });
});
