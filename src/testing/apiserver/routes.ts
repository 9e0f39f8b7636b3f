import { type Resource, allResources } from './resources.js';
import { selectedName } from './selectors.js';

/** A request to the API, before anything has been decided about it. Header names in lower case. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** What a request is about, as access rules and faults see it. */
export interface RequestInfo {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; for other paths the method in lower case. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  /** Empty for a path that is not about a resource. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  /** Empty for a whole collection, unless a field selector asks for one name. */
  readonly name: string;
  /** Whether the path itself names one object. */
  readonly onOne: boolean;
  readonly path: string;
}

/** Takes a URL apart in the way that the API server's authorizer sees it. */
export function requestInfo({ method, path, query }: ApiRequest): RequestInfo {
  const parts = path.split('/').filter((part) => part !== '');
  const [root = '', ...rest] = parts.map(decodeSegment);
  const plain = { verb: method.toLowerCase(), path, resource: '', subresource: '', onOne: false };
  const none = { ...plain, group: '', version: '', namespace: '', name: '' };
  if (root !== 'api' && root !== 'apis') return none;
  const group = root === 'api' ? '' : (rest.shift() ?? '');
  const version = rest.shift() ?? '';
  if (rest.length === 0) return none;

  let namespace = '';
  let segments = rest;
  if (rest[0] === 'namespaces' && rest[1] !== undefined) {
    namespace = rest[1];
    // Below a namespace comes a resource; the namespace alone is a resource itself.
    if (rest.length > 2) segments = rest.slice(2);
  }
  const [resource = '', named = '', subresource = ''] = segments;
  const onOne = named !== '';
  const verb = verbOf(method, onOne, query);
  const name = onOne ? named : method === 'POST' ? '' : (selectedName(query) ?? '');
  return { verb, group, version, resource, subresource, namespace, name, onOne, path };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function verbOf(method: string, named: boolean, query: URLSearchParams): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      if (named) return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
  }
}

export function isTrue(value: string | null): boolean {
  return value !== null && !['', 'false', '0'].includes(value);
}

export function findResource({ group, version, resource }: RequestInfo): Resource | null {
  const found = allResources.find(
    (one) => one.group === group && one.version === version && one.resource === resource,
  );
  return found ?? null;
}
