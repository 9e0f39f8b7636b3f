import type { KubernetesObject } from './objects.js';
import type { Resource } from './resources.js';

/** One committed change, in the order of the whole server. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly revision: number;
  /** As stored by this change; for a deletion, as last stored, with the deletion's revision. */
  readonly object: KubernetesObject;
  readonly previous: KubernetesObject | null;
}

/**
 * What etcd is to an API server: objects, one revision number that grows with every change of any
 * kind and never goes back (a deletion takes a number too), and a history that watches start from.
 * Objects that have been handed out are never changed.
 */
export class ObjectStore {
  #revision = 1;
  #compacted = 1;
  #history: Change[] = [];
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #keep: number;

  /** @param keep how many past changes a watch can start from */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** The revision of the newest change. */
  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision that a watch can start from. */
  get compacted(): number {
    return this.#compacted;
  }

  get(resource: Resource, namespace: string, name: string): KubernetesObject | null {
    return this.#objects.get(keyOf(resource, namespace, name)) ?? null;
  }

  /** Everything of one kind, of all namespaces or of one, ordered by namespace and name. */
  list(resource: Resource, namespace = ''): KubernetesObject[] {
    const prefix = namespace === '' ? keyOf(resource) : keyOf(resource, namespace, '');
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Stores the object under the next revision and returns it as stored. */
  put(resource: Resource, object: KubernetesObject): KubernetesObject {
    const { namespace = '', name = '' } = object.metadata;
    const key = keyOf(resource, namespace, name);
    const previous = this.#objects.get(key) ?? null;
    const stored = this.#atNextRevision(object);
    this.#objects.set(key, stored);
    this.#commit(previous === null ? 'ADDED' : 'MODIFIED', resource, stored, previous);
    return stored;
  }

  /** Takes the object away; null when it was not there. */
  remove(resource: Resource, namespace: string, name: string): KubernetesObject | null {
    const key = keyOf(resource, namespace, name);
    const previous = this.#objects.get(key);
    if (previous === undefined) return null;
    this.#objects.delete(key);
    const last = this.#atNextRevision(previous);
    this.#commit('DELETED', resource, last, previous);
    return last;
  }

  /** The changes after that revision, oldest first; null when some of them are no longer known. */
  changesSince(revision: number): Change[] | null {
    if (revision < this.#compacted) return null;
    return this.#history.filter((change) => change.revision > revision);
  }

  /** Forgets the history: no watch can start from a revision before the current one. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.#revision;
  }

  /** Calls the listener at each change, in the call that makes it. Returns how to stop that. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #atNextRevision(object: KubernetesObject): KubernetesObject {
    this.#revision += 1;
    const stored = structuredClone(object);
    stored.metadata.resourceVersion = String(this.#revision);
    return stored;
  }

  #commit(
    type: Change['type'],
    resource: Resource,
    object: KubernetesObject,
    previous: KubernetesObject | null,
  ): void {
    const change: Change = { type, resource, revision: this.#revision, object, previous };
    this.#history.push(change);
    if (this.#history.length > this.#keep) {
      const dropped = this.#history.shift();
      this.#compacted = dropped?.revision ?? this.#compacted;
    }
    for (const listener of [...this.#listeners]) listener(change);
  }
}

function keyOf(resource: Resource, ...rest: readonly string[]): string {
  return [resource.group, resource.resource, ...rest].join('/') + (rest.length === 0 ? '/' : '');
}
