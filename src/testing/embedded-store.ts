import type { KubernetesApi } from './apiserver/kubernetes-api.js';
import { type JsonObject, type KubernetesObject } from './apiserver/objects.js';
import { type Resource, allResources, apiVersionOf, namespaces } from './apiserver/resources.js';

export type ResourceName = 'leases' | 'configmaps' | 'events' | 'namespaces';

export interface ObjectReference {
  readonly resource: ResourceName;
  /** Default `default`; namespaces themselves are in none. */
  readonly namespace?: string;
  readonly name: string;
}

/** An object to store. What its kind stands for is filled in where it is absent. */
export interface ObjectToPut {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string } & JsonObject;
  readonly [field: string]: unknown;
}

/**
 * The server's objects, read and changed past the network: what another client, or a person with
 * kubectl, does while the code under test is looking elsewhere. No access rule and no fault applies
 * here; validation does, since no client gets around that.
 */
export class EmbeddedStore {
  readonly #api: KubernetesApi;

  /** @internal */
  constructor(api: KubernetesApi) {
    this.#api = api;
  }

  /** The newest `resourceVersion` that has been given out. */
  get revision(): number {
    return this.#api.store.revision;
  }

  get({ resource, namespace, name }: ObjectReference): KubernetesObject | null {
    const found = byName(resource);
    const object = this.#api.store.get(found, placeOf(found, namespace), name);
    return object === null ? null : structuredClone(object);
  }

  list(resource: ResourceName, namespace?: string): KubernetesObject[] {
    return structuredClone(this.#api.store.list(byName(resource), namespace));
  }

  /**
   * Creates the object, or overwrites the one that is there, whatever its version, as `manager`.
   *
   * @throws Error what the server says where it refuses the object
   */
  put(object: ObjectToPut, options: { readonly manager?: string } = {}): KubernetesObject {
    const resource = byKind(object.kind);
    const { name } = object.metadata;
    const namespace = placeOf(resource, object.metadata.namespace);
    const live = this.#api.store.get(resource, namespace, name);
    const metadata: JsonObject = { ...object.metadata };
    delete metadata['uid'];
    delete metadata['resourceVersion'];
    if (live !== null) metadata['resourceVersion'] = live.metadata.resourceVersion;
    const body = { ...object, metadata };
    const answer = this.#api.handleTrusted({
      method: live === null ? 'POST' : 'PUT',
      path: pathOf(resource, namespace, live === null ? '' : name),
      query: new URLSearchParams({ fieldManager: options.manager ?? 'another-client' }),
      headers: {},
      body: JSON.stringify(body),
    });
    return structuredClone((answer as { body: unknown }).body as KubernetesObject);
  }

  /** Takes the object away. False when it was not there. */
  delete({ resource, namespace, name }: ObjectReference): boolean {
    const found = byName(resource);
    return this.#api.store.remove(found, placeOf(found, namespace), name) !== null;
  }

  /** Makes the namespace where it is missing. */
  createNamespace(name: string): void {
    if (this.get({ resource: 'namespaces', name }) === null) {
      this.put({ kind: 'Namespace', metadata: { name } });
    }
  }

  /** Takes a namespace away with all that is in it. */
  deleteNamespace(name: string): void {
    for (const resource of allResources.filter(({ namespaced }) => namespaced)) {
      for (const { metadata } of this.#api.store.list(resource, name)) {
        this.#api.store.remove(resource, name, metadata.name ?? '');
      }
    }
    this.#api.store.remove(namespaces, '', name);
  }

  /** Forgets all history: a watch from any version before the newest one is answered with 410. */
  compact(): void {
    this.#api.store.compact();
  }
}

function byName(name: ResourceName): Resource {
  const found = allResources.find(({ resource }) => resource === name);
  if (found === undefined) throw new Error(`The embedded API server has no resource ${name}`);
  return found;
}

function byKind(kind: string): Resource {
  const found = allResources.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`The embedded API server has no kind ${kind}`);
  return found;
}

function placeOf(resource: Resource, namespace = 'default'): string {
  return resource.namespaced ? namespace : '';
}

function pathOf(resource: Resource, namespace: string, name: string): string {
  const root = resource.group === '' ? '/api' : '/apis';
  const parts = [root, apiVersionOf(resource)];
  if (namespace !== '') parts.push('namespaces', namespace);
  parts.push(resource.resource);
  if (name !== '') parts.push(name);
  return parts.join('/');
}
