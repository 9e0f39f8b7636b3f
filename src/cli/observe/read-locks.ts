import { clientFor } from '../../kubernetes/clients.js';
import { answerError, unusableAnswer, type ApiCall } from '../../kubernetes/answer-error.js';
import type { ApiResponse } from '../../kubernetes/api-request.js';
import { defaultNamespace, type KubeConfigLike } from '../../kubernetes/kube-config.js';
import type { Purpose } from '../../kubernetes/rbac.js';
import { lastWrittenMs } from '../../lock/age-by-server.js';
import { LOCK_KINDS, type LockKind } from '../../lock/lock-kinds.js';
import { objectPath } from '../../lock/object-path.js';
import {
  isObject,
  metadataOf,
  type KubernetesObject,
  type StoredRecord,
} from '../../lock/stored-record.js';
import { loadKubeConfig } from '../connect.js';
import type { CommonOptions, ObserveOptions } from '../options.js';
import { acceptOne } from './metadata-only.js';

export interface Place {
  readonly kind: LockKind;
  readonly namespace: string;
  readonly name: string;
}

/** All locks of a kind in a namespace; null: in all of them. */
export interface Collection {
  readonly kind: LockKind;
  readonly namespace: string | null;
}

/** A lock as it stood when the API server answered. */
export interface Sight extends Place {
  /** Null: there is no such object. */
  readonly object: KubernetesObject | null;
  readonly stored: StoredRecord | null;
  /** How long ago the record was last written by the API server's clock, to a second; or null. */
  readonly ageMs: number | null;
  /** The API server's clock when it answered, in ms since 1970; null when it did not say. */
  readonly serverMs: number | null;
}

export interface Cluster {
  readonly kubeConfig: KubeConfigLike;
  readonly namespace: string;
}

/** Where the flags point to. @throws {UsageError | LockError} */
export async function openCluster({ connection, namespace }: CommonOptions): Promise<Cluster> {
  const kubeConfig = await loadKubeConfig(connection);
  return { kubeConfig, namespace: namespace ?? (await defaultNamespace(kubeConfig)) };
}

/** What somebody wants to see: one lock, or all of a collection. */
export interface Subject {
  readonly kubeConfig: KubeConfigLike;
  readonly looksAt: Place | Collection;
}

/** @throws {UsageError | LockError} */
export async function openSubject(options: ObserveOptions): Promise<Subject> {
  const { kind, name, connection, allNamespaces } = options;
  if (allNamespaces) {
    return { kubeConfig: await loadKubeConfig(connection), looksAt: { kind, namespace: null } };
  }
  const { kubeConfig, namespace } = await openCluster(options);
  const collection = { kind, namespace };
  return { kubeConfig, looksAt: name === null ? collection : { ...collection, name } };
}

/** The path of the object. */
export function pathOf({ kind, namespace, name }: Place): string {
  return objectPath(LOCK_KINDS[kind], namespace, name);
}

/** The terms in which errors about this object speak. */
export function callOn(
  place: Place,
  verb: ApiCall['verb'],
  purpose: Purpose = 'observer',
): ApiCall {
  const { kind, group, resource } = LOCK_KINDS[place.kind];
  return { kind, group, resource, namespace: place.namespace, name: place.name, verb, purpose };
}

/** An object, and where it is. */
export interface Found {
  readonly place: Place;
  readonly object: KubernetesObject;
}

/** The objects of locks as the API server has just told them. */
export interface Reading {
  readonly found: readonly Found[];
  /** The API server's clock when it answered, in ms since 1970; null when it did not say. */
  readonly serverMs: number | null;
  /** That there are more objects than these, in words; null when these are all. */
  readonly cut: string | null;
}

/** @throws {LockError} unless the object was read or does not exist */
export async function readLock(
  kubeConfig: KubeConfigLike,
  place: Place,
  options: Omit<ReadOptions, 'signal'> = {},
): Promise<Sight> {
  const { found, serverMs } = await readObject(kubeConfig, place, options);
  return sightOf(place, found[0]?.object ?? null, serverMs);
}

interface ReadOptions {
  /** `whole` for those who write it back; else what of it tells about the lock. */
  readonly form?: 'whole' | 'record';
  /** What the rights are wanted for, should they be missing. */
  readonly purpose?: Purpose | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws {LockError} unless the object was read or does not exist */
export async function readObject(
  kubeConfig: KubeConfigLike,
  place: Place,
  { form = 'record', signal, purpose }: ReadOptions = {},
): Promise<Reading> {
  const call = callOn(place, 'get', purpose);
  const answer = await clientFor(kubeConfig).request({
    method: 'GET',
    path: pathOf(place),
    subject: `${call.kind} ${place.namespace}/${place.name}`,
    accept: form === 'whole' ? undefined : acceptOne(place.kind),
    signal,
  });
  const serverMs = serverTime(answer);
  if (answer.status !== 200) {
    const error = answerError(call, answer);
    if (error.kind !== 'notFound') throw error;
    return { found: [], serverMs, cut: null };
  }
  if (!isObject(answer.json)) throw unusableAnswer(call, answer, 'something that is not JSON');
  return { found: [{ place, object: answer.json }], serverMs, cut: null };
}

/** Where an object of a collection is, as it says itself; null: it has no name. */
export function placeOf({ kind, namespace }: Collection, object: KubernetesObject): Place | null {
  const { name, namespace: own } = metadataOf(object);
  if (typeof name !== 'string') return null;
  return { kind, name, namespace: namespace ?? (typeof own === 'string' ? own : '') };
}

/** Every Lease is one; an object of another kind is when it carries a record. */
export function isLock({ kind, stored }: Sight): boolean {
  return stored !== null && (LOCK_KINDS[kind].isForElections || stored.fingerprint !== '');
}

export function serverTime({ headers }: Pick<ApiResponse, 'headers'>): number | null {
  const ms = Date.parse(headers.date ?? '');
  return Number.isNaN(ms) ? null : ms;
}

/** What an object says of its lock, when the API server's clock showed that; null for no object. */
export function sightOf(
  place: Place,
  object: KubernetesObject | null,
  serverMs: number | null,
): Sight {
  if (object === null) return { ...place, object, stored: null, ageMs: null, serverMs };
  const kind = LOCK_KINDS[place.kind];
  const writtenAtMs = lastWrittenMs(metadataOf(object), kind.field);
  const isDated = serverMs !== null && writtenAtMs !== undefined;
  const ageMs = isDated ? Math.max(0, serverMs - writtenAtMs) : null;
  return { ...place, object, stored: kind.read(object), ageMs, serverMs };
}
