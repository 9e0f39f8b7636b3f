import { aFunction, optional, type Rule, trueOrFalse } from '../../validation/rules.js';

/** The options of both kinds of cluster. */
export interface ClusterOptions {
  /** How many candidates, which are called `candidate-1` and so on; or their names. Default 3. */
  readonly candidates?: number | readonly string[];
  /** Whether all are started at once. Default true; otherwise by `start(id)`. */
  readonly start?: boolean;
  /**
   * For services that wait by the faked timers of the test runner: called with the milliseconds that
   * have passed, in steps of 50, such as `(ms) => vi.advanceTimersByTime(ms)`. Default: those timers
   * are left alone.
   */
  readonly advanceTimers?: (ms: number) => unknown;
}

/** More would be no test of a service any more. */
const MOST = 1000;

const someCandidates: Rule = {
  description: `a number from 1 to ${MOST}, or names`,
  check: (problems, field, value) => {
    if (!Array.isArray(value)) {
      return problems.number(field, value, { integer: true, min: 1, max: MOST });
    }
    const names: readonly unknown[] = value;
    const areNames = names.every((name) => typeof name === 'string' && name !== '');
    const isRight = names.length > 0 && areNames && new Set(names).size === names.length;
    return problems.require(isRight, field, 'must have names, each once', value);
  },
};

export const CLUSTER_OPTIONS = {
  candidates: optional(someCandidates, 3),
  start: optional(trueOrFalse, true),
  advanceTimers: optional(aFunction),
};

/** The ids of the candidates. */
export function idsOf({ candidates = 3 }: ClusterOptions): readonly string[] {
  if (typeof candidates !== 'number') return [...candidates];
  return Array.from({ length: candidates }, (_, index) => `candidate-${index + 1}`);
}
