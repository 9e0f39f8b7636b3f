import type { Fact } from '../facts.js';
import { type Candidate, type Ledger, firstOf, validHold } from './ledger.js';
import { recordOf } from './records.js';
import type { Report, Rules } from './rule.js';

/** Terms: begun on a stored write, told of once, ended once, and released when all is done. */
export class TermRules implements Rules {
  terms = 0;
  readonly #ledger: Ledger;
  readonly #report: Report;
  /** Tokens of the latest terms, by the revision at which each was won. */
  readonly #tokens: { wonAt: number; token: bigint; who: string }[] = [];

  constructor(ledger: Ledger, report: Report) {
    this.#ledger = ledger;
    this.#report = report;
  }

  after(fact: Fact): void {
    const candidate = 'who' in fact ? this.#ledger.get(fact.who) : null;
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
        if (candidate.term !== null && candidate.terms === fact.term) {
          candidate.term.stopRuns = false;
        }
        break;
      case 'sent':
        if (fact.body !== null && recordOf(fact.body).kind === 'released') {
          this.#checkRelease(candidate, fact.t);
        }
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
      this.#report(
        'stop-callback-count',
        t,
        `${who}: a term begins, and no one was told of the end of the last`,
      );
    }
    const hold = validHold(candidate, local);
    if (hold === null) {
      this.#report('work-without-write', t, `${who} begins a term without a stored write`);
    }
    const won = firstOf(candidate);
    const wonAt = won?.revision ?? 0;
    candidate.term = {
      token,
      wonAt,
      workRuns: false,
      workStarts: 0,
      stopCalls: 0,
      stopRuns: false,
    };
    this.#checkToken(candidate, token, wonAt, t);
  }

  #checkToken({ who, holds }: Candidate, token: bigint, wonAt: number, t: number): void {
    const say = (what: string): void => {
      this.#report(
        'token-order',
        t,
        `${who} has token ${token} for the term won at ${wonAt}: ${what}`,
      );
    };
    const stood = this.#ledger.commits.find(({ revision }) => BigInt(revision) === token);
    if (stood?.record?.acquireTime !== holds.at(-1)?.record?.acquireTime) {
      say('that is no version at which its record stood in the lock');
    }
    for (const other of this.#tokens) {
      const agrees = other.wonAt < wonAt ? other.token < token : other.token > token;
      if (!agrees) say(`${other.who} has ${other.token}, won at ${other.wonAt}`);
    }
    this.#tokens.push({ wonAt, token, who });
    if (this.#tokens.length > 16) this.#tokens.shift();
  }

  #startWork(candidate: Candidate, { t, local }: Fact & { kind: 'workStarted' }): void {
    const { who, term } = candidate;
    if (term === null || term.workStarts > 0 || term.stopCalls > 0) {
      this.#report('work-start-count', t, `${who} starts work outside a term, or twice in one`);
    }
    if (validHold(candidate, local) === null) {
      this.#report('work-without-write', t, `${who} starts work without a stored write`);
    }
    if (term === null) return;
    term.workStarts += 1;
    term.workRuns = true;
  }

  #stop({ who, term }: Candidate, t: number): void {
    if (term === null || term.stopCalls > 0) {
      const what = term === null ? 'without a term' : 'a second time';
      this.#report('stop-callback-count', t, `${who}: the stop callback is called ${what}`);
    }
    if (term === null) return;
    term.stopCalls += 1;
    term.stopRuns = true;
  }

  #checkRelease({ who, term, info }: Candidate, t: number): void {
    if (term === null || info.library !== 'ours') return;
    if (term.stopCalls === 0 || term.stopRuns) {
      const what = `${who} sends its release before its stop callback has ended`;
      this.#report('release-before-stop-callback', t, what);
    }
    if (term.workRuns) {
      this.#report('release-before-drained', t, `${who} sends its release while its work runs`);
    }
  }

  #checkEnd(candidate: Candidate, fact: Fact & { kind: 'ended' }): void {
    const { who, term, terms, releases } = candidate;
    // A hand may have brought an old record of its back since.
    const put = this.#ledger.commits.findLast(({ changesRecord }) => changesRecord);
    const { t } = fact;
    if (term?.stopCalls === 0) {
      this.#report(
        'stop-callback-count',
        t,
        `${who} has ended, and no one was told that it stopped leading`,
      );
    }
    if (fact.led !== terms > 0) {
      this.#report(
        'outcome',
        t,
        `${who} says that it ${fact.led ? 'led' : 'never led'}: ${terms} terms`,
      );
    }
    const holds =
      put?.author === candidate && put.record?.kind === 'held' && put.request?.refused !== true;
    if (fact.released && (releases === 0 || holds)) {
      this.#report('outcome', t, `${who} says that it released the lock, and did not`);
    }
    if (fact.timersLeft + fact.requestsLeft > 0) {
      const what = `${who} has ended, with ${fact.timersLeft} timers and ${fact.requestsLeft} requests left`;
      this.#report('left-behind', t, what);
    }
  }
}
