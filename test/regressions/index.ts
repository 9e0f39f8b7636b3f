import type { SeededBug } from './seeded-bugs/seeded-bug.js';
import { keeping } from './table/keeping.js';
import { lettingGo } from './table/letting-go.js';
import { otherSuites } from './table/other-suites.js';
import { records } from './table/records.js';
import type { Regression } from './table/regression.js';
import { taking } from './table/taking.js';

export type { Regression, TestName } from './table/regression.js';

/**
 * Bugs of other libraries, and cases of their test suites: each with the tests that would fail if
 * this package had it, and with a seeded bug that gives it to this package. `index.test.ts` checks
 * that the tests exist and that the bugs can be made;
 *
 *     npx tsx test/regressions/prove.ts
 *
 * seeds each of them and checks that the tests fail then.
 */
export const regressions: readonly Regression[] = [
  ...keeping,
  ...taking,
  ...lettingGo,
  ...records,
  ...otherSuites,
];

/** The bug of the situation that `prove.ts` names in the environment; null when it names none. */
export function seededBug(): SeededBug | null {
  const named = process.env['SEEDED_BUG'];
  if (named === undefined) return null;
  const found = regressions.find(({ situation }) => situation === named);
  if (found === undefined) throw new Error(`The table has no situation "${named}"`);
  return found.bug;
}
