import { CLASS_NAME, LeaderElectionError } from './leader-election-error.js';

/** One option that breaks one rule. */
export interface ConfigProblem {
  /** The option's path as the caller wrote it, such as `renewDeadlineSeconds` or `lock.name`. */
  readonly field: string;
  /** The rule in words, such as `must be less than leaseDurationSeconds (15)`. */
  readonly rule: string;
  /** The value received, printed for a person; never the content of a secret. */
  readonly value: string;
}

/**
 * The options are wrong. Thrown before any I/O, with every problem found and not the first only:
 * nothing was read from or written to the cluster. What a function of yours returns is looked at when it
 * has been called, and then nothing is written.
 */
export class ConfigError extends LeaderElectionError {
  /** @internal */
  static override readonly [CLASS_NAME] = 'ConfigError';
  override readonly name: string = 'ConfigError';
  readonly code = 'ERR_CONFIG';
  readonly problems: readonly ConfigProblem[];

  constructor(subject: string, problems: readonly ConfigProblem[]) {
    super(
      [
        `${subject}: ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}`,
        ...problems.map(({ field, rule, value }) => `  - ${field} ${rule}; received ${value}`),
      ].join('\n'),
    );
    this.problems = problems;
  }
}
