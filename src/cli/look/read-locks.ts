import { clientFor } from '../../kubernetes/api-client.js';
import { answerError, unusableAnswer, type ApiCall } from '../../kubernetes/answer-error.js';
import type { ApiResponse } from '../../kubernetes/api-request.js';
import { defaultNamespace, type KubeConfigLike } from '../../kubernetes/kube-config.js';
import type { Purpose } from '../../kubernetes/rbac.js';
import { configMapFormat } from '../../lock/config-map-format.js';
import { leaseFormat } from '../../lock/lease-format.js';
import { collectionPath, objectPath } from '../../lock/object-path.js';
import {
  isObject,
  metadataOf,
  type KubernetesObject,
  type RecordFormat,
  type StoredRecord,
} from '../../lock/stored-record.js';
import { CliError, loadKubeConfig, type LockKind } from '../connect.js';
import type { CommonOptions } from '../options.js';
import { recordAge } from './record-age.js';

export interface Place {
  readonly kind: LockKind;
  readonly namespace: string;
  readonly name: string;
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

export function formatOf(kind: LockKind): RecordFormat {
  return kind === 'lease' ? leaseFormat : configMapFormat;
}

/** The path of the object. */
export function pathOf({ kind, namespace, name }: Place): string {
  return objectPath(formatOf(kind), namespace, name);
}

/** The terms in which errors about this object speak. */
export function callOn(
  place: Place,
  verb: ApiCall['verb'],
  purpose: Purpose = 'onlooker',
): ApiCall {
  const { kind, group, resource } = formatOf(place.kind);
  return { kind, group, resource, namespace: place.namespace, name: place.name, verb, purpose };
}

/** The objects of locks as the API server has just told them. */
export interface Reading {
  /** By name. */
  readonly objects: ReadonlyMap<string, KubernetesObject>;
  /** The API server's clock when it answered, in ms since 1970; null when it did not say. */
  readonly serverMs: number | null;
}

/** @throws {LockError} unless the object was read or does not exist */
export async function readLock(
  kubeConfig: KubeConfigLike,
  place: Place,
  purpose?: Purpose,
): Promise<Sight> {
  const { objects, serverMs } = await readObject(kubeConfig, place, { purpose });
  return sightOf(place, objects.get(place.name) ?? null, serverMs);
}

/** @throws {LockError} unless the object was read or does not exist */
export async function readObject(
  kubeConfig: KubeConfigLike,
  place: Place,
  {
    signal,
    purpose,
  }: { readonly signal?: AbortSignal | undefined; readonly purpose?: Purpose | undefined } = {},
): Promise<Reading> {
  const call = callOn(place, 'get', purpose);
  const answer = await clientFor(kubeConfig).request({
    method: 'GET',
    path: pathOf(place),
    subject: `${call.kind} ${place.namespace}/${place.name}`,
    signal,
  });
  const serverMs = serverTime(answer);
  if (answer.status !== 200) {
    const error = answerError(call, answer);
    if (error.kind !== 'notFound') throw error;
    return { objects: new Map(), serverMs };
  }
  if (!isObject(answer.json)) throw unusableAnswer(call, answer, 'something that is not JSON');
  return { objects: new Map([[place.name, answer.json]]), serverMs };
}

const PAGE = '100';

/**
 * All Leases of the namespace, or all its ConfigMaps that carry an election.
 *
 * @throws {LockError | CliError}
 */
export async function readAllLocks(cluster: Cluster, kind: LockKind): Promise<Sight[]> {
  const { objects, serverMs } = await readObjects(cluster, kind);
  const { namespace } = cluster;
  return [...objects]
    .map(([name, object]) => sightOf({ kind, namespace, name }, object, serverMs))
    .filter(isLock);
}

/** Every Lease is one; a ConfigMap is when it carries a record. */
export function isLock({ kind, stored }: Sight): boolean {
  return stored !== null && (kind === 'lease' || stored.fingerprint !== '');
}

/**
 * All objects of the kind in the namespace.
 *
 * @throws {LockError | CliError}
 */
export async function readObjects(
  { kubeConfig, namespace }: Cluster,
  kind: LockKind,
  signal?: AbortSignal,
): Promise<Reading> {
  const objects = new Map<string, KubernetesObject>();
  let serverMs: number | null;
  let next = '';
  do {
    const answer = await clientFor(kubeConfig).request({
      method: 'GET',
      path: collectionPath(formatOf(kind), namespace),
      query: { limit: PAGE, ...(next === '' ? {} : { continue: next }) },
      signal,
    });
    if (answer.status !== 200) throw listError(kind, namespace, answer);
    serverMs = serverTime(answer);
    const list = isObject(answer.json) ? answer.json : {};
    const items = Array.isArray(list['items']) ? list['items'].filter(isObject) : [];
    for (const item of items) {
      const { name } = metadataOf(item);
      if (typeof name === 'string') objects.set(name, item);
    }
    const { continue: more } = metadataOf(list);
    next = typeof more === 'string' ? more : '';
  } while (next !== '');
  return { objects, serverMs };
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
  const stored = formatOf(place.kind).read(object);
  const ageMs = serverMs === null ? null : recordAge(place.kind, metadataOf(object), serverMs);
  return { ...place, object, stored, ageMs, serverMs };
}

function listError(kind: LockKind, namespace: string, answer: ApiResponse): Error {
  const { resource } = formatOf(kind);
  if (answer.status === 403) {
    return new CliError(
      `This account may not list ${resource} in namespace "${namespace}" (HTTP 403). It may be ` +
        'allowed to read a single one: name the lock.',
    );
  }
  return answerError(callOn({ kind, namespace, name: '' }, 'get'), answer);
}
