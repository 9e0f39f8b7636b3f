import { printValue } from '../validation/print-value.js';
import { LockError } from '../errors/lock-error.js';
import { isNewer, isVersion, VERSION_RULE } from '../kubernetes/resource-version.js';
import { LeaderElectionRecord } from './record.js';
import type { HolderDeath, LockNews, LockResult, LockSnapshot } from './resource-lock.js';
import { isObject } from './stored-record.js';

/*
 * What a lock has answered, held against what it promises. Anybody may write a lock, and what is
 * between a lock and its server may answer anything: the chart behind this relies on what it is told.
 */

/** Which method of which lock has answered. */
export interface Asked {
  readonly method: 'get' | 'create' | 'update' | 'watch';
  /** The lock's description. */
  readonly of: string;
}

/** What the answer to a write must bear out. */
export interface Written {
  readonly record: LeaderElectionRecord;
  /** The version that was written over; null: there was no object. */
  readonly over: string | null;
}

/**
 * The answer, with its record as a {@link LeaderElectionRecord}; or, in place of one that is nonsense,
 * an error that names the method and the field. A write that was answered so may be stored.
 */
export function checkedAnswer(asked: Asked, answer: unknown, written?: Written): LockResult {
  try {
    if (!isObject(answer) || typeof answer['ok'] !== 'boolean') {
      throw nonsense(asked, 'the answer', 'must be an object with ok: true or ok: false', answer);
    }
    const { ok, error } = answer;
    if (!ok)
      return { ok: false, error: error instanceof LockError ? error : LockError.from(error) };
    const snapshot = checkedSnapshot(asked, answer);
    if (written !== undefined) checkWritten(asked, snapshot, written);
    return { ...snapshot, ok };
  } catch (error) {
    return { ok: false, error: LockError.from(error) };
  }
}

/** News of a watch, checked alike; or the error that stands for it. */
export function checkedNews(of: string, news: unknown): LockNews | LockError {
  const asked: Asked = { method: 'watch', of };
  try {
    if (!isObject(news)) throw nonsense(asked, 'the news', 'must be an object', news);
    const { snapshot, version } = news;
    if (!isVersion(version)) throw nonsense(asked, 'version', VERSION_RULE, version);
    if (snapshot === null) return { snapshot, version };
    if (!isObject(snapshot)) {
      throw nonsense(asked, 'snapshot', 'must be an object, or null', snapshot);
    }
    return { snapshot: checkedSnapshot(asked, snapshot), version };
  } catch (error) {
    return LockError.from(error);
  }
}

/** What a watch tells of a death, checked alike. */
export function checkedDeath(of: string, death: unknown): HolderDeath | LockError {
  const asked: Asked = { method: 'watch', of };
  const { holder, evidence } = isObject(death) ? death : {};
  if (typeof holder === 'string' && typeof evidence === 'string') return { holder, evidence };
  const rule = 'must be an object with the texts holder and evidence';
  return nonsense(asked, 'the death', rule, death);
}

function checkedSnapshot(asked: Asked, given: Readonly<Record<string, unknown>>): LockSnapshot {
  const { version, fingerprint, unreadable = null, holder } = given;
  if (!isVersion(version)) throw nonsense(asked, 'version', VERSION_RULE, version);
  if (typeof fingerprint !== 'string') {
    const rule = 'must be a text that differs whenever the record does';
    throw nonsense(asked, 'fingerprint', rule, fingerprint);
  }
  if (unreadable !== null && typeof unreadable !== 'string') {
    throw nonsense(asked, 'unreadable', 'must be a text, or null', unreadable);
  }
  if (holder !== undefined && typeof holder !== 'string') {
    throw nonsense(asked, 'holder', 'must be a text, or left out', holder);
  }
  const record = given['record'] == null ? null : checkedRecord(asked, given['record']);
  const snapshot = given as unknown as LockSnapshot;
  const isWhole = given['record'] === record && given['unreadable'] === unreadable;
  return isWhole ? snapshot : { ...snapshot, object: given['object'], record, unreadable };
}

/** A lock may hand out a record as it has it, as a plain object. */
function checkedRecord(asked: Asked, given: unknown): LeaderElectionRecord {
  if (!isObject(given)) throw nonsense(asked, 'record', 'must be a record, or null', given);
  const { holderIdentity, leaseDurationSeconds, leaderTransitions } = given;
  const text = (field: string, value: unknown): string => {
    if (typeof value === 'string') return value;
    throw nonsense(asked, `record.${field}`, 'must be a text', value);
  };
  if (typeof leaseDurationSeconds !== 'number') {
    throw nonsense(asked, 'record.leaseDurationSeconds', 'must be a number', leaseDurationSeconds);
  }
  const isCount = Number.isInteger(leaderTransitions) && (leaderTransitions as number) >= 0;
  const record = {
    holderIdentity: text('holderIdentity', holderIdentity),
    leaseDurationSeconds,
    acquireTime: text('acquireTime', given['acquireTime'] ?? ''),
    renewTime: text('renewTime', given['renewTime'] ?? ''),
    leaderTransitions: isCount ? (leaderTransitions as number) : 0,
  };
  const isWhole = given instanceof LeaderElectionRecord && given.equals(record);
  return isWhole ? given : new LeaderElectionRecord(record);
}

/**
 * An answer counts for what it says: it names the holder that was written, and a version after the
 * one that was written over. Whatever else it is, it does not say that the write is stored.
 */
function checkWritten(asked: Asked, { record, version }: LockSnapshot, written: Written): void {
  const { holderIdentity } = written.record;
  if (record?.holderIdentity !== holderIdentity) {
    const rule = `must be as it was written, ${printValue(holderIdentity)}`;
    throw nonsense(asked, 'holderIdentity', rule, record?.holderIdentity);
  }
  if (!isNewer(version, written.over)) {
    const rule = `must be another than that which was written over, ${written.over}`;
    throw nonsense(asked, 'version', rule, version);
  }
}

function nonsense({ method, of }: Asked, field: string, rule: string, value: unknown): LockError {
  return new LockError(`${method}() of ${of}: ${field} ${rule}, but is ${printValue(value)}`, {
    kind: 'unknown',
  });
}
