import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what the tests need is kept, once it is built. */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'k8s-leader-election');
}

/**
 * Call it before something is built into the cache.
 *
 * @throws Error inside a test, whose time limit and whose neighbours a build would eat up
 */
export function beforeBuilding(what: string): void {
  // Set by the test runner in the processes that run test files, and passed on to those they start.
  if (process.env['VITEST_WORKER_ID'] === undefined) return;
  throw new Error(
    `Inside a test nothing is built, but ${what} is not in the cache. Either building it has ` +
      'failed before the tests, see above, or test/support/preparations.ts does not name the ' +
      'module that needs it.',
  );
}
