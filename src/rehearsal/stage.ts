import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { useClient } from '../kubernetes/api-client.js';
import type { ApiRequest, ApiResponse, ApiStream } from '../kubernetes/api-request.js';
import type { KubeConfigLike } from '../kubernetes/kube-config.js';
import { LeaseLock } from '../lock/lease-lock.js';

const NAME = 'rehearsal';

/** Nobody reads it: requests that belong to it go to the stage. */
const leadingNowhere = (): KubeConfigLike => ({
  getCurrentContext: () => NAME,
  getContextObject: () => null,
  getCurrentCluster: () => null,
  getCurrentUser: () => null,
  applyToHTTPSOptions: () => Promise.reject(new Error('A rehearsal has no API server')),
});

interface StoredLease {
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Stands in for an API server with one Lease, which is free and there for everybody to write. It is
 * just enough for one hand-over; for tests there is the embedded API server.
 */
export class Stage {
  readonly #kubeConfig = leadingNowhere();
  readonly #watches = new Set<IncomingMessage>();
  #version = 1;
  #lease: StoredLease = { metadata: { name: NAME, namespace: NAME, resourceVersion: '1' } };

  constructor() {
    useClient(this.#kubeConfig, {
      request: (request) => Promise.resolve(this.#answer(request)),
      stream: (request) => Promise.resolve(this.#watch(request)),
    });
  }

  lock(identity: string): LeaseLock {
    return new LeaseLock({ name: NAME, namespace: NAME, identity, kubeConfig: this.#kubeConfig });
  }

  #answer({ body }: ApiRequest): ApiResponse {
    if (body !== undefined) this.#write(body as StoredLease);
    // As text and back, like everything that comes from a server.
    const json = JSON.parse(JSON.stringify(this.#lease)) as unknown;
    return { status: 200, headers: {}, json, address: NAME };
  }

  #write(lease: StoredLease): void {
    this.#version += 1;
    const resourceVersion = String(this.#version);
    this.#lease = { ...lease, metadata: { ...lease.metadata, resourceVersion } };
    for (const watch of this.#watches) watch.push(this.#event('MODIFIED'));
  }

  #watch({ signal }: ApiRequest): ApiStream {
    const body = new IncomingMessage(new Socket());
    this.#watches.add(body);
    signal?.addEventListener('abort', () => {
      this.#watches.delete(body);
      body.push(null);
    });
    body.push(this.#event('ADDED'));
    return { status: 200, headers: {}, body, address: NAME, scrub: (text) => text };
  }

  #event(type: 'ADDED' | 'MODIFIED'): string {
    return `${JSON.stringify({ type, object: this.#lease })}\n`;
  }
}
