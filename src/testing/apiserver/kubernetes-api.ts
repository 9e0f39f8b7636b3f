import { AccessRules, ANONYMOUS, accessDenied } from './access.js';
import { reviewAccess } from './access-review.js';
import { type Answer, type ApiWorld, type Call, answer } from './call.js';
import { create } from './creates.js';
import { remove, removeCollection } from './deletes.js';
import { discover } from './discovery.js';
import { get, list } from './reads.js';
import { represented, representationFor } from './representation.js';
import { allResources } from './resources.js';
import { type ApiRequest, type RequestInfo, findResource, requestInfo } from './routes.js';
import {
  ApiStatusError,
  failure,
  methodNotAllowed,
  unauthorized,
  unknownResource,
} from './status.js';
import { ObjectStore } from './store.js';
import { patch, update } from './updates.js';
import { type WatchStream, watch } from './watches.js';

export interface KubernetesApiOptions {
  /** Bearer tokens and whose they are. Without this, nobody has to say who they are. */
  readonly tokens?: Readonly<Record<string, string>> | undefined;
  /** Namespaces that exist from the start, beside `default`, `kube-system` and `kube-public`. */
  readonly namespaces?: readonly string[] | undefined;
  /** How many past changes a watch can start from. Default 1000. */
  readonly compactAfter?: number | undefined;
  /** The server's clock: creation times, managed fields, `Date` headers. */
  readonly now: () => Date;
  /** At least 0 and below 1; for uids and generated names. */
  readonly random: () => number;
}

/** The user of every request where no tokens are given. */
export const SOLE_USER = 'kubernetes-admin';

/**
 * The rules of a Kubernetes API server over an in-memory store: authentication, authorization,
 * decoding, validation, versions and watches. A request is answered in the call, by nothing but
 * the store, the clock and the random numbers that it was given: there is no network and no timer
 * in here, so that a simulation can run it as it is.
 */
export class KubernetesApi {
  readonly store: ObjectStore;
  readonly access = new AccessRules();
  readonly tokens: Map<string, string> | null;
  readonly #world: ApiWorld;

  constructor(options: KubernetesApiOptions) {
    this.store = new ObjectStore(options.compactAfter ?? 1000);
    this.tokens = options.tokens ? new Map(Object.entries(options.tokens)) : null;
    const { now, random } = options;
    this.#world = {
      store: this.store,
      now,
      newUid: () => uuid(random),
      newSuffix: () => suffix(random),
    };
    const names = ['default', 'kube-system', 'kube-public', ...(options.namespaces ?? [])];
    for (const name of new Set(names)) this.#createNamespace(name);
    // A cluster's first revisions are long gone when anyone comes to ask for them.
    this.store.compact();
  }

  /** Whose request this is: null when its token is not known. */
  authenticate(request: ApiRequest): string | null {
    if (this.tokens === null) return SOLE_USER;
    const [, token] = /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '') ?? [];
    return token === undefined ? ANONYMOUS : (this.tokens.get(token) ?? null);
  }

  /** Answers a request. A refusal is an answer too. */
  handle(request: ApiRequest): Answer | WatchStream {
    try {
      return this.#handle(request);
    } catch (error) {
      if (error instanceof ApiStatusError) return refusal(error);
      const why = error instanceof Error ? error.message : String(error);
      return refusal(failure(500, 'InternalError', `Internal error occurred: ${why}`));
    }
  }

  #handle(request: ApiRequest): Answer | WatchStream {
    const user = this.authenticate(request);
    if (user === null) throw unauthorized();
    const info = requestInfo(request);
    if (!this.access.allows(user, info)) throw accessDenied(user, info);
    if (isAccessReview(info)) return reviewAccess(this.access, user, request);
    const form = representationFor(request.headers['accept'] ?? '');
    const resource = info.subresource === '' ? findResource(info) : null;
    if (resource !== null) {
      const authorize = (verb: string): void => {
        if (!this.access.allows(user, { ...info, verb }))
          throw accessDenied(user, { ...info, verb });
      };
      return represented(dispatch(this.#world, { request, info, resource, authorize }), form);
    }
    const known = request.method === 'GET' ? discover(request.path) : null;
    if (known !== null) return answer(200, known);
    if (allResources.some((one) => one.group === info.group && one.version === info.version)) {
      throw unknownResource();
    }
    return answer(404, '404 page not found\n');
  }

  /**
   * Does what the request says without asking who sends it.
   *
   * @throws ApiStatusError
   */
  handleTrusted(request: ApiRequest): Answer | WatchStream {
    const info = requestInfo(request);
    const resource = findResource(info);
    if (resource === null) throw unknownResource();
    return dispatch(this.#world, { request, info, resource, authorize: () => undefined });
  }

  #createNamespace(name: string): void {
    this.handleTrusted({
      method: 'POST',
      path: '/api/v1/namespaces',
      query: new URLSearchParams({ fieldManager: 'kube-apiserver' }),
      headers: {},
      body: JSON.stringify({ metadata: { name } }),
    });
  }
}

function dispatch(world: ApiWorld, call: Call): Answer | WatchStream {
  const { info, resource, request } = call;
  const isKnown = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(request.method);
  const wantsOne = ['PUT', 'PATCH'].includes(request.method);
  const wantsAll = request.method === 'POST';
  const isElsewhere = resource.namespaced && info.namespace === '';
  if (
    !isKnown ||
    (info.onOne ? wantsAll : wantsOne) ||
    !resource.verbs.includes(info.verb) ||
    (isElsewhere && !['list', 'watch'].includes(info.verb))
  ) {
    throw methodNotAllowed();
  }
  switch (info.verb) {
    case 'create':
      return create(world, call);
    case 'update':
      return update(world, call);
    case 'patch':
      return patch(world, call);
    case 'delete':
      return remove(world, call);
    case 'deletecollection':
      return removeCollection(world, call);
    case 'get':
      return get(world, call);
    case 'list':
      return list(world, call);
    default:
      return watch(world, call);
  }
}

function isAccessReview({ group, resource, verb, onOne }: RequestInfo): boolean {
  const isReview = group === 'authorization.k8s.io' && resource === 'selfsubjectaccessreviews';
  return isReview && verb === 'create' && !onOne;
}

function refusal({ status, headers }: ApiStatusError): Answer {
  const seconds = status.details?.retryAfterSeconds;
  const retry = seconds === undefined ? {} : { 'Retry-After': String(seconds) };
  return { type: 'answer', status: status.code, headers: { ...retry, ...headers }, body: status };
}

function uuid(random: () => number): string {
  const hex = (length: number): string =>
    Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
}

// The letters and digits that the API server uses: none that would spell a word or look like another.
const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function suffix(random: () => number): string {
  const letter = (): string => SUFFIX_LETTERS.charAt(Math.floor(random() * SUFFIX_LETTERS.length));
  return Array.from({ length: 5 }, letter).join('');
}
