import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '../../time/clock.js';

/*
 * What cases fail by: an AssertionError, which all runners show well, with what was expected where
 * there are two values to be compared.
 */

export function fail(message: string): never {
  throw new AssertionError({ message });
}

export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  const message = `${what} must be ${wanted}, but is ${is}`;
  throw new AssertionError({ message, actual, expected, operator: 'deepStrictEqual' });
}

export function expectTrue(what: string, holds: boolean): void {
  if (!holds) fail(what);
}

/** What the promise resolves with; fails when it has not after so many milliseconds. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: unknown;
  const late = new Promise<never>((_, reject) => {
    timer = systemClock.setTimeout(() => {
      reject(new AssertionError({ message: `${what} within ${ms} ms` }));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    systemClock.clearTimeout(timer);
  }
}
