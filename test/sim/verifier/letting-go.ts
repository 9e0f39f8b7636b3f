import type { Fact, Local } from '../facts.js';
import type { Candidate, Commit } from './ledger.js';
import { RuleGroup } from './rule.js';
import { leaseMayRun } from './terms.js';

const TIMER_SLACK_MS = 25;

/** Ends that no release follows, whatever stands in the lock. */
const UNRELEASED: ReadonlySet<string> = new Set(['drainTimeout', 'deadline', 'superseded']);

/**
 * How terms end: for a reason that is true, told to the work and to the application in the same
 * moment, and with a release as long as the lock is one's own.
 */
export class LettingGoRules extends RuleGroup {
  /** Whose signal is aborted, and whose application has not been told yet; since when. */
  readonly #untoldSince = new WeakMap<Candidate, number>();

  after(fact: Fact): void {
    const candidate = 'who' in fact ? this.ledger.get(fact.who) : null;
    if (candidate?.info.library !== 'ours') return;
    switch (fact.kind) {
      case 'began':
        this.#untoldSince.delete(candidate);
        break;
      case 'stopCallback':
        this.#checkTold(candidate, fact);
        if (fact.reason === 'superseded') this.#checkLoss(candidate, fact.t);
        break;
      case 'asked':
        this.#checkTold(candidate, fact);
        break;
      case 'ended':
        this.#checkRelease(candidate, fact);
        break;
      default:
        break;
    }
  }

  /** Since the term was won, nobody else's record has stood in the lock. */
  #checkLoss(candidate: Candidate, t: number): void {
    const { who, term, info } = candidate;
    const since = this.ledger.commits.filter(
      ({ revision, changesRecord }) => changesRecord && revision >= (term?.wonAt ?? 0),
    );
    const last = since.at(-1);
    if (last?.record == null) return;
    if (!since.every((commit) => isOwn(candidate, commit))) return;
    // What admission has made of a write without an answer is a record that nobody can know.
    const { key, durationMs } = last.record;
    if (!candidate.knownKeys.has(key)) return;
    if (durationMs !== null && durationMs <= info.renewMs) return;
    this.report('superseded-by-itself', t, `${who} ends its term for its own record: ${key}`);
  }

  /** The signal has fired: `onStoppedLeading` must be called in the same moment. */
  #checkTold(candidate: Candidate, fact: Fact & { kind: 'asked' | 'stopCallback' }): void {
    const { who, term, terms } = candidate;
    const isUntold = term?.number === terms && term.stopCalls === 0;
    const since = this.#untoldSince.get(candidate);
    if (since !== undefined && since < fact.t) {
      const what = `the signal of ${who} was aborted ${(fact.t - since).toFixed(0)} ms ago, and its stop callback was not called then`;
      this.report('stop-callback-late', fact.t, what);
    }
    if (fact.kind === 'stopCallback') this.#untoldSince.delete(candidate);
    else if (isUntold && !fact.signalOpen && !fact.abortDue && !fact.unresponsive) {
      this.#untoldSince.set(candidate, Math.min(since ?? Infinity, fact.t));
    }
  }

  /** It let go of a lease that was its own and is so still, and did not empty the record. */
  #checkRelease(candidate: Candidate, fact: Fact & { kind: 'ended' }): void {
    const { who, term, letGo, knownKeys, sight } = candidate;
    if (fact.released || term === null || !letGo || UNRELEASED.has(fact.reason)) return;
    const put = this.ledger.commits.findLast(({ changesRecord }) => changesRecord);
    if (put === undefined || !isOwn(candidate, put) || put.termTime !== term.termTime) return;
    if (!knownKeys.has(put.record?.key ?? '')) return;
    // It was shown that its record had been taken away, and a write that it had given up came later.
    const isGone = sight?.record == null || sight.record.kind === 'bare';
    if (isGone && put.revision > (sight?.revision ?? 0)) return;
    // On a lease that was stored too short it may not lead on: that is a loss.
    if ((put.record?.durationMs ?? Infinity) <= candidate.info.renewMs) return;
    if (!leaseMayRun(candidate, term, soon(fact.local))) return;
    const what = `${who} has ended (${fact.reason}) without a release, and its record stands in the lock`;
    this.report('release-given-up', fact.t, what);
  }
}

/** A timer at the end of the lease may be that early. */
function soon({ monotonicMs, wallMs }: Local): Local {
  return { monotonicMs: monotonicMs + TIMER_SLACK_MS, wallMs: wallMs + TIMER_SLACK_MS };
}

/** A record that holds the lock for it, and that it has written itself. */
function isOwn(candidate: Candidate, { author, record, request }: Commit): boolean {
  const holds = record?.kind === 'held' && record.holder === candidate.info.identity;
  return author === candidate && holds && request !== null;
}
