import type { KubernetesObject } from './objects.js';
import type { Resource } from './resources.js';
import type { ApiRequest, RequestInfo } from './routes.js';
import type { ObjectStore } from './store.js';

/** What the rules need of the world around them. */
export interface ApiWorld {
  readonly store: ObjectStore;
  now(): Date;
  /** A new UUID. */
  newUid(): string;
  /** Five characters that complete a `generateName`. */
  newSuffix(): string;
}

/** A request that has been let in, about a resource that exists. */
export interface Call {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly resource: Resource;
  /** Throws 403 unless the caller has this right, too, on the same object. */
  authorize(verb: string): void;
}

export interface Answer {
  readonly type: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** JSON, or text where it is a string. */
  readonly body: unknown;
}

export function answer(status: number, body: unknown, warnings: readonly string[] = []): Answer {
  const lines = warnings.map((text) => `299 - ${JSON.stringify(text)}`);
  return {
    type: 'answer',
    status,
    headers: lines.length === 0 ? {} : { Warning: lines },
    body,
  };
}

export function isDryRun({ request }: Call): boolean {
  return request.query.has('dryRun');
}

/** Where the call's object lives; a namespace is named in its own path, but lives in none. */
export function placeOf({ resource, info }: Call): { namespace: string; name: string } {
  return { namespace: resource.namespaced ? info.namespace : '', name: info.name };
}

export function liveObject(world: ApiWorld, call: Call): KubernetesObject | null {
  const { namespace, name } = placeOf(call);
  return world.store.get(call.resource, namespace, name);
}
