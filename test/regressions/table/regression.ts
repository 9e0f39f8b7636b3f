import type { SeededBug } from '../seeded-bugs/seeded-bug.js';

/** Between the title of a group and those of the tests in it. */
export const SEPARATOR = ' > ';

export interface Regression {
  /** What goes wrong, or is done right. */
  readonly situation: string;
  /** The library in which it was seen, with the number of the issue where there is one. */
  readonly seenIn: string;
  /** Each of these fails once the bug is seeded. */
  readonly tests: readonly TestName[];
  readonly bug: SeededBug;
}

export interface TestName {
  readonly file: string;
  /** The titles of the groups and of the test, as in the source. */
  readonly name: string;
}

/** Tests by their files and names: `unit/election/stop > a group > a test`. */
export function named(...tests: readonly string[]): TestName[] {
  return tests.map((test) => {
    const [file = '', ...titles] = test.split(SEPARATOR);
    return { file: `test/${file}.test.ts`, name: titles.join(SEPARATOR) };
  });
}
