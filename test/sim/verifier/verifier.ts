import type { Fact } from '../facts.js';
import { LeadershipRules } from './leadership.js';
import { Ledger } from './ledger.js';
import { LettingGoRules } from './letting-go.js';
import { LivenessRules } from './liveness.js';
import { type Margin, Margins } from './margins.js';
import { PaceRules } from './pace.js';
import { type Rules, type Violation, reporter } from './rule.js';
import { type TakeoverKind, Takeovers } from './takeovers.js';
import { TermRules } from './terms.js';
import { WriteRules } from './writes.js';

/**
 * Judges what happened by the true timeline alone. It shares no code with what it judges and knows
 * nothing of it: neither the statechart nor the locks, only what went over the wire, what the
 * candidates would have answered, and what their callbacks were told.
 */
export class Verifier {
  readonly violations: Violation[] = [];
  readonly #ledger: Ledger;
  readonly #terms: TermRules;
  readonly #liveness: LivenessRules;
  readonly #margins: Margins;
  readonly #takeovers: Takeovers;
  readonly #rules: readonly Rules[];

  /** @param onViolation called at the first one of each rule */
  constructor(onViolation: (violation: Violation) => void = () => undefined) {
    this.#ledger = new Ledger();
    const report = reporter(this.violations, onViolation);
    this.#terms = new TermRules(this.#ledger, report);
    this.#liveness = new LivenessRules(this.#ledger, report);
    this.#margins = new Margins(this.#ledger);
    this.#takeovers = new Takeovers(this.#ledger);
    this.#rules = [
      new WriteRules(this.#ledger, report),
      this.#terms,
      new LettingGoRules(this.#ledger, report),
      new LeadershipRules(this.#ledger, report),
      this.#liveness,
      new PaceRules(this.#ledger, report),
      this.#margins,
      this.#takeovers,
    ];
  }

  observe(fact: Fact): void {
    for (const rules of this.#rules) rules.before?.(fact);
    this.#ledger.take(fact);
    for (const rules of this.#rules) rules.after?.(fact);
  }

  /** How the terms so far came about. */
  get takeovers(): Readonly<Record<TakeoverKind, number>> {
    return this.#takeovers.counts;
  }

  get terms(): number {
    return this.#terms.terms;
  }

  /** The shortest time between two leaders of which the first had not released the lock. */
  get worstMargin(): Margin | null {
    return this.#margins.worst;
  }

  /** The one that came closest to what the rates of the two clocks leave in the worst case. */
  get closestMargin(): Margin | null {
    return this.#margins.closest;
  }

  /** All is quiet, and there is no leader yet. */
  get awaitsLeader(): boolean {
    return this.#liveness.waits;
  }

  get longestWaitMs(): number {
    return this.#liveness.longestWaitMs;
  }
}
