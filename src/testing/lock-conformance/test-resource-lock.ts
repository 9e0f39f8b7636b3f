import type { ResourceLock } from '../../lock/resource-lock.js';
import {
  aFunction,
  checkOptions,
  optional,
  type OptionTable,
  required,
  type Rule,
} from '../../validation/rules.js';
import { Problems } from '../../validation/validate.js';
import { milliseconds } from '../milliseconds.js';
import { creatingCases } from './creating-cases.js';
import { recordCases } from './record-cases.js';
import { type Case, LockUnderTest } from './lock-under-test.js';
import { readingCases } from './reading-cases.js';
import { updatingCases } from './updating-cases.js';
import { watchingCases } from './watching-cases.js';

/** Which object a lock is wanted on, and for whom. */
export interface ResourceLockToTest {
  /** Of the object: lower-case letters, digits and dashes. The suite uses each for one case only. */
  readonly name: string;
  /** Of the candidate. The suite asks for several candidates on one object. */
  readonly identity: string;
}

/** An optional method of a lock that the suite can try. */
export type TestedMethod = 'watch' | 'writtenAgo';

/** How {@link testResourceLock} gets at the locks, and at the runner. */
export interface ResourceLockTests {
  /** Makes the lock of one candidate on the object of this name, which need not exist yet. */
  readonly create: (lock: ResourceLockToTest) => ResourceLock | Promise<ResourceLock>;
  /**
   * What the runner registers a test by: `test` or `it` of vitest, jest, node:test or mocha. Default:
   * the global `it` or `test`, as jest and mocha have it.
   */
  readonly test?: ((name: string, run: () => Promise<void>) => unknown) | undefined;
  /**
   * Takes the object of this name away, as a person could. Versions have to grow through that.
   * Default: none, for objects that cannot be taken away; what would need it is not tested.
   */
  readonly remove?: ((name: string) => unknown) | undefined;
  /**
   * Breaks the connections of all watches on the object of this name, as a network does. Default:
   * none; what would need it is not tested.
   */
  readonly interrupt?: ((name: string) => unknown) | undefined;
  /** Which of the optional methods the locks have: all that they have are tested. Default: none. */
  readonly methods?: readonly TestedMethod[] | undefined;
  /**
   * How long a call may take, and news may be on its way, in milliseconds of real time. Default:
   * 5000. The time-out of the runner, which is 2 s in mocha, holds besides.
   */
  readonly timeoutMs?: number | undefined;
}

const METHODS: readonly TestedMethod[] = ['watch', 'writtenAgo'];

const methods: Rule = {
  description: "a list of `'watch'` and `'writtenAgo'`",
  check: (problems, field, value) => {
    const isSound =
      Array.isArray(value) && value.every((name) => METHODS.includes(name as TestedMethod));
    return isSound || problems.add(field, `must be a list of ${METHODS.join(', ')}`, value);
  },
};

const OPTIONS: OptionTable<ResourceLockTests> = {
  create: required(aFunction),
  test: optional(aFunction),
  remove: optional(aFunction),
  interrupt: optional(aFunction),
  methods: optional(methods, []),
  timeoutMs: optional(milliseconds, 5_000),
};

/**
 * Registers a test for each thing that an election relies on in a lock: conditional writes, versions
 * that only grow, records that come back as they were written, calls that are given up, a watch that
 * tells the truth. For whoever writes a {@link ResourceLock}, in the runner that they have. It needs
 * real time: call it where no timers are faked.
 *
 * @throws ConfigError when an option is wrong, or no `test` is given and there is none to be found
 */
export function testResourceLock(options: ResourceLockTests): void {
  const problems = new Problems('testResourceLock');
  checkOptions(problems, options, OPTIONS);
  const test = options?.test ?? globalTest();
  if (test === undefined) {
    problems.add('test', 'must be the `test` of your runner: there is no global one', test);
  }
  problems.throwIfAny();
  for (const { name, run } of casesFor(options)) {
    // Without parameters: to a function that has one, jest and mocha hand a callback to be called.
    test?.(name, () => new LockUnderTest(options).whole(run));
  }
}

function casesFor({ remove, interrupt, methods = [] }: ResourceLockTests): readonly Case[] {
  const given = { remove: remove !== undefined, interrupt: interrupt !== undefined };
  return [
    ...readingCases({ ...given, age: methods.includes('writtenAgo') }),
    ...creatingCases(),
    ...recordCases(),
    ...updatingCases(given),
    ...(methods.includes('watch') ? watchingCases(given) : []),
  ];
}

function globalTest(): ResourceLockTests['test'] {
  const { it, test } = globalThis as { it?: unknown; test?: unknown };
  const found = typeof it === 'function' ? it : test;
  return typeof found === 'function' ? (found as ResourceLockTests['test']) : undefined;
}
