import { describe, it } from 'vitest';
import { isCi } from '../../support/ci.js';
import { MissingToolError } from '../../support/missing-tool-error.js';
import { report } from '../../support/progress.js';
import { findPromtool } from './promtool.js';

const found = await findPromtool().catch((error: unknown) => {
  if (error instanceof MissingToolError) return error;
  throw error;
});

/** Tests that need promtool; in CI they fail without it. */
export function describeWithPromtool(name: string, define: (path: string) => void): void {
  if (typeof found === 'string') {
    describe(name, () => {
      define(found);
    });
    return;
  }
  if (isCi()) {
    it(name, () => {
      throw found;
    });
    return;
  }
  report(`SKIPPED "${name}": ${found.message}`);
  describe.skip(name, () => {
    define('');
  });
}
