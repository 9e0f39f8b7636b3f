import { joinAgent } from '../kubernetes/agents.js';
import { ApiClient, useClient } from '../kubernetes/api-client.js';
import type { KubeConfigLike } from '../kubernetes/kube-config.js';
import { LeaseLock } from '../lock/lease-lock.js';
import { InMemoryAgent, type InMemoryRequest, type InMemorySocket } from './in-memory-agent.js';

const NAME = 'rehearsal';

/** Connections are shared by address: no two stages have the same. */
let stages = 0;

interface StoredLease {
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Stands in for an API server with one Lease, which is free and there for everybody to write. It is
 * just enough for hand-overs, but speaks HTTP, so that a rehearsal leaves out nothing but the
 * network; for tests there is the embedded API server.
 */
export class Stage {
  readonly #agent = new InMemoryAgent((request, socket) => {
    this.#answer(request, socket);
  });
  readonly #kubeConfig = leadingNowhere();
  readonly #client = new ApiClient(this.#kubeConfig, (settings) =>
    joinAgent(settings, () => this.#agent),
  );
  readonly #watches = new Set<InMemorySocket>();
  #version = 1;
  #lease: StoredLease = { metadata: { name: NAME, namespace: NAME, resourceVersion: '1' } };

  constructor() {
    useClient(this.#kubeConfig, this.#client);
  }

  lock(identity: string): LeaseLock {
    return new LeaseLock({ name: NAME, namespace: NAME, identity, kubeConfig: this.#kubeConfig });
  }

  close(): void {
    this.#client.close();
  }

  #answer({ method, path, body }: InMemoryRequest, socket: InMemorySocket): void {
    if (path.includes('watch=true')) {
      this.#watches.add(socket);
      socket.once('close', () => this.#watches.delete(socket));
      socket.beginStream();
      socket.sendLine(this.#event('ADDED'));
      return;
    }
    if (method === 'PUT') this.#write(JSON.parse(body) as StoredLease);
    socket.send(this.#lease);
  }

  #write(lease: StoredLease): void {
    this.#version += 1;
    const resourceVersion = String(this.#version);
    this.#lease = { ...lease, metadata: { ...lease.metadata, resourceVersion, managedFields: [] } };
    for (const watch of this.#watches) watch.sendLine(this.#event('MODIFIED'));
  }

  #event(type: 'ADDED' | 'MODIFIED'): object {
    return { type, object: this.#lease };
  }
}

function leadingNowhere(): KubeConfigLike {
  stages += 1;
  const server = `https://${NAME}-${stages}`;
  return {
    getCurrentContext: () => NAME,
    getContextObject: () => null,
    getCurrentCluster: () => ({ server }),
    getCurrentUser: () => null,
    applyToHTTPSOptions: () => Promise.resolve(),
  };
}
