import type { CandidateInfo, Fact, Json, Local } from '../facts.js';
import { elapsed, Ledger } from '../verifier/ledger.js';
import { LivenessRules } from '../verifier/liveness.js';
import { foreignContent, recordOf, revisionOf, type SeenRecord } from '../verifier/records.js';
import { type Report, type Violation, reporter } from '../verifier/rule.js';

/** A stored write of a candidate that names it as the holder. */
interface Hold {
  readonly revision: number;
  readonly local: Local;
  readonly key: string;
}

/** What a candidate has been shown of one object, and since when, by its monotonic clock. */
interface Sight {
  readonly key: string;
  readonly revision: number;
  readonly sinceMs: number;
  readonly isFirst: boolean;
}

interface Judged {
  readonly who: string;
  readonly process: string;
  readonly info: CandidateInfo;
  readonly holds: Map<string, Hold[]>;
  readonly released: Map<string, number>;
  readonly sights: Map<string, Sight>;
  leading: boolean;
  wonAt: number;
}

interface Sent {
  readonly who: string;
  readonly local: Local;
  readonly sight: Sight | null;
}

interface Stored {
  readonly revision: number;
  readonly author: Judged | null;
  readonly isOwnHold: boolean;
}

const HOLDS_KEPT = 12;
const CHANGES_KEPT = 200;
const CLOCK_SLACK_MS = 0.01;

/**
 * Judges fleets that move from one lock to another by the true timeline alone: a leader holds every
 * lock that it takes part in, by a stored write of its own that is not too old; nobody leads beside
 * it, and no edit is an excuse.
 */
export class MigrationJudge {
  terms = 0;
  readonly violations: Violation[] = [];
  /** Of how many terms the leader took part in which locks. */
  readonly takeovers: Record<string, number> = {};
  readonly worstMargin = null;
  readonly closestMargin = null;
  readonly #ledger = new Ledger();
  readonly #liveness: LivenessRules;
  readonly #report: Report;
  readonly #all = new Map<string, Judged>();
  readonly #sent = new Map<number, Sent>();
  /** Of each kind of object, what has changed its record. */
  readonly #changes = new Map<string, Stored[]>();
  /** Every record that a candidate of ours has stored, and the process that has. */
  readonly #authors = new Map<string, string>();
  /** How often each machine has lost its process. */
  readonly #crashes = new Map<string, number>();
  #lastToken = 0n;

  constructor(onViolation: (violation: Violation) => void = () => undefined) {
    this.#report = reporter(this.violations, onViolation);
    this.#liveness = new LivenessRules(this.#ledger, this.#report);
  }

  get awaitsLeader(): boolean {
    return this.#liveness.waits;
  }

  get longestWaitMs(): number {
    return this.#liveness.longestWaitMs;
  }

  observe(fact: Fact): void {
    if (fact.kind === 'committed') this.#checkCommit(fact);
    this.#ledger.take(fact);
    this.#liveness.after(fact);
    switch (fact.kind) {
      case 'joined':
        if (fact.info.library === 'ours') {
          this.#all.set(fact.who, judged(fact.who, fact.info, this.#processOf(fact)));
        }
        break;
      case 'sent':
        this.#send(fact);
        break;
      case 'answered':
        if (fact.status >= 200 && fact.status <= 299) this.#show(fact, fact.body);
        break;
      case 'heard':
        this.#show(fact, fact.body);
        break;
      case 'asked':
        this.#checkAnswer(fact);
        break;
      case 'began':
        this.#begin(fact);
        break;
      case 'stopCallback':
        if (fact.reason === 'superseded') this.#checkLoss(fact);
        break;
      case 'crashed':
        this.#crashes.set(hostOf(fact.who), (this.#crashes.get(hostOf(fact.who)) ?? 0) + 1);
        this.#all.delete(fact.who);
        break;
      case 'ended':
        this.#all.delete(fact.who);
        break;
      default:
        break;
    }
  }

  #send({ who, request, verb, body, local, t }: Fact & { kind: 'sent' }): void {
    const candidate = this.#all.get(who);
    if (candidate === undefined || body === null) return;
    this.#sent.set(request, { who, local, sight: candidate.sights.get(kindOf(body)) ?? null });
    if (verb === 'update' && revisionOf(body) === null) {
      this.#report('unconditional-write', t, `${who} sends #${request} without a version`);
    }
  }

  #show({ who, local }: Fact & { kind: 'answered' | 'heard' }, body: Json | null): void {
    const candidate = this.#all.get(who);
    const revision = body === null ? null : revisionOf(body);
    if (candidate === undefined || body === null || revision === null) return;
    const kind = kindOf(body);
    const { key } = recordOf(body);
    const before = candidate.sights.get(kind);
    if (before !== undefined && revision <= before.revision) return;
    const sinceMs = before?.key === key ? before.sinceMs : local.monotonicMs;
    const isFirst = before === undefined || (before.key === key && before.isFirst);
    candidate.sights.set(kind, { key, revision, sinceMs, isFirst });
  }

  #checkCommit(fact: Fact & { kind: 'committed' }): void {
    const { before, after, revision, t, request } = fact;
    const sent = request === null ? undefined : this.#sent.get(request);
    const author = this.#authorOf(fact.who);
    if (after === null) return;
    const kind = kindOf(after);
    const record = recordOf(after);
    const was = before === null ? null : recordOf(before);
    const isHold = record.kind === 'held' && record.holder === author?.info.identity;
    if (record.key !== was?.key) {
      const changes = this.#changes.get(kind) ?? [];
      this.#changes.set(kind, changes);
      changes.push({ revision, author, isOwnHold: isHold });
      if (changes.length > CHANGES_KEPT) changes.shift();
    }
    if (author === null) return;
    if (before !== null && foreignContent(before) !== foreignContent(after)) {
      this.#report('foreign-content-lost', t, `${fact.who} has changed what is not its own`);
    }
    if (was !== null) this.#checkOver(author, was, record, sent, t);
    this.#authors.set(record.key, author.process);
    if (record.kind === 'released') author.released.set(kind, revision);
    if (!isHold || sent === undefined) return;
    const holds = author.holds.get(kind) ?? [];
    author.holds.set(kind, holds);
    holds.push({ revision, local: sent.local, key: record.key });
    if (holds.length > HOLDS_KEPT) holds.shift();
  }

  /** A record that somebody else holds is waited for as long as it names, and emptied by nobody else. */
  #checkOver(
    author: Judged,
    was: SeenRecord,
    record: SeenRecord,
    sent: Sent | undefined,
    t: number,
  ): void {
    const { who, info } = author;
    if (this.#authors.get(was.key) === author.process || was.kind === 'released') return;
    if (record.kind === 'released') {
      if (was.kind === 'held') this.#report('foreign-release', t, `${who} has released ${was.key}`);
      return;
    }
    if (was.kind === 'bare' || sent === undefined) return;
    if (info.reclaimsOwnIdentity && was.holder === info.identity) return;
    const { sight, local } = sent;
    if (sight?.key !== was.key) {
      this.#report('early-take', t, `${who} wrote over what it was never shown: ${was.key}`);
      return;
    }
    if (info.usesServerClock && sight.isFirst) return;
    const waitMs = sight.sinceMs + (was.durationMs ?? info.leaseMs) - local.monotonicMs;
    if (waitMs <= CLOCK_SLACK_MS) return;
    const what = `${who} wrote over ${was.key}, ${waitMs.toFixed(1)} ms before it ran out`;
    this.#report('early-take', t, what);
  }

  #checkAnswer({ who, leader, signalOpen, local, t }: Fact & { kind: 'asked' }): void {
    const candidate = this.#all.get(who);
    if (candidate === undefined) return;
    candidate.leading = leader || signalOpen;
    if (!candidate.leading) return;
    for (const other of this.#all.values()) {
      if (!other.leading || other === candidate) continue;
      this.#report('two-leaders', t, `${other.who} and ${who} lead at the same time`);
    }
    for (const kind of candidate.info.locks ?? []) this.#checkHold(candidate, kind, local, t);
  }

  #checkHold({ who, info, holds, released }: Judged, kind: string, local: Local, t: number): void {
    const valid = holds.get(kind)?.findLast((hold) => elapsed(hold.local, local) < info.renewMs);
    if (holds.get(kind) === undefined) {
      this.#report('leads-without-write', t, `${who} leads, and has never held the ${kind}`);
    } else if (valid === undefined) {
      const what = `${who} leads, and wrote the ${kind} over ${info.renewMs / 1000} s ago`;
      this.#report('leads-past-deadline', t, what);
    } else if ((released.get(kind) ?? 0) > valid.revision) {
      this.#report('leads-after-release', t, `${who} leads, and has released the ${kind}`);
    }
  }

  #begin({ who, token, t }: Fact & { kind: 'began' }): void {
    const candidate = this.#all.get(who);
    if (candidate === undefined) return;
    this.terms += 1;
    const locks = candidate.info.locks ?? [];
    const name = locks.length > 1 ? 'as holder of both' : `as holder of the ${locks.join()}`;
    this.takeovers[name] = (this.takeovers[name] ?? 0) + 1;
    const last = [...candidate.holds.values()].flatMap((holds) => holds.at(-1)?.revision ?? []);
    candidate.wonAt = Math.max(0, ...last);
    if (token <= this.#lastToken) {
      this.#report('token-order', t, `${who} has token ${token} after ${this.#lastToken}`);
    }
    this.#lastToken = token;
  }

  /** It ends its term for another's record: there must have been one, in one of its locks. */
  #checkLoss({ who, t }: Fact & { kind: 'stopCallback' }): void {
    const candidate = this.#all.get(who);
    if (candidate === undefined) return;
    const isAllOwn = (candidate.info.locks ?? []).every((kind) => {
      const since = candidate.holds.get(kind)?.[0]?.revision ?? Infinity;
      const changes = this.#changes.get(kind) ?? [];
      return (
        since <= candidate.wonAt &&
        changes
          .filter(({ revision }) => revision >= since)
          .every(({ author, isOwnHold }) => author === candidate && isOwnHold)
      );
    });
    if (isAllOwn)
      this.#report('superseded-by-itself', t, `${who} ends its term for its own record`);
  }

  /** A process that runs for office again knows what it wrote before, a half that it left included. */
  #processOf({ who, info }: { who: string; info: CandidateInfo }): string {
    const host = hostOf(who);
    return `${host} ${info.identity} ${this.#crashes.get(host) ?? 0}`;
  }

  /** Null: by hand, or by a candidate of another library, or by one that is gone. */
  #authorOf(who: string): Judged | null {
    return this.#all.get(who) ?? null;
  }
}

function judged(who: string, info: CandidateInfo, process: string): Judged {
  const nothing = { leading: false, wonAt: 0 };
  return {
    who,
    process,
    info,
    holds: new Map(),
    released: new Map(),
    sights: new Map(),
    ...nothing,
  };
}

function hostOf(who: string): string {
  return who.split('.')[0] ?? who;
}

function kindOf(object: Json): string {
  return object['kind'] === 'ConfigMap' ? 'ConfigMap' : 'Lease';
}
