import type { SeededBug } from '../seeded-bugs/seeded-bug.js';

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
  /** The titles of the groups and of the test, with ` > ` in between, as in the source. */
  readonly name: string;
}

/** Tests of one file, by their names. */
export function tests(file: string, ...names: readonly string[]): TestName[] {
  return names.map((name) => ({ file, name }));
}
