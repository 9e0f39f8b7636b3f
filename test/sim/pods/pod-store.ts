import type { WatchEvent, WatchStream } from '../../../src/testing/apiserver/watches.js';
import type { Json } from '../facts.js';

export const PODS_PATH = '/api/v1/namespaces/default/pods';

interface Change {
  readonly name: string;
  readonly revision: number;
  readonly event: WatchEvent;
}

/** So many past changes a watch can start from. */
const KEPT = 40;

/** The pods of a cluster, as its API server has them: what kubelets write and others watch. */
export class PodStore {
  readonly #pods = new Map<string, Json>();
  readonly #watchers = new Set<(change: Change) => void>();
  #changes: Change[] = [];
  #revision = 1;
  #compacted = 1;

  get(name: string): Json | null {
    return this.#pods.get(name) ?? null;
  }

  put(pod: Json & { readonly metadata: Json }): void {
    const name = String(pod.metadata['name']);
    const type = this.#pods.has(name) ? 'MODIFIED' : 'ADDED';
    this.#pods.set(name, this.#change(type, name, pod));
  }

  /** As by a deletion without grace: nobody has asked the kubelet. */
  remove(name: string): void {
    const pod = this.#pods.get(name);
    if (pod === undefined) return;
    this.#pods.delete(name);
    this.#change('DELETED', name, pod);
  }

  /** A watch of one of them, as the API server grants it. */
  watch(query: Readonly<Record<string, string>>): WatchStream {
    const name = (query['fieldSelector'] ?? '').replace('metadata.name=', '');
    const since = Number(query['resourceVersion'] ?? 0);
    return {
      type: 'watch',
      timeoutSeconds: Number(query['timeoutSeconds'] ?? 300),
      bookmarks: true,
      open: (deliver) => this.#open(name, since, deliver),
      bookmark: () => bookmark(this.#revision),
    };
  }

  #open(name: string, since: number, deliver: (event: WatchEvent) => void): () => void {
    const pass = (change: Change): void => {
      if (change.name === name && change.revision > since) deliver(change.event);
    };
    if (since !== 0 && since < this.#compacted) {
      deliver(EXPIRED);
      return () => undefined;
    }
    const pod = this.#pods.get(name);
    if (since !== 0) this.#changes.forEach(pass);
    else if (pod !== undefined) deliver({ type: 'ADDED', object: pod as never });
    this.#watchers.add(pass);
    return () => this.#watchers.delete(pass);
  }

  #change(type: 'ADDED' | 'MODIFIED' | 'DELETED', name: string, pod: Json): Json {
    this.#revision += 1;
    const metadata = { ...(pod['metadata'] as Json), resourceVersion: String(this.#revision) };
    const object = { kind: 'Pod', apiVersion: 'v1', ...pod, metadata };
    const change = { name, revision: this.#revision, event: { type, object: object as never } };
    this.#changes.push(change);
    for (const dropped of this.#changes.splice(0, this.#changes.length - KEPT)) {
      this.#compacted = dropped.revision;
    }
    for (const tell of [...this.#watchers]) tell(change);
    return object;
  }
}

function bookmark(revision: number): WatchEvent {
  const metadata = { resourceVersion: String(revision) };
  return { type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1', metadata } };
}

const EXPIRED: WatchEvent = {
  type: 'ERROR',
  object: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'too old resource version',
    reason: 'Expired',
    code: 410,
  },
};
