import type { Fact } from '../facts.js';
import { type Candidate, type Commit, lastSentMs, type Request, validHold } from './ledger.js';
import { type SeenRecord, recordOf, revisionOf } from './records.js';
import { RuleGroup } from './rule.js';

type AfterTheEnd = 'leads-after-stop-callback' | 'leads-after-failed-work';

interface Note {
  readonly rule: AfterTheEnd;
  /** Of the lock, `leader`; of the work alone, `signalOpen`. */
  readonly what: 'leader' | 'signalOpen';
  /** Writes that were under way then, or left at that very moment: until they are answered, the lock is held on. */
  readonly writesUntil: number;
}

type Asked = Fact & { readonly kind: 'asked' };

/** Timers may be that late in a process that is free to run them. */
const TIMER_SLACK_MS = 25;

/** Who leads when: at most one at a time, on a write of its own, and never past its deadline. */
export class LeadershipRules extends RuleGroup {
  readonly #leaders = new Set<Candidate>();
  /** Leaders that have just been shown another's record. */
  readonly #superseded = new Set<Candidate>();
  /** Leaders that have just been shown that their record was stored with too short a duration. */
  readonly #short = new Set<Candidate>();
  readonly #stopped = new Map<Candidate, Note>();

  before(fact: Fact): void {
    if (fact.kind === 'answered') this.#noteSuperseded(fact);
    if (fact.kind === 'heard') this.#noteHeard(fact);
    if (fact.kind === 'stopCallback') this.#note(fact, 'leads-after-stop-callback', 'signalOpen');
    if (fact.kind === 'stopCallbackEnded' || fact.kind === 'workEnded') this.#noteEnd(fact);
    if (fact.kind === 'began') {
      const candidate = this.ledger.get(fact.who);
      if (candidate !== null) this.#stopped.delete(candidate);
    }
    if (fact.kind === 'crashed') {
      const candidate = this.ledger.get(fact.who);
      if (candidate !== null) this.#leaders.delete(candidate);
    }
  }

  after(fact: Fact): void {
    if (fact.kind !== 'asked') return;
    const candidate = this.ledger.get(fact.who);
    if (candidate === null) return;
    this.#checkAbort(candidate, fact);
    if (fact.leader || fact.signalOpen) {
      this.#leaders.add(candidate);
      this.#checkWrite(candidate, fact);
      if (this.#leaders.size > 1) this.#checkOthers(candidate, fact);
    } else this.#leaders.delete(candidate);
    this.#checkNotes(candidate, fact);
  }

  /** What may not be so any more when the candidate is asked next. */
  #note(
    { who, term, t }: { readonly who: string; readonly term: number; readonly t: number },
    rule: AfterTheEnd,
    what: Note['what'],
  ): void {
    const candidate = this.ledger.get(who);
    if (candidate?.terms !== term) return;
    this.#stopped.set(candidate, { rule, what, writesUntil: what === 'leader' ? t : -Infinity });
  }

  /**
   * Once both the work and the stop callback have ended, nothing is left to hold the lock for but the
   * answer to a renewal that is under way: what is released must be known.
   */
  #noteEnd(fact: Fact & { kind: 'stopCallbackEnded' | 'workEnded' }): void {
    const candidate = this.ledger.get(fact.who);
    const term = candidate?.term ?? null;
    if (candidate === null || term === null) return;
    const told = term.stopCalls > 0 && !candidate.stopping.has(term);
    if (fact.kind === 'workEnded' ? told : !term.workRuns) {
      this.#note(fact, 'leads-after-stop-callback', 'leader');
    } else if (fact.kind === 'workEnded' && fact.failed) {
      this.#note(fact, 'leads-after-failed-work', 'signalOpen');
    }
  }

  #checkWrite(candidate: Candidate, fact: Asked): void {
    const { who, info, holds, lastCommit } = candidate;
    const hold = validHold(candidate, fact.local);
    if (holds.length === 0) {
      this.report('leads-without-write', fact.t, `${who} has never stored a record`);
    } else if (hold === null) {
      const what = `${who} leads, and its last stored write was sent over ${info.renewMs / 1000} s ago`;
      this.report('leads-past-deadline', fact.t, what);
    } else if (lastCommit?.record?.kind === 'released' && lastCommit.revision > hold.revision) {
      this.report('leads-after-release', fact.t, `${who} leads, and has released the lock`);
    }
  }

  #checkOthers(candidate: Candidate, fact: Asked): void {
    for (const other of this.#leaders) {
      if (other === candidate) continue;
      const first = (other.holds.at(-1)?.revision ?? 0) < (candidate.holds.at(-1)?.revision ?? 0);
      const [older, newer] = first ? [other, candidate] : [candidate, other];
      if (this.#promiseWasVoid(older, newer)) continue;
      this.report('two-leaders', fact.t, `${older.who} and ${newer.who} lead at the same time`);
    }
  }

  /**
   * Somebody who is no candidate of ours took away what the older leader's lease rests on, before
   * what the newer one's rests on: deleted the object or its record, emptied the holder, put a lease in its place
   * that is shorter, one that had stood there before, or one in the name of somebody who may take
   * its own at once. No other edit is an excuse.
   */
  #promiseWasVoid(older: Candidate, newer: Candidate): boolean {
    const restsOn = older.holds.at(-1)?.revision ?? 0;
    const won = newer.holds.at(-1)?.revision ?? 0;
    return (
      this.ledger.commits.some(
        (commit) =>
          commit.author === null &&
          commit.revision > restsOn &&
          commit.revision < won &&
          this.#endsLeaseEarly(commit, older),
      ) || isCapped(older, newer)
    );
  }

  #endsLeaseEarly(commit: Commit, older: Candidate): boolean {
    const { after, record } = commit;
    if (!commit.changesRecord) return false;
    if (after === null || record === null) return true;
    if (record.kind === 'bare' || record.kind === 'released') return true;
    // To who wrote it, that is a write of its own which came late; to who saw it long ago, it is old.
    if (commit.bringsBack || this.ledger.reclaimed.has(record.holder)) return true;
    return (record.durationMs ?? this.ledger.shortestLeaseMs) < older.info.leaseMs;
  }

  #checkAbort(candidate: Candidate, fact: Asked): void {
    if (!fact.abortDue || fact.unresponsive || fact.t - candidate.frozenAt < 1) return;
    // Timers go by the monotonic clock: what a machine has slept is not counted here.
    const sentMs = lastSentMs(candidate);
    const overMs = fact.local.monotonicMs - sentMs - candidate.info.renewMs;
    if (overMs < TIMER_SLACK_MS || sentMs === -Infinity) return;
    const what = `${candidate.who} could run, and its signal is not aborted ${overMs.toFixed(1)} ms past the deadline`;
    this.report('signal-late', fact.t, what);
  }

  #noteSuperseded({ who, request, status, body }: Fact & { kind: 'answered' }): void {
    const candidate = this.ledger.get(who);
    if (candidate === null || !candidate.leader || body === null) return;
    if (status !== 200 && status !== 201) return;
    const verb = this.ledger.request(request)?.verb;
    const record = recordOf(body);
    if (isShort(candidate, record)) this.#short.add(candidate);
    if (verb !== 'get') return;
    if (record.kind === 'bare' || candidate.ownKeys.has(record.key)) return;
    if ((revisionOf(body) ?? 0) < (candidate.lastCommit?.revision ?? 0)) return;
    this.#superseded.add(candidate);
  }

  /** The leader's watch has told of another's record, or that its own lease is too short. */
  #noteHeard({ who, revision, body }: Fact & { kind: 'heard' }): void {
    const candidate = this.ledger.get(who);
    if (candidate === null || !candidate.leader || body === null) return;
    const record = recordOf(body);
    const isOwn = candidate.ownKeys.has(record.key);
    if (record.kind === 'bare' || (isOwn && !isShort(candidate, record))) return;
    // With its own name, it may be what has been made of a write whose answer will tell.
    const mayBeAnswered = writesUnderWay(candidate).length > 0;
    if (record.holder === candidate.info.identity && mayBeAnswered) return;
    const known = candidate.sight?.revision ?? 0;
    const lastOwn = candidate.lastCommit?.revision ?? 0;
    // What was so before its own last write, or before what it has been shown, is no news.
    if (revision <= known || (isOwn ? revision < lastOwn : revision <= lastOwn)) return;
    (isOwn ? this.#short : this.#superseded).add(candidate);
  }

  #checkNotes(candidate: Candidate, fact: Asked): void {
    if (this.#superseded.delete(candidate) && fact.leader) {
      const what = `${candidate.who} was shown another's record and leads on`;
      this.report('leads-though-superseded', fact.t, what);
    }
    if (this.#short.delete(candidate) && fact.leader) {
      const what = `${candidate.who} leads on, and was shown that its stored lease is no longer than its renew deadline`;
      this.report('leads-on-short-lease', fact.t, what);
    }
    const note = this.#stopped.get(candidate);
    if (note === undefined) return;
    const waits = writesUnderWay(candidate).some(({ t }) => t <= note.writesUntil);
    if (fact[note.what] && waits) return;
    this.#stopped.delete(candidate);
    if (fact[note.what]) this.report(note.rule, fact.t, `${candidate.who} leads on`);
  }
}

function writesUnderWay({ requests }: Candidate): Request[] {
  return [...requests.values()].filter(({ record }) => record !== null);
}

/** Its record as it stands, with a duration that admission has made too short to lead on. */
function isShort({ ownKeys, info }: Candidate, { key, kind, durationMs }: SeenRecord): boolean {
  return ownKeys.has(key) && kind === 'held' && durationMs !== null && durationMs <= info.renewMs;
}

/** Admission has made the older one's lease so short that it runs out for the newer before it ends. */
function isCapped(older: Candidate, newer: Candidate): boolean {
  const { record, request } = older.holds.at(-1) ?? {};
  if (record?.durationMs == null || record.durationMs === request?.record?.durationMs) return false;
  return record.durationMs / newer.info.clockRate <= older.info.renewMs / older.info.clockRate;
}
