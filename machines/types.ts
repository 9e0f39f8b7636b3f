import type { EndReason, Outcome, ResolvedConfig } from '../src/config/leader-election-config.js';
import type { Term, TermHandle } from '../src/term/term.js';
import type { LockError } from '../src/errors/lock-error.js';
import type { Decision, Observation } from '../src/lock/decide.js';
import type { LeaderElectionRecord } from '../src/lock/record.js';
import type { HolderDeath, LockNews, LockSnapshot } from '../src/lock/resource-lock.js';
import type { Instant } from '../src/time/clock.js';

/** A write of ours, dated just before it was sent: from there its validity counts. */
export interface SentWrite {
  /** As it was sent; as it is stored, once the answer has told. */
  readonly record: LeaderElectionRecord;
  readonly sentAt: Instant;
  /** The version that it is conditional on; null: that there is no object. */
  readonly baseVersion: string | null;
  /** That of the record which it replaces; absent where there is none. */
  readonly baseFingerprint?: string | undefined;
}

/** The lease as we hold it: the last write that is known to be committed. */
export interface HeldLease {
  /** As it is stored. */
  readonly record: LeaderElectionRecord;
  /** We lead until the renew deadline, counted from here. */
  readonly validFrom: Instant;
  /** When we learned of the commit; the next renewal starts a retry period later. */
  readonly confirmedAt: Instant;
  /** What the next write is conditional on; null once the object was found to be deleted. */
  readonly base: LockSnapshot | null;
}

/** Read-only data. Whatever changes is replaced, in the actions of the chart. */
export interface ElectionContext {
  readonly config: ResolvedConfig;
  /** What we know of the lock, and since when. */
  readonly observation: Observation | null;
  /** What to do about it, as long as we do not lead. */
  readonly decision: Decision | null;
  /** The process of which was heard last that it is dead; null: of none. See `LockSnapshot.holder`. */
  readonly deadHolder: string | null;
  /** The identity last seen to hold the lock; null when nobody does. */
  readonly leader: string | null;
  /** The write under way, or without an answer; null once its fate is known. */
  readonly attempt: SentWrite | null;
  /** The attempt is under way: its answer is still to come, and may tell how it is stored. */
  readonly answerDue: boolean;
  /** Writes that may stand in the lock, or yet come to; newest last. See `own-writes.ts`. */
  readonly ownWrites: readonly SentWrite[];
  /** Null unless we hold the lock, or held it until just now. */
  readonly lease: HeldLease | null;
  readonly term: TermHandle | null;
  /** Whether `onStoppedLeading` was called for the present term. */
  readonly stopAnnounced: boolean;
  /** Failed tries in a row. */
  readonly failures: number;
  readonly retryAfterMs: number | null;
  /** Between 0 and 1, drawn anew for each wait. */
  readonly jitter: number;
  /** Changes of the lock are told as they happen; if not, it is read again and again. */
  readonly watching: boolean;
  /** How far candidates spread their tries when the lock comes free, in ms; wider in a crowd. */
  readonly contentionWindowMs: number;
  readonly stopRequested: boolean;
  /** Why the present term ends. */
  readonly endReason: EndReason | null;
  readonly workError: unknown;
  readonly released: boolean;
  /** The fields of our records of which was told that they are altered when they are stored. */
  readonly alteredFields: readonly string[];
  readonly termsLed: number;
  readonly endAnnounced: boolean;
}

export type ElectionEvent =
  /** Become a candidate. */
  | { readonly type: 'start' }
  /** Give up: drain and release if we lead. */
  | { readonly type: 'stop' }
  /** Something says that the lock may have changed: look now rather than at the next poll. */
  | { readonly type: 'wake' }
  /** The watch has something to tell. It may be old, or told before. */
  | {
      readonly type: 'lockChanged';
      readonly news: LockNews;
      /** Monotonic time, in ms. */
      readonly receivedAtMs: number;
    }
  /** The watch tells of changes from now on; with a gap, some may have gone unheard before. */
  | { readonly type: 'watchOpened'; readonly gap: boolean }
  /** The watch tells of nothing at present. */
  | { readonly type: 'watchFailed'; readonly error: LockError }
  /** A process is dead for certain: a lock that it holds is free. */
  | { readonly type: 'holderDied'; readonly death: HolderDeath }
  /** Of a holder that dies, nothing will be told. */
  | { readonly type: 'evidenceFailed'; readonly error: LockError }
  /** Somebody asked, and by the clock the renew deadline has passed. */
  | { readonly type: 'lapse' }
  | CallbackFailed;

/** A callback threw or rejected. */
export interface CallbackFailed {
  readonly type: 'callbackFailed';
  readonly callback: CallbackName;
  readonly error: unknown;
}

export type CallbackName = 'onStartedLeading' | 'onStoppedLeading' | 'onNewLeader' | 'onOverrun';

/**
 * Outward news, for `actor.on(type, listener)` and `election.on(type, listener)`. The page of the API
 * has these texts, word for word.
 */
export type ElectionEmitted =
  /** A try to read or take the lock failed; it is repeated for as long as it takes. */
  | { readonly type: 'acquireFailed'; readonly error: LockError; readonly failures: number }
  /** This candidate leads. */
  | { readonly type: 'startedLeading'; readonly term: Term }
  /** A renewal is stored. */
  | { readonly type: 'renewed'; readonly leadingUntil: Date }
  /** A renewal failed; it is tried again until the renew deadline, which is `remainingMs` away. */
  | {
      readonly type: 'renewFailed';
      readonly error: LockError;
      readonly failures: number;
      readonly remainingMs: number;
    }
  /** The term has begun to drain: its signal is aborted, the lock is still held. */
  | { readonly type: 'draining'; readonly reason: EndReason }
  /** The term is over for its work: `onStoppedLeading` is about to be called. */
  | { readonly type: 'stoppedLeading'; readonly reason: EndReason }
  /** The work or, if that has finished, `onStoppedLeading` is late: the lock is not released. */
  | { readonly type: 'drainTimeout'; readonly workFinished: boolean }
  /** The lock was given back. */
  | { readonly type: 'released' }
  /** A try to release failed; it is repeated until the lease has run out. */
  | { readonly type: 'releaseFailed'; readonly error: LockError; readonly failures: number }
  /** Another identity than before holds the lock, or one is seen for the first time. */
  | { readonly type: 'newLeader'; readonly identity: string }
  /**
   * Nobody is known to hold the lock any more: it was released or deleted, or its record cannot be
   * read. A lease that only runs out names its last holder until another takes it.
   */
  | { readonly type: 'vacant' }
  /** The stored record cannot be read: it counts as held until it has not changed for a lease. */
  | { readonly type: 'recordUnreadable'; readonly problem: string }
  /** A field of our record was stored otherwise than it was written; told once for each. */
  | { readonly type: 'recordAltered'; readonly problem: string }
  /** The lease of a lost term has run out and its work goes on: it may run beside another leader. */
  | { readonly type: 'overrun'; readonly term: Term }
  | CallbackFailed
  /** Changes of the lock are heard of as they happen, from now on. */
  | { readonly type: 'watching' }
  /** The lock cannot be watched at present: it is read again and again, until `watching`. */
  | { readonly type: 'watchFailed'; readonly error: LockError }
  /**
   * The process that holds the lock has ended, by evidence that stands in words, so that nobody waits
   * for its lease. Told only with `podEvidence`.
   */
  | { readonly type: 'holderDied'; readonly evidence: string }
  /** `podEvidence` does nothing for now, for this reason: the lease of a holder that dies is waited for. */
  | { readonly type: 'evidenceFailed'; readonly error: LockError }
  /** The candidacy is over, because it was asked to end or because a term of it has ended. */
  | { readonly type: 'ended'; readonly outcome: Outcome; readonly stopRequested: boolean };

export type ElectionTag = 'leader';

/** The ids of the invoked actors, and what each of them runs (see `actors.ts`). */
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- XState wants an index signature, which only a type alias has by itself
export type ElectionChildren = {
  readonly notifier: 'notifier';
  readonly watch: 'watchLock';
  readonly readLock: 'readLock';
  readonly readBack: 'readLock';
  readonly askAge: 'askAge';
  readonly claim: 'writeLock';
  readonly renewal: 'writeLock';
  readonly release: 'writeLock';
  readonly tenure: 'tenure';
  readonly work: 'work';
  readonly workSettled: 'workSettled';
  readonly onStoppedLeading: 'stoppedCallback';
  readonly stopSettled: 'stopSettled';
};

/**
 * Where a candidate stands, in one word: the top-level states, with `participating` replaced by what
 * goes on in it (see `stateName`).
 */
export type ElectionState =
  /** Not a candidate yet. */
  | 'idle'
  /** Looks at the lock, waits, and takes it when nobody can be leading. */
  | 'acquiring'
  /** Holds the lease; the work runs. */
  | 'leading'
  /** The same, while a renewal is under way. */
  | 'renewing'
  /** Holds the lease; the work was told to end and has not yet. */
  | 'draining'
  /** Gives the lock back. */
  | 'releasing'
  /** Does not lead any more; the work winds down. */
  | 'lost'
  /** Pauses before it competes again. */
  | 'rejoining'
  /** Over. */
  | 'stopped';

/** What `election.on(type, listener)` delivers: the chart's news, and each change of state. */
export type ElectionNews =
  | ElectionEmitted
  /** The candidate has moved on. */
  | {
      readonly type: 'stateChanged';
      readonly state: ElectionState;
      readonly previous: ElectionState;
    };
