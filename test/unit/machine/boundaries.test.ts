import { expect, it } from 'vitest';
import * as guards from '../../../machines/guards.js';
import * as updates from '../../../machines/updates.js';
import { observed, read, scene, written } from './support/context.js';

/* Contexts that the chart does not come to, and that its functions answer for all the same. */

it('a lock of which nothing was decided is not free', () => {
  expect(guards.lockIsFree(scene())).toBe(false);
});

it('a record says nothing about a claim where none was sent', () => {
  const { lock, context } = scene((made) => ({ ownWrites: [written(made)] }));
  const snapshot = lock.snapshot(context.ownWrites[0]!.record);
  expect(guards.claimWasCommitted({ context }, read(snapshot))).toBe(false);
});

it('a write of ours that is found where no lease was known is a renewal', () => {
  const { lock, context } = scene((made) => ({ ownWrites: [written(made)] }));
  const snapshot = lock.snapshot(context.ownWrites[0]!.record);
  expect(guards.renewalWasCommitted({ context }, read(snapshot))).toBe(true);
});

it('there is nothing to release where the object is gone', () => {
  const { context } = scene(() => ({
    observation: observed(null, null),
  }));
  expect(updates.release(context)).toEqual({});
});

it('a term that ends without a reason was stopped', () => {
  expect(updates.stoppedInput(scene().context).reason).toBe('stopped');
});
