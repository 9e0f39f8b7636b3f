import type { Fact } from '../facts.js';
import type { Ledger } from './ledger.js';

/** The names of the rules, as they are printed. */
export type RuleName =
  | 'two-leaders'
  | 'leads-without-write'
  | 'leads-past-deadline'
  | 'leads-after-release'
  | 'leads-though-superseded'
  | 'leads-on-short-lease'
  | 'superseded-by-itself'
  | 'leads-after-stop-callback'
  | 'leads-after-failed-work'
  | 'signal-late'
  | 'early-take'
  | 'foreign-release'
  | 'foreign-content-lost'
  | 'transitions'
  | 'unconditional-write'
  | 'zombie-renewal'
  | 'request-unbounded'
  | 'request-storm'
  | 'refused-claim-repeated'
  | 'work-without-write'
  | 'work-start-count'
  | 'token-order'
  | 'stop-callback-count'
  | 'stop-callback-late'
  | 'release-before-stop-callback'
  | 'claim-before-stop-callback'
  | 'release-before-drained'
  | 'release-given-up'
  | 'no-leader'
  | 'stop-hangs'
  | 'outcome'
  | 'left-behind'
  | 'broken';

export interface Violation {
  readonly rule: RuleName;
  readonly t: number;
  readonly what: string;
}

export type Report = (rule: RuleName, t: number, what: string) => void;

/** Keeps the first violation of each rule, and tells of it. */
export function reporter(
  violations: Violation[],
  onViolation: (violation: Violation) => void,
): Report {
  return (rule, t, what) => {
    if (violations.some((earlier) => earlier.rule === rule)) return;
    const violation = { rule, t, what };
    violations.push(violation);
    onViolation(violation);
  };
}

/** A group of rules. `before` sees a fact when the ledger does not contain it yet, `after` then. */
export interface Rules {
  before?(fact: Fact): void;
  after?(fact: Fact): void;
}

/** Rules that judge by the ledger. */
export abstract class RuleGroup implements Rules {
  protected readonly ledger: Ledger;
  protected readonly report: Report;

  constructor(ledger: Ledger, report: Report) {
    this.ledger = ledger;
    this.report = report;
  }

  abstract after(fact: Fact): void;
}
