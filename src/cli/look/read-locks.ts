import { clientFor } from '../../kubernetes/api-client.js';
import { answerError, unusableAnswer, type ApiCall } from '../../kubernetes/answer-error.js';
import type { ApiResponse } from '../../kubernetes/api-request.js';
import { defaultNamespace, type KubeConfigLike } from '../../kubernetes/kube-config.js';
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
export function callOn(place: Place, verb: ApiCall['verb']): ApiCall {
  const { kind, group, resource } = formatOf(place.kind);
  return { kind, group, resource, namespace: place.namespace, name: place.name, verb };
}

/** @throws {LockError} unless the object was read or does not exist */
export async function readLock(kubeConfig: KubeConfigLike, place: Place): Promise<Sight> {
  const call = callOn(place, 'get');
  const answer = await clientFor(kubeConfig).request({
    method: 'GET',
    path: pathOf(place),
    subject: `${call.kind} ${place.namespace}/${place.name}`,
  });
  if (answer.status !== 200) {
    const error = answerError(call, answer);
    if (error.kind !== 'notFound') throw error;
    return { ...place, object: null, stored: null, ageMs: null, serverMs: serverTime(answer) };
  }
  if (!isObject(answer.json)) throw unusableAnswer(call, answer, 'something that is not JSON');
  return sightOf(place, answer.json, serverTime(answer));
}

const PAGE = '100';

/**
 * All Leases of the namespace, or all its ConfigMaps that carry an election.
 *
 * @throws {LockError | CliError}
 */
export async function readAllLocks(
  { kubeConfig, namespace }: Cluster,
  kind: LockKind,
): Promise<Sight[]> {
  const sights: Sight[] = [];
  let next = '';
  do {
    const answer = await clientFor(kubeConfig).request({
      method: 'GET',
      path: collectionPath(formatOf(kind), namespace),
      query: { limit: PAGE, ...(next === '' ? {} : { continue: next }) },
    });
    if (answer.status !== 200) throw listError(kind, namespace, answer);
    const list = isObject(answer.json) ? answer.json : {};
    const items = Array.isArray(list['items']) ? list['items'].filter(isObject) : [];
    for (const item of items) {
      const { name } = metadataOf(item);
      if (typeof name !== 'string') continue;
      const sight = sightOf({ kind, namespace, name }, item, serverTime(answer));
      if (kind === 'lease' || sight.stored?.fingerprint !== '') sights.push(sight);
    }
    const { continue: more } = metadataOf(list);
    next = typeof more === 'string' ? more : '';
  } while (next !== '');
  return sights;
}

export function serverTime({ headers }: Pick<ApiResponse, 'headers'>): number | null {
  const ms = Date.parse(headers.date ?? '');
  return Number.isNaN(ms) ? null : ms;
}

function sightOf(place: Place, object: KubernetesObject, serverMs: number | null): Sight {
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
