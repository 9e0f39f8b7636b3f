import { ApiClient } from '../../../../src/kubernetes/api-client.js';
import type { ApiRequest, ApiResponse } from '../../../../src/kubernetes/api-request.js';
import type { KubeConfigLike } from '../../../../src/kubernetes/kube-config.js';
import type { LockError } from '../../../../src/errors/lock-error.js';
import { failure } from './failure.js';

/** A read and a write of whatever the server has there. */
export const get = { method: 'GET', path: '/api', subject: 'Lease a/b' } as const;
export const put = { ...get, method: 'PUT', body: { a: 1 } } as const;

/** What a client with this kubeconfig is answered. */
export function ask(config: KubeConfigLike, more: Partial<ApiRequest> = {}): Promise<ApiResponse> {
  return new ApiClient(config).request({ ...get, ...more });
}

/** How it fails. */
export function failureOf(
  config: KubeConfigLike,
  more: Partial<ApiRequest> = {},
): Promise<LockError> {
  return failure(ask(config, more));
}
