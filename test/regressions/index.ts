import { keeping } from './table/keeping.js';
import { lettingGo } from './table/letting-go.js';
import { otherSuites } from './table/other-suites.js';
import { records } from './table/records.js';
import { taking } from './table/taking.js';
import type { Regression } from './table/regression.js';

export type { Change, Regression, TestName } from './table/regression.js';

/**
 * Bugs of other libraries, and cases of their test suites: each with the tests that would fail if
 * this package had it, and with a change that gives it to this package. `index.test.ts` checks that
 * the tests exist and that the changes still apply;
 *
 *     npx tsx test/regressions/prove.ts
 *
 * makes each change in a copy of the project and checks that the tests fail there.
 */
export const regressions: readonly Regression[] = [
  ...keeping,
  ...taking,
  ...lettingGo,
  ...records,
  ...otherSuites,
];
