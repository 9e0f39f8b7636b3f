import { parseIsoDuration, toMicroTime } from './iso-time.js';
import { LeaderElectionRecord } from './record.js';
import type { LockSnapshot } from './resource-lock.js';

/** An object of the Kubernetes API, as JSON. */
export type KubernetesObject = Readonly<Record<string, unknown>>;

/** What an object says about the election. */
export type StoredRecord = Pick<LockSnapshot, 'record' | 'unreadable' | 'fingerprint'>;

/** How an object carries an election record. Pure; knows nothing of requests. */
export interface RecordFormat {
  /** The field that each renewal changes, as a path: when it was written is when the record was. */
  readonly field: readonly [string, ...string[]];
  read(object: KubernetesObject): StoredRecord;
  /** A copy of the object with this record; everything else stays as it is. */
  write(object: KubernetesObject, record: LeaderElectionRecord): KubernetesObject;
}

/** A kind of object that carries election records, as the API of Kubernetes knows it. */
export interface ObjectKind extends RecordFormat {
  readonly kind: string;
  /** For people, of several. */
  readonly plural: string;
  /** API group, empty for the core API. */
  readonly group: string;
  readonly apiVersion: string;
  /** The kind's plural in paths and RBAC rules. */
  readonly resource: string;
  /** Each object of the kind is an election; of others only those are that carry a record. */
  readonly isForElections: boolean;
}

/** No record at all: its fingerprint is the same whatever else the object holds. */
export const NO_RECORD: StoredRecord = { record: null, unreadable: null, fingerprint: '' };

/** The election fields as stored, before anything is known about their types. */
export interface RawFields {
  readonly holderIdentity: unknown;
  readonly leaseDurationSeconds: unknown;
  readonly acquireTime: unknown;
  readonly renewTime: unknown;
  readonly transitions: unknown;
}

/**
 * Reads what any client may have written. What is missing is filled in so that a lock with a
 * holder stays held; a field of a type that no client writes makes the record unreadable, which is
 * waited for like an unknown holder.
 */
export function readFields(fields: RawFields): Omit<StoredRecord, 'fingerprint'> {
  const wrong: string[] = [];
  const text = (name: string, value: unknown): string => {
    if (value === undefined || value === null) return '';
    if (typeof value === 'string') return value;
    wrong.push(`${name} is ${typeName(value)} instead of text`);
    return '';
  };
  const count = (name: string, value: unknown, parse: (text: string) => number): number => {
    if (value === undefined || value === null) return 0;
    const number = typeof value === 'string' ? parse(value) : value;
    if (typeof number === 'number') return Number.isFinite(number) ? number : 0;
    wrong.push(`${name} is ${typeName(value)} instead of a number`);
    return 0;
  };
  const transitions = count('transitions', fields.transitions, Number);
  const record = new LeaderElectionRecord({
    holderIdentity: text('holderIdentity', fields.holderIdentity),
    leaseDurationSeconds: count('leaseDurationSeconds', fields.leaseDurationSeconds, toSeconds),
    acquireTime: text('acquireTime', fields.acquireTime),
    renewTime: text('renewTime', fields.renewTime),
    leaderTransitions: Number.isInteger(transitions) && transitions >= 0 ? transitions : 0,
  });
  return wrong.length === 0
    ? { record, unreadable: null }
    : { record: null, unreadable: wrong.join(', ') };
}

/** Seconds as text (Python) or an ISO 8601 duration (fabric8); not a number for anything else. */
function toSeconds(text: string): number {
  return /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : (parseIsoDuration(text) ?? Number.NaN);
}

/** The largest number that a field of a Lease can hold. */
export const MAX_INT32 = 2 ** 31 - 1;

/**
 * The record as it may be stored, with times as MicroTime; or, as text, what is wrong with it. The
 * API server would refuse the same things of a Lease, and nobody would of a ConfigMap.
 */
export function storable(record: LeaderElectionRecord): LeaderElectionRecord | string {
  const { holderIdentity, leaseDurationSeconds, leaderTransitions } = record;
  if (typeof holderIdentity !== 'string') return 'holderIdentity must be a string';
  if (!isCount(leaseDurationSeconds, 1))
    return 'leaseDurationSeconds must be a whole number above 0';
  if (!isCount(leaderTransitions, 0)) return 'leaderTransitions must be a whole number from 0 up';
  const acquireTime = storableTime(record.acquireTime);
  const renewTime = storableTime(record.renewTime);
  if (acquireTime === null) return 'acquireTime must be an ISO 8601 time';
  if (renewTime === null) return 'renewTime must be an ISO 8601 time';
  return new LeaderElectionRecord({
    holderIdentity,
    leaseDurationSeconds,
    acquireTime,
    renewTime,
    leaderTransitions,
  });
}

function isCount(value: unknown, min: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= MAX_INT32;
}

function storableTime(text: unknown): string | null {
  if (text === '' || text === undefined || text === null) return '';
  return typeof text === 'string' ? toMicroTime(text) : null;
}

/** Empty where there is none. */
export function metadataOf(object: KubernetesObject): KubernetesObject {
  const { metadata } = object;
  return isObject(metadata) ? metadata : {};
}

export function isObject(value: unknown): value is KubernetesObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
