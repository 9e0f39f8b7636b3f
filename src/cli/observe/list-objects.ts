import type { LockError } from '../../errors/lock-error.js';
import { answerError } from '../../kubernetes/answer-error.js';
import { clientFor } from '../../kubernetes/clients.js';
import type { ApiResponse } from '../../kubernetes/api-request.js';
import type { KubeConfigLike } from '../../kubernetes/kube-config-like.js';
import { collectionPath } from '../../lock/object-path.js';
import { LOCK_KINDS, type LockKind } from '../../lock/lock-kinds.js';
import { isObject, metadataOf, type KubernetesObject } from '../../lock/stored-record.js';
import { CliError } from '../cli-error.js';
import { acceptList } from './metadata-only.js';
import {
  callOn,
  placeOf,
  serverTime,
  type Collection,
  type Found,
  type Place,
  type Reading,
} from './read-locks.js';

/** Of objects in one answer; fewer where that is too much for one. */
const LARGEST_PAGE = 250;
/** A namespace with more is too large to be looked at whole, or the server never comes to an end. */
const MOST_ANSWERS = 100;
/** As JSON: what is kept of all answers together. */
const MOST_CHARACTERS = 32 * 1024 * 1024;

/**
 * All objects of the kind in the namespace, or in all, that may be locks, as far as they go into
 * bounded time and memory.
 *
 * @param keeps which objects are worth keeping
 * @throws {LockError | CliError}
 */
export async function listObjects(
  kubeConfig: KubeConfigLike,
  collection: Collection,
  keeps: (place: Place, object: KubernetesObject) => boolean,
  signal?: AbortSignal,
): Promise<Reading> {
  const found: Found[] = [];
  let serverMs: number | null = null;
  let characters = 0;
  let read = 0;
  let limit = LARGEST_PAGE;
  let next = '';
  for (let answers = 0; answers < MOST_ANSWERS && characters < MOST_CHARACTERS; answers += 1) {
    const page = await readPage(kubeConfig, collection, { limit, next }, signal);
    if (page === null) {
      // Objects are of very different weights: with an eighth of them, it may fit.
      limit = Math.ceil(limit / 8);
      continue;
    }
    serverMs = page.serverMs;
    read += page.items.length;
    for (const item of page.items) {
      const place = placeOf(collection, item);
      if (place === null || !keeps(place, item)) continue;
      characters += JSON.stringify(item).length;
      found.push({ place, object: item });
    }
    next = page.next;
    if (next === '') return { found, serverMs, cut: null };
  }
  return { found, serverMs, cut: tooMany(collection, read) };
}

function tooMany({ kind, namespace }: Collection, read: number): string {
  const { resource } = LOCK_KINDS[kind];
  const [where, advice] =
    namespace === null
      ? ['The cluster', 'Name a namespace']
      : [`Namespace "${namespace}"`, 'Name the lock'];
  return (
    `${where} has more ${resource} than can be looked at: what is shown is of the first ${read}. ` +
    `${advice} to see another one.`
  );
}

interface Page {
  readonly items: readonly KubernetesObject[];
  readonly next: string;
  readonly serverMs: number | null;
}

/** Null: the answer was too large, and fewer objects have to be asked for. */
async function readPage(
  kubeConfig: KubeConfigLike,
  { kind, namespace }: Collection,
  { limit, next }: { readonly limit: number; readonly next: string },
  signal: AbortSignal | undefined,
): Promise<Page | null> {
  let answer: ApiResponse;
  try {
    answer = await clientFor(kubeConfig).request({
      method: 'GET',
      path: collectionPath(LOCK_KINDS[kind], namespace),
      query: {
        limit: String(limit),
        ...(next === '' ? {} : { continue: next }),
        ...selection(namespace),
      },
      accept: acceptList(kind),
      signal,
    });
  } catch (error) {
    if (limit > 1 && isTooLarge(error)) return null;
    throw error;
  }
  if (answer.status !== 200) throw listError(kind, namespace, answer);
  const list = isObject(answer.json) ? answer.json : {};
  const items = Array.isArray(list['items']) ? list['items'].filter(isObject) : [];
  const { continue: more } = metadataOf(list);
  return { items, next: typeof more === 'string' ? more : '', serverMs: serverTime(answer) };
}

function isTooLarge(error: unknown): boolean {
  const { code } = ((error as Partial<LockError>).cause ?? {}) as { code?: unknown };
  return code === 'ERR_BODY_TOO_LARGE';
}

/**
 * With all namespaces, those Leases are left out by which each node tells that it is alive: there are
 * as many as nodes, they are renewed all the time, and are no elections.
 */
export function selection(namespace: string | null): { readonly fieldSelector?: string } {
  return namespace === null ? { fieldSelector: 'metadata.namespace!=kube-node-lease' } : {};
}

function listError(kind: LockKind, namespace: string | null, answer: ApiResponse): Error {
  const { resource } = LOCK_KINDS[kind];
  if (answer.status === 403) {
    const [where, advice] =
      namespace === null
        ? ['all namespaces', 'do so in one: give --namespace instead']
        : [`namespace "${namespace}"`, 'read a single one: name the lock'];
    return new CliError(
      `This account may not list ${resource} in ${where} (HTTP 403). It may be allowed to ${advice}.`,
    );
  }
  return answerError(callOn({ kind, namespace: namespace ?? '', name: '' }, 'get'), answer);
}
