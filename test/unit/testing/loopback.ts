import { setImmediate } from 'node:timers/promises';

import type { EmbeddedApiServer } from '../../../src/testing.js';
import { RawClient } from '../../contract/raw-client.js';

export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

/** A client of the server; the empty token sends none. */
export function clientOf(server: EmbeddedApiServer, token = ''): RawClient {
  return new RawClient({ url: server.url, token: () => token }, 'admin');
}

export function leaseBody(name: string, holderIdentity: string): object {
  return { metadata: { name }, spec: { holderIdentity } };
}

export function holderOf(server: EmbeddedApiServer, name: string): unknown {
  const lease = server.store.get({ resource: 'leases', name });
  return lease === null ? null : (lease['spec'] as { holderIdentity?: unknown }).holderIdentity;
}

/** Lets sockets work until it is so. The runner's time limit ends what never comes. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate();
}
