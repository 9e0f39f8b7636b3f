import type { CandidateInfo, Fact, Json, Local, Verb } from '../facts.js';
import { type SeenRecord, recordOf, revisionOf } from './records.js';
import { type Sight, see, seeAnswer } from './sight.js';

export interface Request {
  readonly id: number;
  readonly who: string;
  readonly verb: Verb;
  readonly local: Local;
  readonly record: SeenRecord | null;
  /** The version that the write is conditional on. */
  readonly condition: number | null;
  /** What its sender had been shown when it was sent, and whether it led. */
  readonly sight: Sight | null;
  readonly leading: boolean;
  readonly t: number;
  /** The newest revision of the lock at that moment. */
  readonly revision: number;
  /** Its sender was told that it conflicts. It may have been stored all the same, delivered twice. */
  refused: boolean;
}

export interface Commit {
  /** Null: by hand, or by a candidate of another library. */
  readonly author: Candidate | null;
  readonly byForeigner: boolean;
  readonly request: Request | null;
  readonly t: number;
  readonly revision: number;
  readonly before: Json | null;
  readonly after: Json | null;
  readonly record: SeenRecord | null;
  /** It changed the election record, or took it away. */
  readonly changesRecord: boolean;
  /** The record that it put there had stood there before, and another since. */
  readonly bringsBack: boolean;
  /** The `acquireTime` with which its author's term began, whatever was made of it on the way. */
  readonly termTime: string;
}

export interface TermState {
  /** The first one is number 1. */
  readonly number: number;
  readonly token: bigint;
  readonly wonAt: number;
  /** As in all its writes, and in those of no other term. */
  readonly termTime: string | undefined;
  workRuns: boolean;
  workStarts: number;
  stopCalls: number;
  /** Its lease had run out by its clocks at some time while its stop callback ran. */
  ranOut: boolean;
  /** The candidate has sent a claim to a further term. */
  succeeded: boolean;
}

export interface Candidate {
  readonly who: string;
  readonly info: CandidateInfo;
  readonly requests: Map<number, Request>;
  /** Its commits that name it as the holder, newest last; older ones can matter no more. */
  holds: Commit[];
  lastCommit: Commit | null;
  /** How often it has released the lock. */
  releases: number;
  readonly ownKeys: Set<string>;
  /** Of these, those that it can know for its own: stored as they were sent, or told in an answer. */
  readonly knownKeys: Set<string>;
  /** What admission has made of an `acquireTime`, and what it was when the claim was sent. */
  readonly termTimes: Map<string, string>;
  sight: Sight | null;
  /** The newest revision that an answer has shown it. What a watch tells proves no write. */
  answered: number;
  leader: boolean;
  signalOpen: boolean;
  unresponsive: boolean;
  /** True time of the last moment at which it could not run. */
  frozenAt: number;
  alive: boolean;
  over: boolean;
  goneAt: number;
  term: TermState | null;
  /** Terms whose stop callback runs: the present one and earlier ones. */
  readonly stopping: Set<TermState>;
  terms: number;
  toldToStop: Local | null;
  stopFrozenAt: number;
  /** Its monotonic time when the signal of its present term was aborted. */
  drainsSinceMs: number;
  /** When it last ceased to lead, it could have led on, and had not drained for too long. */
  letGo: boolean;
}

type Asked = Fact & { readonly kind: 'asked' };
type Answered = Fact & { readonly kind: 'answered' };

const COMMITS_KEPT = 400;
const HOLDS_KEPT = 12;
/** No request stays under way for that long. */
const FORGET_MS = 600_000;

/** Everything that has happened so far, put in order for the rules to judge by. */
export class Ledger {
  readonly candidates = new Map<string, Candidate>();
  readonly commits: Commit[] = [];
  #joined = 0;
  readonly #keys = new Set<string>();
  readonly #open = new Map<number, Request>();

  /** The shortest lease that any candidate of ours would wait for a record without a duration. */
  shortestLeaseMs = Infinity;
  /** When they died, in true time. */
  readonly #deadProcesses = new Map<string, number>();
  /** Identities whose bearers take a record in their own name at once. */
  readonly reclaimed = new Set<string>();

  get(who: string): Candidate | null {
    return this.candidates.get(who) ?? null;
  }

  request(id: number): Request | null {
    return this.#open.get(id) ?? null;
  }

  /**
   * The process of the candidate of ours that has put this record there was dead at that true time. Its
   * duration does not matter: who edits that brings nobody back.
   */
  isOfTheDead({ holder, acquireTime, renewTime, transitions }: SeenRecord, t: number): boolean {
    const writer = this.commits.findLast(
      ({ author, record }) =>
        author !== null &&
        record?.holder === holder &&
        record.acquireTime === acquireTime &&
        record.renewTime === renewTime &&
        record.transitions === transitions,
    );
    const process = writer?.author?.info.process;
    return process !== undefined && (this.#deadProcesses.get(process) ?? Infinity) <= t;
  }

  /** Call after the rules that judge by what was before have seen the fact. */
  take(fact: Fact): void {
    if (fact.kind === 'joined') {
      if (++this.#joined % 64 === 0) this.#forget(fact.t);
      this.candidates.set(fact.who, newCandidate(fact.who, fact.info));
      const { library, leaseMs, reclaimsOwnIdentity, identity } = fact.info;
      if (library === 'ours') this.shortestLeaseMs = Math.min(this.shortestLeaseMs, leaseMs);
      if (reclaimsOwnIdentity) this.reclaimed.add(identity);
      return;
    }
    if (fact.kind === 'committed') {
      this.#commit(fact);
      return;
    }
    const candidate = 'who' in fact ? this.get(fact.who) : null;
    if (candidate === null) return;
    switch (fact.kind) {
      case 'sent':
        this.#sent(candidate, fact);
        break;
      case 'answered':
        candidate.requests.delete(fact.request);
        seeAnswer(candidate, fact, this.request(fact.request));
        this.#noteRefusal(fact);
        noteKnown(candidate, fact, this.request(fact.request));
        noteAnswer(candidate, fact);
        break;
      case 'heard':
        see(candidate, fact.body, fact.revision, fact.local);
        break;
      case 'gaveUp':
        candidate.requests.delete(fact.request);
        break;
      case 'asked':
        noteLettingGo(candidate, fact);
        candidate.leader = fact.leader;
        candidate.signalOpen = fact.signalOpen;
        candidate.unresponsive = fact.unresponsive;
        if (fact.unresponsive) candidate.frozenAt = fact.t;
        break;
      case 'began':
        // Work may fail before anybody can ask.
        candidate.drainsSinceMs = fact.local.monotonicMs;
        break;
      case 'froze':
      case 'thawed':
        candidate.frozenAt = fact.t;
        break;
      case 'toldToStop':
        candidate.toldToStop ??= fact.local;
        break;
      case 'ended':
        candidate.over = true;
        candidate.goneAt = fact.t;
        break;
      case 'crashed':
        candidate.alive = false;
        this.#noteDeath(candidate.info, fact.t);
        candidate.goneAt = fact.t;
        candidate.leader = false;
        candidate.signalOpen = false;
        break;
      default:
        break;
    }
  }

  #noteDeath({ process }: CandidateInfo, t: number): void {
    if (process !== undefined && !this.#deadProcesses.has(process)) {
      this.#deadProcesses.set(process, t);
    }
  }

  #sent(candidate: Candidate, fact: Fact & { kind: 'sent' }): void {
    const request: Request = {
      id: fact.request,
      who: fact.who,
      verb: fact.verb,
      local: fact.local,
      record: fact.body === null ? null : recordOf(fact.body),
      condition: fact.body === null ? null : revisionOf(fact.body),
      sight: candidate.sight,
      leading: fact.leading,
      t: fact.t,
      revision: this.commits.at(-1)?.revision ?? 0,
      refused: false,
    };
    candidate.requests.set(fact.request, request);
    this.#open.set(fact.request, request);
  }

  #noteRefusal({ request, status }: Fact & { kind: 'answered' }): void {
    const refused = status === 409 ? this.request(request) : null;
    if (refused !== null) refused.refused = true;
  }

  #commit(fact: Fact & { kind: 'committed' }): void {
    const author = this.get(fact.who);
    const record = fact.after === null ? null : recordOf(fact.after);
    const changesRecord =
      record?.key !== (fact.before === null ? undefined : recordOf(fact.before).key);
    const request = fact.request === null ? null : this.request(fact.request);
    const commit: Commit = {
      author: author?.info.library === 'ours' ? author : null,
      byForeigner: author !== null && author.info.library !== 'ours',
      request,
      t: fact.t,
      revision: fact.revision,
      before: fact.before,
      after: fact.after,
      record,
      changesRecord,
      bringsBack: changesRecord && record !== null && this.#keys.has(record.key),
      termTime: author === null ? '' : noteTermTime(author, request?.record ?? null, record),
    };
    if (record !== null) this.#keys.add(record.key);
    this.commits.push(commit);
    if (author === null && record !== null && commit.before !== null) {
      this.#noteOtherDuration(recordOf(commit.before), record);
    }
    if (this.commits.length > 2 * COMMITS_KEPT) this.commits.splice(0, COMMITS_KEPT);
    if (author === null || commit.record === null) return;
    author.lastCommit = commit;
    if (commit.record.kind === 'released') author.releases += 1;
    // A record that was put into another's name on its way is no record of its own.
    if (commit.record.kind === 'held' && commit.record.holder !== author.info.identity) return;
    author.ownKeys.add(commit.record.key);
    if (commit.record.key === request?.record?.key) author.knownKeys.add(commit.record.key);
    if (commit.record.kind !== 'held') return;
    author.holds.push(commit);
    if (author.holds.length > HOLDS_KEPT) author.holds.shift();
  }

  /** Somebody has changed the duration of a record and nothing else: it is its writer's still. */
  #noteOtherDuration(was: SeenRecord, is: SeenRecord): void {
    const same =
      was.kind === is.kind &&
      was.holder === is.holder &&
      was.acquireTime === is.acquireTime &&
      was.renewTime === is.renewTime &&
      was.transitions === is.transitions;
    if (!same) return;
    for (const { ownKeys } of this.candidates.values()) {
      if (ownKeys.has(was.key)) ownKeys.add(is.key);
    }
  }

  /** Candidates that are long gone, and requests that can take effect no more. */
  #forget(now: number): void {
    for (const [who, { goneAt }] of this.candidates) {
      if (goneAt < now - FORGET_MS) this.candidates.delete(who);
    }
    for (const [id, { t }] of this.#open) if (t < now - FORGET_MS) this.#open.delete(id);
  }
}

function newCandidate(who: string, info: CandidateInfo): Candidate {
  return {
    who,
    info,
    requests: new Map(),
    holds: [],
    lastCommit: null,
    releases: 0,
    ownKeys: new Set(),
    knownKeys: new Set(),
    termTimes: new Map(),
    sight: null,
    answered: 0,
    leader: false,
    signalOpen: false,
    unresponsive: false,
    frozenAt: -Infinity,
    alive: true,
    over: false,
    goneAt: Infinity,
    term: null,
    stopping: new Set(),
    terms: 0,
    toldToStop: null,
    stopFrozenAt: -Infinity,
    drainsSinceMs: Infinity,
    letGo: false,
  };
}

/** Since when a holder must assume time to have passed: the larger of its two clocks' readings. */
export function elapsed(since: Local, now: Local): number {
  return Math.max(now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs);
}

/** The newest stored write of the candidate on which it may still found a leadership now. */
export function validHold(
  { holds, info }: Pick<Candidate, 'holds' | 'info'>,
  now: Local,
): Commit | null {
  for (let i = holds.length - 1; i >= 0; i--) {
    const hold = holds[i];
    if (hold?.request != null && elapsed(hold.request.local, now) < info.renewMs) return hold;
  }
  return null;
}

/** When, by its monotonic clock, it sent the latest of its stored writes; one sent before may be stored after. */
export function lastSentMs({ holds }: Candidate): number {
  return Math.max(...holds.map(({ request }) => request?.local.monotonicMs ?? -Infinity));
}

/** The commit with which the candidate's present possession of the lock began. */
export function firstOf({ holds }: Candidate): Commit | undefined {
  const last = holds.at(-1);
  return holds.find((hold) => hold.termTime === last?.termTime);
}

/** The `acquireTime` that the claim was sent with to which this one goes back. */
export function termTimeOf({ termTimes }: Candidate, acquireTime: string): string {
  return termTimes.get(acquireTime) ?? acquireTime;
}

/** A timer may be that early. */
const TIMER_SLACK_MS = 1;

function noteLettingGo(candidate: Candidate, { leader, signalOpen, local }: Asked): void {
  if (candidate.signalOpen && !signalOpen) candidate.drainsSinceMs = local.monotonicMs;
  if (!candidate.leader || leader) return;
  const drainedMs = local.monotonicMs - candidate.drainsSinceMs;
  const known = candidate.holds.filter(({ revision }) => revision <= candidate.answered);
  candidate.letGo =
    validHold({ holds: known, info: candidate.info }, local) !== null &&
    drainedMs < candidate.info.drainMs - TIMER_SLACK_MS;
}

function noteAnswer(candidate: Candidate, { status, body }: Answered): void {
  if (status < 200 || status > 299 || body === null) return;
  candidate.answered = Math.max(candidate.answered, revisionOf(body) ?? 0);
}

function noteTermTime(
  author: Candidate,
  sent: SeenRecord | null,
  stored: SeenRecord | null,
): string {
  if (sent === null || stored === null) return stored?.acquireTime ?? '';
  const termTime = termTimeOf(author, sent.acquireTime);
  if (stored.acquireTime !== sent.acquireTime) author.termTimes.set(stored.acquireTime, termTime);
  return termTime;
}

/** An answer to a write of its own shows it what was made of the record. */
function noteKnown(
  { ownKeys, knownKeys }: Candidate,
  { status, body }: Answered,
  request: Request | null,
): void {
  const isWrite = request?.verb === 'create' || request?.verb === 'update';
  if (!isWrite || status < 200 || status > 299 || body === null) return;
  const { key } = recordOf(body);
  if (ownKeys.has(key)) knownKeys.add(key);
}
