import type { EndReason, Outcome } from '../../src/config/leader-election-config.js';
import type { LockErrorKind } from '../../src/errors/lock-error.js';
import type { LeaderElectionRecordFields } from '../../src/lock/record.js';
import type { Instant } from '../../src/time/clock.js';

/** What the candidate under test is configured with, in milliseconds. */
export interface Settings {
  readonly identity: string;
  readonly lease: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
  readonly drainTimeout: number;
  readonly onLost: 'return' | 'rejoin';
  readonly releaseWhenDone: boolean;
  readonly reclaimOwnIdentity: boolean;
  readonly useServerClock: boolean;
}

export type StoredRecord = Required<LeaderElectionRecordFields>;
/** `age`: asks the server how long ago it has stored what was read; nothing is written. */
export type Verb = 'get' | 'create' | 'update' | 'age';

/** An object as it was read or written. */
export interface Reading {
  readonly version: string;
  readonly record: StoredRecord | null;
  readonly unreadable: string | null;
  /** Which request of the candidate stored this record; null when somebody else did. */
  readonly author: number | null;
  /** The versions under which the object has carried this record, the first to the present one. */
  readonly versions: readonly string[];
  /** When it was stored, by the clock of the server. */
  readonly writtenAt: number;
  /** Which process holds the lock by it, as it says itself; null: it does not say. */
  readonly process: string | null;
}

export type Answer =
  | ({ readonly ok: true } & Reading)
  | { readonly ok: false; readonly kind: LockErrorKind; readonly retryAfter: number | null };

/** One thing that went into the candidate or came out of it. */
export type Happening =
  | { readonly type: 'run' | 'stop' | 'wake' | 'thaw' }
  | {
      readonly type: 'request';
      readonly id: number;
      readonly verb: Verb;
      readonly record: StoredRecord | null;
      /** The version the write is conditional on. */
      readonly base: string | null;
    }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  /** The answer to the question for the age, in milliseconds; null: it was refused or failed. */
  | { readonly type: 'aged'; readonly id: number; readonly age: number | null }
  | { readonly type: 'aborted'; readonly id: number }
  /** That process is dead for certain. */
  | { readonly type: 'died'; readonly process: string }
  | {
      readonly type: 'workStarted';
      readonly term: number;
      readonly token: bigint;
      readonly acquiredAt: number;
      readonly leadingUntil: number;
    }
  | { readonly type: 'workEnded'; readonly term: number; readonly error: unknown }
  | { readonly type: 'signalAborted'; readonly term: number }
  | {
      readonly type: 'onStoppedLeading';
      readonly reason: EndReason;
      /** What it is told inside; null where nobody is called, and the event stands for the call. */
      readonly isLeader: boolean | null;
    }
  | { readonly type: 'onStoppedLeadingEnded'; readonly term: number }
  | { readonly type: 'onNewLeader'; readonly identity: string }
  | { readonly type: 'onOverrun'; readonly term: number }
  | { readonly type: 'outcome'; readonly outcome: Outcome }
  | { readonly type: 'news'; readonly news: News }
  | { readonly type: 'asked'; readonly question: Question; readonly yes: boolean };

export type Question = 'isLeader' | 'isLeading' | 'aborted';

/** The events that are held against the law; the others are the chart's own business. */
export type News =
  | { readonly type: 'renewed'; readonly leadingUntil: number }
  | { readonly type: 'renewFailed'; readonly remaining: number }
  | { readonly type: 'stoppedLeading'; readonly reason: EndReason }
  | { readonly type: 'newLeader'; readonly identity: string }
  | { readonly type: 'startedLeading' | 'overrun' | 'released' | 'ended' | 'recordUnreadable' };

export type Entry = Happening & { readonly now: Instant };

/** The candidate did what the law forbids, or left undone what it demands. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement';
}

export function check(holds: boolean, complaint: string): asserts holds {
  if (!holds) throw new Disagreement(complaint);
}
