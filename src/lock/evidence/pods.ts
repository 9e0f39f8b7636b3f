import type { ApiCall } from '../../kubernetes/answer-error.js';

/** How the API of Kubernetes calls pods. */
export const PODS = { kind: 'Pod', group: '', apiVersion: 'v1', resource: 'pods' } as const;

/** The terms in which errors speak of a request for a pod, and of the rights that it takes. */
export function podCall(verb: 'get' | 'watch', namespace: string, name: string): ApiCall {
  return { ...PODS, verb, namespace, name, purpose: 'podEvidence' };
}
