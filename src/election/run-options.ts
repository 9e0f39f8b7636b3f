import type { ElectionState } from '../../machines/types.js';
import { checkOptions, optional, type OptionTable, type Rule } from '../validation/rules.js';
import { Problems } from '../validation/validate.js';

export interface RunOptions {
  /** Abort to stop, as `stop()` does. */
  readonly signal?: AbortSignal | undefined;
}

/** Known by what it can do: there may be several classes of that name, as in a test with a DOM. */
const anAbortSignal: Rule = {
  description: 'an `AbortSignal`',
  check(problems, field, signal) {
    const what = 'an AbortSignal, such as the signal of an AbortController';
    const methods = ['addEventListener', 'removeEventListener'];
    if (!problems.methods(field, signal, what, methods)) return;
    const { aborted } = signal as { aborted: unknown };
    if (typeof aborted !== 'boolean') problems.addHidden(field, `must be ${what}`, signal);
  },
};

const RUN_OPTIONS = { signal: optional(anAbortSignal) } satisfies OptionTable<RunOptions>;

/** @throws {ConfigError} naming every option that is wrong */
export function checkCall(method: 'run' | 'acquire', options: unknown): void {
  const problems = new Problems(`LeaderElection.${method}()`);
  checkOptions<RunOptions>(problems, options, RUN_OPTIONS);
  problems.throwIfAny();
}

/**
 * @param running the state of a candidacy that is not over; null where there is none
 * @throws {ConfigError} naming everything that is wrong
 */
export function checkLead(work: unknown, options: unknown, running: ElectionState | null): void {
  const problems = new Problems('LeaderElection.lead()');
  problems.function('work', work);
  checkOptions<RunOptions>(problems, options, RUN_OPTIONS);
  if (running !== null) {
    const rule = 'must not be running when lead() is called: use one at a time, or stop() it first';
    problems.add('election', rule, `running, ${running}`);
  }
  problems.throwIfAny();
}
