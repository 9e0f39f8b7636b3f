import { clientFor } from '../../kubernetes/clients.js';
import { answerError } from '../../kubernetes/answer-error.js';
import type { KubeConfigLike } from '../../kubernetes/kube-config.js';
import { isObject } from '../../lock/stored-record.js';
import { callOn, serverTime, type Place } from '../observe/read-locks.js';

export const VERBS = ['get', 'create', 'update', 'watch'] as const;
export type Verb = (typeof VERBS)[number];
/** What a candidate does to the lock, or beside it. */
export type Right = Verb | 'createEvents' | 'getPods' | 'watchPods';

/** What it does beside it, of which nothing but a comfort depends: it can take part without. */
export const BESIDE = {
  createEvents: { verb: 'create', group: '', resource: 'events' },
  getPods: { verb: 'get', group: '', resource: 'pods' },
  watchPods: { verb: 'watch', group: '', resource: 'pods' },
} as const;

export function isBeside(right: Right | 'delete'): right is keyof typeof BESIDE {
  return right in BESIDE;
}

export interface Reached {
  readonly address: string;
  /** Such as `v1.37.2`; null when it does not tell this account. */
  readonly version: string | null;
  readonly tookMs: number;
  /** How much this machine's clock is ahead; null when the server told no time. */
  readonly aheadMs: number | null;
  /** The server tells whole seconds, and some time passes on the way: `aheadMs` is right to this. */
  readonly toMs: number;
  /** Why no credentials were sent; null when some were. */
  readonly withoutCredentials: string | null;
}

/** @throws {LockError} when it cannot be reached, or refuses the credentials */
export async function reachServer(kubeConfig: KubeConfigLike, place: Place): Promise<Reached> {
  const sentMs = Date.now();
  const sentAt = performance.now();
  const answer = await clientFor(kubeConfig).request({ method: 'GET', path: '/version' });
  const tookMs = performance.now() - sentAt;
  if (answer.status === 401) throw answerError(callOn(place, 'get'), answer);
  const version = isObject(answer.json) ? answer.json['gitVersion'] : undefined;
  const toldMs = serverTime(answer);
  return {
    address: answer.address,
    version: typeof version === 'string' ? version : null,
    tookMs,
    // On average half a second has passed since the second that was told began.
    aheadMs: toldMs === null ? null : sentMs + tookMs / 2 - (toldMs + 500),
    toMs: 500 + tookMs / 2,
    withoutCredentials: answer.withoutCredentials ?? null,
  };
}

/**
 * Whether this account may do that with the lock. Null when the server does not say.
 *
 * @throws {LockError} when there is no answer
 */
export async function mayI(
  kubeConfig: KubeConfigLike,
  place: Place,
  right: Right | 'delete',
): Promise<boolean | null> {
  const { verb, group, resource } = isBeside(right)
    ? BESIDE[right]
    : { ...callOn(place, 'get'), verb: right };
  const answer = await clientFor(kubeConfig).request({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          verb,
          group,
          resource,
          namespace: place.namespace,
          // An object has no name before it has been created, and pods have many.
          ...(verb === 'create' || isBeside(right) ? {} : { name: place.name }),
        },
      },
    },
  });
  const review = isObject(answer.json) ? answer.json['status'] : undefined;
  const allowed = isObject(review) ? review['allowed'] : undefined;
  return answer.status < 300 && typeof allowed === 'boolean' ? allowed : null;
}

/** The name by which the API server knows this account; null where it does not tell. */
export async function whoAmI(kubeConfig: KubeConfigLike): Promise<string | null> {
  const answer = await clientFor(kubeConfig).request({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
  const review = isObject(answer.json) ? answer.json['status'] : undefined;
  const user = isObject(review) ? review['userInfo'] : undefined;
  const name = isObject(user) ? user['username'] : undefined;
  return answer.status < 300 && typeof name === 'string' && name !== '' ? name : null;
}
