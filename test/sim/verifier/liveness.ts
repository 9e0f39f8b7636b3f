import type { Fact } from '../facts.js';
import type { Candidate } from './ledger.js';
import { RuleGroup } from './rule.js';

/** What has to happen in the end: a leader once all is quiet, and an end after stop(). */
export class LivenessRules extends RuleGroup {
  /** The longest that it took to a leader once the faults were over, in ms. */
  longestWaitMs = 0;
  readonly #foreignLeaders = new Set<string>();
  #quietSince: number | null = null;
  #dueAt = Infinity;

  get waits(): boolean {
    return this.#quietSince !== null;
  }

  after(fact: Fact): void {
    switch (fact.kind) {
      case 'quiet':
        this.#quietSince = fact.t;
        this.#dueAt = fact.t + fact.boundMs;
        break;
      case 'noise':
        this.#quietSince = null;
        break;
      case 'foreignLeads':
        if (fact.leads) this.#foreignLeaders.add(fact.who);
        else this.#foreignLeaders.delete(fact.who);
        break;
      case 'crashed':
        this.#foreignLeaders.delete(fact.who);
        break;
      case 'toldToStop': {
        const candidate = this.ledger.get(fact.who);
        if (candidate !== null)
          candidate.stopFrozenAt = candidate.unresponsive ? fact.t : -Infinity;
        break;
      }
      case 'broke':
        this.report('broken', fact.t, fact.what);
        break;
      case 'asked':
        this.#checkStop(this.ledger.get(fact.who), fact);
        break;
      default:
        break;
    }
    if (this.#quietSince !== null) this.#checkQuiet(fact.t);
  }

  #checkQuiet(t: number): void {
    let leads = this.#foreignLeaders.size > 0;
    for (const candidate of this.ledger.candidates.values()) leads ||= candidate.leader;
    if (leads && this.#quietSince !== null) {
      this.longestWaitMs = Math.max(this.longestWaitMs, t - this.#quietSince);
      this.#quietSince = null;
    } else if (t > this.#dueAt) {
      this.report('no-leader', t, 'the faults are over, and nobody leads');
      this.#quietSince = null;
    }
  }

  #checkStop(candidate: Candidate | null, fact: Fact & { kind: 'asked' }): void {
    if (candidate?.toldToStop == null || candidate.over || fact.unresponsive) return;
    const { info, toldToStop, frozenAt } = candidate;
    const boundMs = info.drainMs + info.leaseMs + info.renewMs + 1000;
    if (frozenAt > fact.t - boundMs) return;
    if (fact.local.monotonicMs - toldToStop.monotonicMs < boundMs) return;
    this.report('stop-hangs', fact.t, `${candidate.who} was told to stop and has not`);
    candidate.toldToStop = null;
  }
}
