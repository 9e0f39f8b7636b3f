import type { EndReason, Outcome } from '../../src/config/leader-election-config.js';
import type { Instant } from '../../src/time/clock.js';
import { AT_ONCE, EPSILON, heldFor, PACE, type Seen } from './rules.js';
import {
  check,
  Disagreement,
  type Reading,
  type Settings,
  type StoredRecord,
  type Verb,
} from './trace.js';

export type Phase =
  | 'idle'
  /** Waiting for the lock, or taking it. */
  | 'following'
  /** Stopped before it led, with a write that may be stored yet. */
  | 'withdrawing'
  | 'holding'
  /** The signal is aborted, the lock is still held and renewed. */
  | 'draining'
  | 'releasing'
  /** The term was lost. */
  | 'lost'
  | 'over';

export interface OwnWrite {
  readonly id: number;
  readonly record: StoredRecord;
  readonly sentAt: Instant;
  readonly verb: Verb;
  /** Since it was sent the lock was seen in a state that others gave it. */
  outdated: boolean;
  /** It was stored and has left the record as it was, so others cannot see that it was made. */
  unseen: boolean;
  /** Sent to win a term, rather than to keep one or to give it up. */
  readonly taking: boolean;
}

export interface Flight {
  readonly id: number;
  readonly verb: Verb;
  readonly record: StoredRecord | null;
  readonly sentAt: Instant;
  /** When the candidate must give it up, on the monotonic clock. */
  readonly bound: number;
  /** The same, if it had to wait before it was sent. */
  readonly earliestBound: number;
  readonly phase: Phase;
  /** Sent at the end of a release: the last try of that, or the first one of a new term. */
  readonly outOfTime: boolean;
}

/** The next request: when it may and must be sent, and which ones are allowed. */
export interface Plan {
  readonly from: number;
  /** Null when none needs to be sent. */
  readonly to: number | null;
  readonly get: boolean;
  /** The version that an update must be conditional on; null when none is allowed. */
  readonly update: string | null;
  readonly create: boolean;
  /** The version whose age is to be asked for. */
  readonly age?: string;
}

export interface Term {
  readonly number: number;
  /** The request that won it. */
  readonly wonBy: number;
  /** As it was written, and as it may be stored. */
  readonly acquireTimes: readonly string[];
  readonly transitions: number;
  /** Any of them may stand for the write that won the term. */
  readonly tokens: readonly string[];
  readonly wonAt: Instant;
  validFrom: Instant;
  /** Which request stored the record as it is now. */
  lastWrite: number;
  /** What the next write is conditional on; null once the object was found to be gone. */
  version: string | null;
  /** How the lock was last found to be stored. */
  reading: Reading;
  /** The last one that is known to have existed. */
  lastVersion: string;
  /** Why it ends, once it does: any of these, where two things came together. */
  reasons: readonly EndReason[];
  endedAt: number;
  signalAborted: boolean;
  stopCalls: number;
  stopSettled: boolean;
  /** Lost, and by some reading of the clocks since then its lease has run out. */
  ranOut: boolean;
  work: 'unstarted' | 'running' | 'finished' | 'failed';
  workError: unknown;
  overruns: number;
  /** At this moment the lock may or may not be taken for lost to somebody else. */
  mayBeSupersededAt: number;
}

/** What must happen by a certain time on the monotonic clock. */
interface Due {
  readonly by: number;
  /** Needs no timer, so it must have happened when the command that caused it is over. */
  readonly atOnce: boolean;
}

/** Everything the reference candidate remembers, and what it is owed. */
export class ReferenceState {
  phase: Phase = 'idle';
  now: Instant = { monotonicMs: 0, wallMs: 0 };
  /** The end of the last time that the process stood still: what was due before is due now. */
  thawedAt = 0;
  flight: Flight | null = null;
  plan: Plan | null = null;
  seen: Seen | null = null;
  /** Something was heard of the lock, if only that it is not there. */
  hasLooked = false;
  /** The age of what was seen first has been asked for. */
  askedAge = false;
  /** The process of which was heard last that it is dead. */
  dead: string | null = null;
  /** False when the object was found to be gone since. */
  unchanged = true;
  /** Another's lease as last seen, by its end. It outlives the object. */
  liveUntil = -Infinity;
  /** How long that one's holder has to be waited for, should its record vanish. */
  liveFor: number | null = null;
  /** When our own lease has run out for others, as far as the last record that was seen tells. */
  ownUntil = -Infinity;
  /** How long that is, from when the record has vanished. */
  ownFor: number;
  /** The same, once the record has vanished. */
  vanishedOwnUntil: number | null = null;
  readonly writes = new Map<number, OwnWrite>();
  /** Writes that were sent and of which nothing is known since. */
  readonly unknownWrites = new Set<number>();
  /** Writes whose answer has told how they are stored. */
  readonly knownWrites = new Set<number>();
  failures = 0;
  /** A write of an earlier term that was found to be stored, and is valid still. */
  claimable: { readonly write: OwnWrite; readonly reading: Reading } | null = null;
  term: Term | null = null;
  readonly terms: Term[] = [];
  stopRequested = false;
  /** When draining gives up; once there is nothing left to wait for but an answer, never. */
  drainBy = Infinity;
  released = false;
  /** Whether that was ever so, in this term or in an earlier one. */
  releasedOnce = false;
  /** The earliest end of the lease that a release may go by: its own reads may find a later one. */
  releaseFrom = Infinity;
  /** When the last write that was sent before the release has run out, whatever has become of it. */
  releaseUntil = -Infinity;
  /** The term that may be being released yet: nothing has told that from a new try so far. */
  lastReleased: Term | null = null;
  /** Whether the candidacy may end with the term that was lost. */
  mayEnd = false;
  /** Whether the release may be given up, because the record may be another's. */
  mayGiveUp = false;
  /** The identity that was announced last, and whether it has been seen to be gone since. */
  leader: string | null = null;
  leaderGone = false;
  mayAnnounce: string | null = null;
  /** How often each thing was told to a callback (counted up) and by an event (counted down). */
  readonly told = new Map<string, number>();
  outcome: Outcome | null = null;
  readonly #dues = new Map<string, Due>();
  /** How many requests were free after the last one, and when that was. */
  #free = AT_ONCE;
  #countedAt = 0;

  constructor(readonly settings: Settings) {
    this.ownFor = settings.lease;
  }

  get time(): number {
    return this.now.monotonicMs;
  }

  /** The most that the wall clock has been ahead of the monotonic one, since the start. */
  wallLead = -Infinity;

  /**
   * Whether some reading of the clocks so far says that the renew deadline has passed: a wall clock
   * that was set forward and back again may have been asked in between.
   */
  get mayBeLapsed(): boolean {
    const { validFrom } = this.current;
    const byWall = this.time + this.wallLead - validFrom.wallMs;
    return this.lapsed || byWall >= this.settings.renewDeadline - EPSILON;
  }

  /** Whether the candidacy may go on after failed work, which the rules leave open. */
  get mayGoOn(): boolean {
    const { onLost } = this.settings;
    return onLost === 'rejoin' && !this.stopRequested && this.current.reasons.includes('failed');
  }

  /** Whether the lock is ours, and renewed. */
  get holds(): boolean {
    return this.phase === 'holding' || this.phase === 'draining';
  }

  /** Whether the work has ended and the application has heard of the end. */
  get isThrough(): boolean {
    const { stopSettled, work } = this.current;
    return stopSettled && work !== 'running';
  }

  get current(): Term {
    check(this.term !== null, 'there is no term');
    return this.term;
  }

  /** Whether the renew deadline of the present term has passed. */
  get lapsed(): boolean {
    return heldFor(this.current.validFrom, this.now) >= this.settings.renewDeadline - EPSILON;
  }

  /** When the present term ends without a renewal, as far as a timer can know. */
  get deadline(): number {
    return this.current.validFrom.monotonicMs + this.settings.renewDeadline;
  }

  /** When the present term's lease has run out for everybody. */
  get leaseEnd(): number {
    return this.current.validFrom.monotonicMs + this.settings.lease;
  }

  /** When a release has to be over: a write without an answer may hold the lock for longer. */
  get releaseEnd(): number {
    return Math.max(this.leaseEnd, this.releaseUntil);
  }

  owe(what: string, by: number, atOnce = false): void {
    this.#dues.set(what, { by, atOnce });
  }

  oweAtOnce(what: string, by = this.time): void {
    this.owe(what, by, true);
  }

  /** It has happened, or need not happen any more. */
  settle(what: string): void {
    this.#dues.delete(what);
  }

  isOwed(what: string): boolean {
    return this.#dues.has(what);
  }

  /** Owed to have happened by now, and not by a timer that may fire yet. */
  isOwedAtOnce(what: string): boolean {
    return this.#dues.get(what)?.atOnce ?? false;
  }

  /** When it is due at the latest; null when it is not owed. */
  dueTime(what: string): number | null {
    return this.#dues.get(what)?.by ?? null;
  }

  /** @param loopRan whether the timers that are due by now have fired */
  checkDues(loopRan: boolean, commandOver: boolean): void {
    for (const [what, { by, atOnce }] of this.#dues) {
      const until = Math.max(by, this.thawedAt);
      const over = this.time > until + EPSILON;
      const overByNow = this.time > until - EPSILON && (loopRan || (atOnce && commandOver));
      if (over || overByNow) throw new Disagreement(`due at ${until} but missing: ${what}`);
    }
  }

  tell(what: string, by: 1 | -1): void {
    this.told.set(what, (this.told.get(what) ?? 0) + by);
  }

  get dueTimes(): number[] {
    return [...this.#dues.values()].map(({ by }) => by);
  }

  expect(plan: Plan | null): void {
    this.plan = plan;
    const by = plan?.to ?? null;
    if (by === null) this.settle('a request');
    else this.owe('a request', Math.max(by, this.pacedUntil));
  }

  /** How many requests are free: whoever has asked for much has to wait. */
  get free(): number {
    return Math.min(AT_ONCE, this.#free + (this.time - this.#countedAt) / PACE);
  }

  countRequest(): void {
    this.#free = this.free - 1;
    this.#countedAt = this.time;
  }

  /** How long the next request may have to wait, be given up meanwhile, and be tried anew. */
  get pacedUntil(): number {
    const missing = 1 - this.free;
    return missing > 0 ? this.time + missing * PACE + this.settings.retryPeriod : -Infinity;
  }

  /** Whether what is read can be told for a write of this candidate, by its answer or to the digit. */
  knows(reading: Reading): boolean {
    const { author, record } = reading;
    const write = author === null ? undefined : this.writes.get(author);
    if (author === null || write === undefined || record === null) return false;
    const { acquireTime, renewTime } = write.record;
    const whole = record.acquireTime === acquireTime && record.renewTime === renewTime;
    return whole || this.knownWrites.has(author);
  }

  /** What was seen last says that a process holds the lock of which was heard that it is dead. */
  get holderIsDead(): boolean {
    const process = this.seen?.reading.process ?? null;
    return process !== null && process === this.dead;
  }

  /** A lease of somebody else, for as long as it is known to live. */
  get liveHolder(): boolean {
    return this.liveUntil > this.time + EPSILON;
  }
}
