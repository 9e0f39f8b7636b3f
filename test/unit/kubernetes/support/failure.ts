import { LockError } from '../../../../src/errors/lock-error.js';

/** The LockError that a promise rejects with; anything else fails the test. */
export async function failure(promise: Promise<unknown>): Promise<LockError> {
  const outcome: unknown = await promise.then(
    () => new Error('expected a rejection'),
    (error: unknown) => error,
  );
  if (outcome instanceof LockError) return outcome;
  throw outcome;
}
