import type { Fact, Local } from '../facts.js';
import {
  type Candidate,
  type TermState,
  elapsed,
  firstOf,
  termTimeOf,
  validHold,
} from './ledger.js';
import { recordOf } from './records.js';
import { RuleGroup } from './rule.js';

/** Terms: begun on a stored write, told of once, ended once, and released when all is done. */
export class TermRules extends RuleGroup {
  terms = 0;
  /** Tokens of the latest terms, by the revision at which each was won. */
  readonly #tokens: { wonAt: number; token: bigint; who: string }[] = [];

  after(fact: Fact): void {
    const candidate = 'who' in fact ? this.ledger.get(fact.who) : null;
    if (candidate === null) return;
    switch (fact.kind) {
      case 'began':
        this.#begin(candidate, fact);
        break;
      case 'workStarted':
        this.#startWork(candidate, fact);
        break;
      case 'workEnded':
        if (candidate.term !== null && candidate.terms === fact.term) {
          candidate.term.workRuns = false;
        }
        break;
      case 'stopCallback':
        this.#stop(candidate, fact.t);
        break;
      case 'stopCallbackEnded':
        this.#endStop(candidate, fact.term);
        break;
      case 'setBack':
        for (const term of candidate.stopping) leaseMayRun(candidate, term, fact.local);
        break;
      case 'sent':
        if (candidate.info.library === 'ours') this.#checkWrite(candidate, fact);
        break;
      case 'ended':
        this.#checkEnd(candidate, fact);
        break;
      default:
        break;
    }
  }

  #begin(candidate: Candidate, { t, token, local }: Fact & { kind: 'began' }): void {
    const { who, term } = candidate;
    this.terms += 1;
    candidate.terms += 1;
    if (term !== null && term.stopCalls === 0) {
      this.report(
        'stop-callback-count',
        t,
        `${who}: a term begins, and no one was told of the end of the last`,
      );
    }
    this.#checkBeside(candidate, t, local, 'begins a term');
    const hold = validHold(candidate, local);
    if (hold === null) {
      this.report('work-without-write', t, `${who} begins a term without a stored write`);
    }
    const won = firstOf(candidate);
    const wonAt = won?.revision ?? 0;
    candidate.term = {
      number: candidate.terms,
      token,
      wonAt,
      termTime: won?.termTime,
      workRuns: false,
      workStarts: 0,
      stopCalls: 0,
      ranOut: false,
      succeeded: false,
    };
    this.#checkToken(candidate, token, wonAt, t);
  }

  #checkToken(candidate: Candidate, token: bigint, wonAt: number, t: number): void {
    const { who, holds } = candidate;
    const say = (what: string): void => {
      this.report(
        'token-order',
        t,
        `${who} has token ${token} for the term won at ${wonAt}: ${what}`,
      );
    };
    const stood = this.ledger.commits.find(({ revision }) => BigInt(revision) === token);
    // Others may have edited the object, with that record in it.
    const { acquireTime } = stood?.record ?? {};
    if (termTimeOf(candidate, acquireTime ?? 'none') !== holds.at(-1)?.termTime) {
      say('that is no version at which its record stood in the lock');
    }
    const since = this.#stoodSince(token, wonAt);
    for (const other of this.#tokens) {
      const agrees = other.wonAt < since ? other.token < token : other.token > token;
      if (!agrees) say(`${other.who} has ${other.token}, won at ${other.wonAt}`);
    }
    this.#tokens.push({ wonAt: since, token, who });
    if (this.#tokens.length > 16) this.#tokens.shift();
  }

  /** A record that an edit has brought back, over another's, is in the lock since that edit. */
  #stoodSince(token: bigint, wonAt: number): number {
    const put = this.ledger.commits.findLast(
      ({ changesRecord, revision }) => changesRecord && BigInt(revision) <= token,
    );
    return put?.bringsBack === true ? Math.max(wonAt, put.revision) : wonAt;
  }

  #startWork(candidate: Candidate, { t, local }: Fact & { kind: 'workStarted' }): void {
    const { who, term } = candidate;
    if (term === null || term.workStarts > 0 || term.stopCalls > 0) {
      this.report('work-start-count', t, `${who} starts work outside a term, or twice in one`);
    }
    if (validHold(candidate, local) === null) {
      this.report('work-without-write', t, `${who} starts work without a stored write`);
    }
    if (term === null) return;
    term.workStarts += 1;
    term.workRuns = true;
  }

  #stop({ who, term, stopping }: Candidate, t: number): void {
    if (term === null || term.stopCalls > 0) {
      const what = term === null ? 'without a term' : 'a second time';
      this.report('stop-callback-count', t, `${who}: the stop callback is called ${what}`);
    }
    if (term === null) return;
    term.stopCalls += 1;
    stopping.add(term);
  }

  #endStop({ stopping }: Candidate, number: number): void {
    for (const term of stopping) if (term.number === number) stopping.delete(term);
  }

  #checkWrite(candidate: Candidate, { body, t, local }: Fact & { kind: 'sent' }): void {
    const { term, info } = candidate;
    if (body === null || term === null) return;
    const { kind, holder, acquireTime } = recordOf(body);
    if (kind === 'released') this.#checkRelease(candidate, t, local);
    const holds = kind === 'held' && holder === info.identity;
    if (!holds || termTimeOf(candidate, acquireTime) === term.termTime) return;
    term.succeeded = true;
    this.#checkBeside(candidate, t, local, 'sends a claim');
  }

  /** What a candidate claims again it may release at once, and the callback loses its protection. */
  #checkBeside(candidate: Candidate, t: number, local: Local, does: string): void {
    for (const term of candidate.stopping) {
      if (!leaseMayRun(candidate, term, local)) continue;
      const what = `${candidate.who} ${does}, and the stop callback of its term ${term.number} runs, whose lease has not run out`;
      this.report('claim-before-stop-callback', t, what);
    }
  }

  #checkRelease(candidate: Candidate, t: number, local: Local): void {
    const { who, term, stopping } = candidate;
    if (term === null) return;
    // One that hangs has no protection beyond its lease, once the candidate has gone on to claim.
    const beside = [...stopping].some(
      (earlier) => (earlier === term && !term.succeeded) || leaseMayRun(candidate, earlier, local),
    );
    if (term.stopCalls === 0 || beside) {
      const what = `${who} sends its release before its stop callback has ended`;
      this.report('release-before-stop-callback', t, what);
    }
    if (term.workRuns) {
      this.report('release-before-drained', t, `${who} sends its release while its work runs`);
    }
  }

  #checkEnd(candidate: Candidate, fact: Fact & { kind: 'ended' }): void {
    const { who, info, term, terms, releases } = candidate;
    // An edit may have brought an old record of its back since; or have emptied it, which looks like its
    // own release where the digits of the times are cut, and leaves the lock as free.
    const put = this.ledger.commits.findLast(({ changesRecord }) => changesRecord);
    const { t } = fact;
    if (term?.stopCalls === 0) {
      this.report(
        'stop-callback-count',
        t,
        `${who} has ended, and no one was told that it stopped leading`,
      );
    }
    if (fact.led !== terms > 0) {
      this.report(
        'outcome',
        t,
        `${who} says that it ${fact.led ? 'led' : 'never led'}: ${terms} terms`,
      );
    }
    // What was stored otherwise than it was sent, it cannot know for its own without the answer.
    const holds =
      put?.author === candidate &&
      candidate.knownKeys.has(put.record?.key ?? '') &&
      put.record?.kind === 'held' &&
      put.record.holder === info.identity &&
      put.request?.refused !== true;
    const emptied = put?.author === null && put.record?.kind === 'released';
    if (fact.released && ((releases === 0 && !emptied) || holds)) {
      this.report('outcome', t, `${who} says that it released the lock, and did not`);
    }
    if (fact.timersLeft + fact.requestsLeft > 0) {
      const what = `${who} has ended, with ${fact.timersLeft} timers and ${fact.requestsLeft} requests left`;
      this.report('left-behind', t, what);
    }
  }
}

/**
 * By the candidate's own clocks, the lease that its last stored write of that term gave it. Once one
 * of them has shown that it has run out it counts as such, even if that clock has been set back.
 */
export function leaseMayRun({ holds, info }: Candidate, term: TermState, now: Local): boolean {
  const last = holds.findLast(({ termTime }) => termTime === term.termTime);
  const since = last?.request?.local;
  if (since === undefined || elapsed(since, now) >= info.leaseMs) term.ranOut = true;
  return !term.ranOut;
}
