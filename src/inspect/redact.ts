import type { ElectionEmitted } from '../../machines/types.js';
import { errorName } from '../errors/error-name.js';
import { LeaderElectionError } from '../errors/leader-election-error.js';
import { LockError } from '../errors/lock-error.js';
import type { LeaderElectionRecord } from '../lock/record.js';
import { printable } from '../text/printable.js';
import type { NewsView, RecordView } from './wire.js';

/*
 * The filter between an election and its viewers. It takes over what is named here, cut to a
 * bearable length, and drops all else: a field that is added to the election later is not shown
 * until somebody has decided that it may be.
 */

const LONGEST_TEXT = 300;

export function text(value: unknown, longest = LONGEST_TEXT): string {
  return typeof value === 'string' ? printable(value, { most: longest }) : '';
}

export function finite(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

export function recordView(record: LeaderElectionRecord): RecordView {
  return {
    holderIdentity: text(record.holderIdentity),
    leaseDurationSeconds: finite(record.leaseDurationSeconds),
    acquireTime: text(record.acquireTime, 40),
    renewTime: text(record.renewTime, 40),
    leaderTransitions: finite(record.leaderTransitions),
  };
}

/**
 * Messages of this package's own errors name objects and say what to do. Everybody else's, those of
 * callbacks and of locks written by users included, may quote what they were handling: of them the
 * kind is told and no more.
 */
export function errorText(error: unknown): string {
  const isOurs = error instanceof LeaderElectionError;
  const quotesOthers = error instanceof LockError && error.kind === 'unknown';
  if (isOurs && !quotesOthers) return text(error.message);
  const given = errorName(error);
  const kind = /^[A-Z][A-Za-z]{0,39}$/.test(given) ? given : 'an error';
  return `${kind} (its message is withheld: it may hold secrets)`;
}

/** What the chart tells the outside. Of news that this function does not know, only the type. */
export function newsView(news: ElectionEmitted): NewsView {
  return { type: isName(news.type) ? news.type : 'other', details: detailsOf(news) };
}

function detailsOf(news: ElectionEmitted): NewsView['details'] {
  switch (news.type) {
    case 'acquireFailed':
    case 'releaseFailed':
      return {
        error: errorText(news.error),
        kind: name(news.error.kind),
        failures: finite(news.failures),
      };
    case 'renewFailed':
      return {
        error: errorText(news.error),
        kind: name(news.error.kind),
        failures: finite(news.failures),
        remainingMs: finite(news.remainingMs),
      };
    case 'watchFailed':
    case 'evidenceFailed':
      return { error: errorText(news.error), kind: name(news.error.kind) };
    case 'startedLeading':
      return { fencingToken: text(String(news.term.fencingToken), 40) };
    case 'draining':
    case 'stoppedLeading':
      return { reason: name(news.reason) };
    case 'drainTimeout':
      return { workFinished: news.workFinished };
    case 'newLeader':
      return { identity: text(news.identity) };
    case 'holderDied':
      return { evidence: text(news.evidence) };
    case 'callbackFailed':
      return { callback: name(news.callback), error: errorText(news.error) };
    case 'ended':
      return {
        reason: name(news.outcome.reason),
        led: news.outcome.led,
        released: news.outcome.released,
        workFinished: news.outcome.workFinished,
      };
    default:
      return {};
  }
}

export function name(value: unknown): string {
  return isName(value) ? value : 'other';
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z][A-Za-z0-9]{0,39}$/.test(value);
}
