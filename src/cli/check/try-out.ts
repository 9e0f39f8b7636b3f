import { answerError } from '../../kubernetes/answer-error.js';
import { clientFor } from '../../kubernetes/clients.js';
import type { ApiResponse } from '../../kubernetes/api-request.js';
import type { KubeConfigLike } from '../../kubernetes/kube-config.js';
import { LockError } from '../../errors/lock-error.js';
import { claimRecord } from '../../lock/next-record.js';
import { LOCK_KINDS } from '../../lock/lock-kinds.js';
import { collectionPath } from '../../lock/object-path.js';
import { isObject } from '../../lock/stored-record.js';
import { missingNamespace } from '../observe/namespace.js';
import { callOn, pathOf, readLock, type Place, type Sight } from '../observe/read-locks.js';
import { placeName } from '../observe/words.js';

/** What came of a write that the API server was asked to go through with in all but storing it. */
export interface Trial {
  /** Null: no answer came, or not even to the reading before it; or there was nothing to write to. */
  readonly verb: 'create' | 'update' | null;
  /** Null: it cannot be tried out. */
  readonly accepted: boolean | null;
  /** Why not, in one line; null when it was accepted. */
  readonly reason: string | null;
  /** The object is not there, and a candidate that may not create it has to wait for it. */
  readonly mustBeMade?: true;
}

/** Whose the lock would be. */
export interface Candidate {
  readonly identity: string;
  readonly leaseDurationMs: number;
  /** Whether it makes the object where there is none. */
  readonly creates: boolean;
}

/** A lock that is renewed all the time changes between reading and writing. */
const TRIES = 5;

/**
 * Whether the write with which a candidate takes this lock would be stored: rights say nothing of a
 * namespace that is missing or being deleted, of webhooks, of policies and quotas.
 */
export async function tryOut(
  kubeConfig: KubeConfigLike,
  place: Place,
  candidate: Candidate,
): Promise<Trial> {
  try {
    for (let tries = 1; ; tries += 1) {
      const sight = await readLock(kubeConfig, place, { form: 'whole', purpose: 'candidate' });
      if (sight.object === null && !candidate.creates) return await missing(kubeConfig, place);
      const verb = sight.object === null ? 'create' : 'update';
      const answer = await dryRun(kubeConfig, sight, candidate);
      if (answer.status < 300) return { verb, accepted: true, reason: null };
      const { kind, message } = answerError(callOn(place, verb, 'candidate'), answer);
      if (kind === 'conflict' && tries < TRIES) continue;
      const accepted = isBeyondDryRun(answer) ? null : false;
      return { verb, accepted, reason: firstLine(message) };
    }
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    return { verb: null, accepted: false, reason: firstLine(error.message) };
  }
}

async function missing(kubeConfig: KubeConfigLike, place: Place): Promise<Trial> {
  // In that namespace the manifest could not be applied either.
  const hint = await missingNamespace(kubeConfig, place.namespace);
  if (hint !== null) return { verb: null, accepted: false, reason: hint.text };
  const reason = `${placeName(place)} is not there yet: apply the manifest below first`;
  return { verb: null, accepted: false, reason, mustBeMade: true };
}

function dryRun(
  kubeConfig: KubeConfigLike,
  sight: Sight,
  { identity, leaseDurationMs }: Candidate,
): Promise<ApiResponse> {
  const { namespace, name, object, stored } = sight;
  const stamp = { wallMs: Date.now(), random: Math.random };
  const record = claimRecord({ ...stamp, before: stored, identity, leaseDurationMs });
  const format = LOCK_KINDS[sight.kind];
  const { apiVersion, kind } = format;
  const base = object ?? { apiVersion, kind, metadata: { name, namespace } };
  return clientFor(kubeConfig).request({
    method: object === null ? 'POST' : 'PUT',
    path: object === null ? collectionPath(format, namespace) : pathOf(sight),
    query: { dryRun: 'All' },
    body: format.write(base, record),
    subject: `${kind} ${namespace}/${name}`,
  });
}

/** A webhook that has effects of its own refuses every dry run. */
function isBeyondDryRun({ status, json }: ApiResponse): boolean {
  const message = isObject(json) ? json['message'] : undefined;
  return status === 400 && typeof message === 'string' && /support dry ?run/i.test(message);
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
