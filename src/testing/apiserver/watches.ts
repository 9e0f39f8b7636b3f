import { type ApiWorld, type Call, placeOf } from './call.js';
import { type FieldError, forbiddenField, invalidObject } from './field-errors.js';
import type { KubernetesObject } from './objects.js';
import { apiVersionOf } from './resources.js';
import { isTrue } from './routes.js';
import { type Selects, selectorOf } from './selectors.js';
import { type Status, badRequest, expired, unclassified } from './status.js';
import type { Change } from './store.js';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubernetesObject | Status;
}

/** A watch that has been granted. Who carries it (a socket, a simulation) opens and times it. */
export interface WatchStream {
  readonly type: 'watch';
  /** After how long the server ends it; null: when it likes. */
  readonly timeoutSeconds: number | null;
  /** Whether the client wants `BOOKMARK` events. */
  readonly bookmarks: boolean;
  /**
   * Delivers what has happened since the version asked for, then each change in the very call that
   * makes it. An `ERROR` event is the last one. Returns how to stop.
   */
  open(deliver: (event: WatchEvent) => void): () => void;
  /**
   * A `BOOKMARK` that says: everything up to now has been delivered. Null while there is nothing
   * newer than what the watch began with, for then the real server sends none.
   */
  bookmark(): WatchEvent | null;
}

/** GET with `watch=true`. @throws ApiStatusError */
export function watch(world: ApiWorld, call: Call): WatchStream {
  const { query } = call.request;
  checkOptions(query);
  const selects = inPlace(call, selectorOf(call.resource, query));
  const timeout = Number(integer('timeoutSeconds', query) ?? 0);
  const begun = world.store.revision;
  return {
    type: 'watch',
    timeoutSeconds: timeout > 0 ? timeout : null,
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    open: (deliver) => open(world, call, selects, deliver),
    bookmark: () => (world.store.revision > begun ? bookmark(world, call, {}) : null),
  };
}

function open(
  { store, ...world }: ApiWorld,
  call: Call,
  selects: Selects,
  deliver: (event: WatchEvent) => void,
): () => void {
  const { query } = call.request;
  const from = Number(query.get('resourceVersion') ?? 0);
  const pass = (change: Change): void => {
    if (change.resource !== call.resource || change.revision <= from) return;
    const event = seenThrough(selects, change);
    if (event !== null) deliver(event);
  };
  if (from === 0) {
    for (const object of store.list(call.resource).filter(selects)) {
      deliver({ type: 'ADDED', object });
    }
    if (isTrue(query.get('sendInitialEvents'))) {
      deliver(bookmark({ store, ...world }, call, { 'k8s.io/initial-events-end': 'true' }));
    }
  } else {
    const missed = store.changesSince(from);
    if (missed === null) {
      const oldest = String(store.compacted);
      const { status } = expired(`too old resource version: ${String(from)} (${oldest})`);
      deliver({ type: 'ERROR', object: status });
      return () => undefined;
    }
    missed.forEach(pass);
  }
  return store.subscribe(pass);
}

/** The change as someone sees it who knows only the objects that are selected. */
function seenThrough(selects: Selects, change: Change): WatchEvent | null {
  const { object, previous } = change;
  const isSeen = change.type !== 'DELETED' && selects(object);
  const wasSeen = previous !== null && selects(previous);
  if (isSeen) return { type: wasSeen ? 'MODIFIED' : 'ADDED', object };
  if (!wasSeen) return null;
  // Leaving the selection looks like a deletion: the last state that was seen, at this revision.
  const resourceVersion = String(change.revision);
  const last = { ...previous, metadata: { ...previous.metadata, resourceVersion } };
  return { type: 'DELETED', object: last };
}

function inPlace(call: Call, selects: Selects): Selects {
  const { namespace } = placeOf(call);
  if (namespace === '') return selects;
  return (object) => object.metadata.namespace === namespace && selects(object);
}

function bookmark(
  { store }: ApiWorld,
  { resource }: Call,
  annotations: Record<string, string>,
): WatchEvent {
  const noted = Object.keys(annotations).length === 0 ? {} : { annotations };
  const object: KubernetesObject = {
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion: String(store.revision), ...noted },
    ...resource.blank,
  };
  return { type: 'BOOKMARK', object };
}

function checkOptions(query: URLSearchParams): void {
  const version = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(version)) {
    const quoted = JSON.stringify(version);
    const why = `strconv.ParseUint: parsing ${quoted}: invalid syntax`;
    throw unclassified(`resourceVersion: Invalid value: ${quoted}: ${why}`);
  }
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.has('sendInitialEvents');
  const errors: FieldError[] = [];
  if (match !== '' && !initial) {
    const rule = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    errors.push(forbiddenField('resourceVersionMatch', rule));
  }
  if (initial && match !== 'NotOlderThan') {
    const rule = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    errors.push(forbiddenField('resourceVersionMatch', rule));
  }
  if (errors.length > 0) {
    throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  }
}

function integer(name: string, query: URLSearchParams): string | null {
  const value = query.get(name);
  if (value !== null && !/^-?\d+$/.test(value)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  return value;
}
