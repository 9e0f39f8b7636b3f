import type { LockError } from '../../errors/lock-error.js';
import { answerError } from '../../kubernetes/answer-error.js';
import { clientFor } from '../../kubernetes/clients.js';
import type { ApiResponse } from '../../kubernetes/api-request.js';
import { collectionPath } from '../../lock/object-path.js';
import { LOCK_KINDS, type LockKind } from '../../lock/lock-kinds.js';
import { isObject, metadataOf, type KubernetesObject } from '../../lock/stored-record.js';
import { CliError } from '../cli-error.js';
import { acceptList } from './metadata-only.js';
import { callOn, serverTime, type Cluster, type Reading } from './read-locks.js';

/** Of objects in one answer; fewer where that is too much for one. */
const LARGEST_PAGE = 250;
/** A namespace with more is too large to be looked at whole, or the server never comes to an end. */
const MOST_ANSWERS = 100;
/** As JSON: what is kept of all answers together. */
const MOST_CHARACTERS = 32 * 1024 * 1024;

/**
 * All objects of the kind in the namespace that may be locks, as far as they go into bounded time
 * and memory.
 *
 * @param keeps which objects are worth keeping
 * @throws {LockError | CliError}
 */
export async function listObjects(
  cluster: Cluster,
  kind: LockKind,
  keeps: (name: string, object: KubernetesObject) => boolean,
  signal?: AbortSignal,
): Promise<Reading> {
  const objects = new Map<string, KubernetesObject>();
  let serverMs: number | null = null;
  let characters = 0;
  let read = 0;
  let limit = LARGEST_PAGE;
  let next = '';
  for (let answers = 0; answers < MOST_ANSWERS && characters < MOST_CHARACTERS; answers += 1) {
    const page = await readPage(cluster, kind, { limit, next }, signal);
    if (page === null) {
      // Objects are of very different weights: with an eighth of them, it may fit.
      limit = Math.ceil(limit / 8);
      continue;
    }
    serverMs = page.serverMs;
    read += page.items.length;
    for (const item of page.items) {
      const { name } = metadataOf(item);
      if (typeof name !== 'string' || !keeps(name, item)) continue;
      characters += JSON.stringify(item).length;
      objects.set(name, item);
    }
    next = page.next;
    if (next === '') return { objects, serverMs, cut: null };
  }
  return { objects, serverMs, cut: tooMany(cluster, kind, read) };
}

function tooMany({ namespace }: Cluster, kind: LockKind, read: number): string {
  const { resource } = LOCK_KINDS[kind];
  return (
    `Namespace "${namespace}" has more ${resource} than can be looked at: what is shown is of the ` +
    `first ${read}. Name the lock to see another one.`
  );
}

interface Page {
  readonly items: readonly KubernetesObject[];
  readonly next: string;
  readonly serverMs: number | null;
}

/** Null: the answer was too large, and fewer objects have to be asked for. */
async function readPage(
  { kubeConfig, namespace }: Cluster,
  kind: LockKind,
  { limit, next }: { readonly limit: number; readonly next: string },
  signal: AbortSignal | undefined,
): Promise<Page | null> {
  let answer: ApiResponse;
  try {
    answer = await clientFor(kubeConfig).request({
      method: 'GET',
      path: collectionPath(LOCK_KINDS[kind], namespace),
      query: { limit: String(limit), ...(next === '' ? {} : { continue: next }) },
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

function listError(kind: LockKind, namespace: string, answer: ApiResponse): Error {
  const { resource } = LOCK_KINDS[kind];
  if (answer.status === 403) {
    return new CliError(
      `This account may not list ${resource} in namespace "${namespace}" (HTTP 403). It may be ` +
        'allowed to read a single one: name the lock.',
    );
  }
  return answerError(callOn({ kind, namespace, name: '' }, 'get'), answer);
}
