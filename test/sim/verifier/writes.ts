import type { Fact, Json } from '../facts.js';
import { type Candidate, type Commit, type Request, termTimeOf } from './ledger.js';
import { type SeenRecord, foreignContent, isOffered, recordOf, revisionOf } from './records.js';
import { RuleGroup } from './rule.js';

/** A decision and the sending that follows it may read the clock at slightly different moments. */
const CLOCK_SLACK_MS = 0.01;
const TIMER_SLACK_MS = 25;
/** The server dates what it stores by whole seconds. */
const WHOLE_SECONDS_MS = 1000;

/** What candidates of ours send, and what of it takes effect. */
export class WriteRules extends RuleGroup {
  before(fact: Fact): void {
    if (fact.kind !== 'answered' && fact.kind !== 'gaveUp') return;
    const candidate = this.#ours(fact.who);
    const request = this.ledger.request(fact.request);
    if (candidate !== null && request !== null) this.#checkDuration(candidate, request, fact);
  }

  after(fact: Fact): void {
    if (fact.kind === 'sent') {
      const candidate = this.#ours(fact.who);
      if (candidate !== null && fact.body !== null) this.#checkSent(candidate, fact, fact.body);
    } else if (fact.kind === 'committed') {
      const commit = this.ledger.commits.at(-1);
      if (commit?.author != null) this.#checkCommit(commit.author, commit, fact.t);
    }
  }

  #ours(who: string): Candidate | null {
    const candidate = this.ledger.get(who);
    return candidate?.info.library === 'ours' ? candidate : null;
  }

  #checkSent(candidate: Candidate, { t, request, verb, leading }: Sent, body: Json): void {
    const { who, info } = candidate;
    if (verb === 'update' && revisionOf(body) === null) {
      this.report('unconditional-write', t, `${who} sends #${request} without a version`);
    }
    const { kind, holder, acquireTime } = recordOf(body);
    const termTime = termTimeOf(candidate, acquireTime);
    const renews = candidate.holds.some((hold) => hold.termTime === termTime);
    if (kind === 'held' && holder === info.identity && renews && !leading) {
      this.report('zombie-renewal', t, `${who} renews with #${request}, and does not lead`);
    }
  }

  #checkCommit(candidate: Candidate, commit: Commit, t: number): void {
    const { before, after, record } = commit;
    if (after === null || record === null) return;
    const was = before === null ? null : recordOf(before);
    if (before !== null && foreignContent(before) !== foreignContent(after)) {
      const what = `${candidate.who} has changed what is not its own: ${foreignContent(before)} became ${foreignContent(after)}`;
      this.report('foreign-content-lost', t, what);
    }
    if (was !== null) this.#checkTransitions(candidate, was, record, t);
    const isOwn = was !== null && candidate.ownKeys.has(was.key);
    const wroteItself = isOwn && was.key !== record.key;
    if (record.kind === 'released') {
      if (wroteItself && was.kind === 'held') return;
      this.report('foreign-release', t, `${candidate.who} has released ${was?.key ?? 'nothing'}`);
      return;
    }
    // A renewal that admission makes into the very record that it renews takes nothing either.
    const renews = wroteItself || (isOwn && commit.request?.leading === true);
    if (!renews) this.#checkTake(candidate, commit, t);
  }

  /** Counted up when the holder changes, kept when it renews or lets go. */
  #checkTransitions({ who, info }: Candidate, was: SeenRecord, is: SeenRecord, t: number): void {
    if (was.kind === 'bare' || was.kind === 'unreadable') return;
    const changes = is.kind === 'held' && was.holder !== info.identity;
    if (is.transitions === was.transitions + (changes ? 1 : 0)) return;
    const what = `${who} wrote ${is.transitions} transitions after ${was.transitions}`;
    this.report('transitions', t, what);
  }

  /** The lock was not the candidate's: it must have waited for as long as anyone may have led. */
  #checkTake(candidate: Candidate, commit: Commit, t: number): void {
    const { before, request } = commit;
    if (request === null) return;
    const { who, info, ownKeys } = candidate;
    const was = before === null ? null : recordOf(before);
    const { sight } = request;
    const sentMs = request.local.monotonicMs;
    const say = (what: string): void => {
      this.report('early-take', t, `${who} took the lock ${what} (#${request.id})`);
    };
    if (was?.kind === 'released') return;
    if (was === null || was.kind === 'bare') {
      // A holder puts its record back; anyone else waits for the lease that it knows of.
      if (request.leading && isRenewal(candidate, commit)) return;
      if (sight?.record != null && ownKeys.has(sight.record.key)) return;
      const waitMs = (sight?.expiresMs ?? -Infinity) - sentMs;
      if (waitMs > CLOCK_SLACK_MS) {
        say(`after it had vanished, ${waitMs.toFixed(1)} ms before the lease it knew of ran out`);
      }
      return;
    }
    if (info.reclaimsOwnIdentity && was.holder === info.identity) return;
    if (sight?.record?.key !== was.key) {
      say(`over a record that it had never been shown: ${was.key}`);
      return;
    }
    const isOfTheDead =
      before !== null && isOffered(before) && this.ledger.isOfTheDead(was, request.t);
    if (info.heedsPods === true && isOfTheDead) return;
    const waitMs = sight.sinceMs + (was.durationMs ?? info.leaseMs) - sentMs;
    if (waitMs <= CLOCK_SLACK_MS || this.#isLongDead(candidate, request, was)) return;
    say(`${waitMs.toFixed(1)} ms before ${was.key} ran out`);
  }

  /**
   * Nobody has renewed for two leases, and five seconds: by what happened, not by its dates. Whoever
   * has seen the lock change knows better than any date.
   */
  #isLongDead({ info }: Candidate, { condition, t, sight }: Request, was: SeenRecord): boolean {
    if (!info.usesServerClock || condition === null || sight?.isFirst !== true) return false;
    const hasTime = was.kind === 'held';
    if (hasTime && was.renewTime === '') return false;
    const { commits } = this.ledger;
    // A record that is put back, as from a backup, was renewed when it first stood there.
    const renewed = hasTime
      ? commits.find(({ record }) => record?.renewTime === was.renewTime)
      : commits.findLast(({ revision, changesRecord }) => revision <= condition && changesRecord);
    const ageMs = t - (renewed?.t ?? -Infinity) + WHOLE_SECONDS_MS;
    return ageMs > 2 * (was.durationMs ?? info.leaseMs) && ageMs >= info.leaseMs + 5000;
  }

  #checkDuration(candidate: Candidate, request: Request, fact: Settled): void {
    const { who, info, holds, frozenAt, unresponsive } = candidate;
    if (unresponsive || frozenAt >= request.t) return;
    const tookMs = fact.local.monotonicMs - request.local.monotonicMs;
    if (tookMs > info.renewMs / 2 + TIMER_SLACK_MS) {
      const what = `${who} waited ${tookMs.toFixed(0)} ms for #${request.id}`;
      this.report('request-unbounded', fact.t, what);
    }
    const renews = request.leading && request.record?.kind === 'held';
    const validFromMs = holds.at(-1)?.request?.local.monotonicMs;
    if (!renews || validFromMs === undefined) return;
    const overMs = fact.local.monotonicMs - validFromMs - info.renewMs;
    if (overMs > TIMER_SLACK_MS) {
      const what = `${who} left its renewal #${request.id} under way ${overMs.toFixed(0)} ms past its deadline`;
      this.report('request-unbounded', fact.t, what);
    }
  }
}

type Sent = Fact & { readonly kind: 'sent' };
type Settled = Fact & { readonly kind: 'answered' | 'gaveUp' };

function isRenewal({ ownKeys, holds }: Candidate, commit: Commit): boolean {
  return (
    commit.record !== null &&
    ownKeys.size > 0 &&
    holds.some((hold) => hold.termTime === commit.termTime && hold !== commit)
  );
}
