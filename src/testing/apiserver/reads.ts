import { type Answer, type ApiWorld, type Call, answer, liveObject, placeOf } from './call.js';
import { isJsonObject, type KubernetesObject } from './objects.js';
import { apiVersionOf } from './resources.js';
import { selectorOf } from './selectors.js';
import { badRequest, failure, notFound } from './status.js';

/** GET of one object. @throws ApiStatusError */
export function get(world: ApiWorld, call: Call): Answer {
  awaitVersion(world, call);
  const live = liveObject(world, call);
  if (live === null) throw notFound(call.resource, call.info.name);
  return answer(200, live);
}

/** GET of a collection. @throws ApiStatusError */
export function list(world: ApiWorld, call: Call): Answer {
  awaitVersion(world, call);
  return answer(200, listed(world, call).body);
}

interface Listed {
  readonly objects: readonly KubernetesObject[];
  /** The `List` object, with its items in the form they have there: without kind and apiVersion. */
  readonly body: unknown;
}

export function listed({ store }: ApiWorld, call: Call): Listed {
  const { resource, request } = call;
  const selects = selectorOf(resource, request.query);
  const all = store.list(resource, placeOf(call).namespace).filter(selects);
  const page = pageOf(all, request.query);
  const items = page.objects.map((object) => {
    const item: Partial<KubernetesObject> = { ...object };
    delete item.kind;
    delete item.apiVersion;
    return item;
  });
  const metadata = { resourceVersion: String(store.revision), ...page.metadata };
  const { kind } = resource;
  const body = { kind: `${kind}List`, apiVersion: apiVersionOf(resource), metadata, items };
  return { objects: page.objects, body };
}

/**
 * Pages are cut from the current state. The API server keeps the state of the first page for the
 * later ones; a caller that needs that should not set a limit here.
 */
function pageOf(
  all: readonly KubernetesObject[],
  query: URLSearchParams,
): { objects: readonly KubernetesObject[]; metadata: object } {
  const limit = Number(query.get('limit') ?? 0);
  const start = readContinue(query.get('continue'));
  const rest = all.filter((object) => keyOf(object) > start);
  if (!(limit > 0) || rest.length <= limit) return { objects: rest, metadata: {} };
  const objects = rest.slice(0, limit);
  const last = objects.at(-1);
  const token = JSON.stringify({ v: 'meta.k8s.io/v1', start: last ? keyOf(last) : '' });
  return { objects, metadata: { continue: Buffer.from(token).toString('base64url') } };
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}

function readContinue(token: string | null): string {
  if (token === null || token === '') return '';
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (isJsonObject(value) && typeof value['start'] === 'string') return value['start'];
  } catch {
    // Falls through to the refusal, as any other token that was not made here.
  }
  throw badRequest('continue key is not valid');
}

/** A read that asks for a state that does not exist yet ends in 504; here at once, there after 3 s. */
function awaitVersion({ store }: ApiWorld, { request }: Call): void {
  const version = request.query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(version)) {
    const why = `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`;
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(version)}: ${why}`,
    );
  }
  if (Number(version) <= store.revision) return;
  const message = 'Too large resource version';
  throw failure(
    504,
    'Timeout',
    `Timeout: ${message}: ${version}, current: ${String(store.revision)}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message }],
      retryAfterSeconds: 1,
    },
  );
}
