export interface Regression {
  /** What goes wrong, or is done right. */
  readonly situation: string;
  /** The library in which it was seen, with the number of the issue where there is one. */
  readonly seenIn: string;
  /** Each of these fails after the change. */
  readonly tests: readonly TestName[];
  readonly change: Change;
}

export interface TestName {
  readonly file: string;
  /** The titles of the groups and of the test, with ` > ` in between, as in the source. */
  readonly name: string;
}

/** One change to the product. */
export interface Change {
  /** In words, as one would describe the mistake. */
  readonly mistake: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** Tests of one file, by their names. */
export function tests(file: string, ...names: readonly string[]): TestName[] {
  return names.map((name) => ({ file, name }));
}
