import { checkWriteOptions, readJson } from './bodies.js';
import { type Answer, type ApiWorld, type Call, answer, isDryRun, liveObject } from './call.js';
import { type JsonObject, type KubernetesObject, isJsonObject, secondsTime } from './objects.js';
import { listed } from './reads.js';
import { type Resource, namespaces } from './resources.js';
import { type ApiStatusError, type Status, conflict, forbidden, notFound } from './status.js';

const PROTECTED_NAMESPACES = ['default', 'kube-system', 'kube-public'];

/** DELETE of one object. @throws ApiStatusError */
export function remove(world: ApiWorld, call: Call): Answer {
  checkWriteOptions('DeleteOptions', call.request.query);
  const options = call.request.body === '' ? {} : readJson(call.request, '');
  const { resource, info } = call;
  const live = liveObject(world, call);
  if (resource === namespaces && PROTECTED_NAMESPACES.includes(info.name)) {
    throw forbidden(resource, info.name, 'this namespace may not be deleted');
  }
  if (live === null) throw notFound(resource, info.name);
  checkPreconditions(resource, live, options);
  const left = deleteObject(world, call, live);
  return answer(200, left ?? deleted(resource, live));
}

/** DELETE of a collection, as far as the selectors choose. */
export function removeCollection(world: ApiWorld, call: Call): Answer {
  checkWriteOptions('DeleteOptions', call.request.query);
  const list = listed(world, call);
  for (const live of list.objects) deleteObject(world, call, live);
  return answer(200, list.body);
}

/** Returns what is left of the object, which is null unless something still has to be finished. */
function deleteObject(
  world: ApiWorld,
  call: Call,
  live: KubernetesObject,
): KubernetesObject | null {
  const { resource } = call;
  const { namespace = '', name = '', finalizers = [], deletionTimestamp } = live.metadata;
  const isNamespace = resource === namespaces;
  if (!isNamespace && finalizers.length === 0) {
    if (!isDryRun(call)) world.store.remove(resource, namespace, name);
    return null;
  }
  if (deletionTimestamp !== undefined) return live;
  const marked = structuredClone(live);
  marked.metadata.deletionTimestamp = secondsTime(world.now());
  if (isNamespace) marked['status'] = { phase: 'Terminating' };
  else marked.metadata.deletionGracePeriodSeconds = 0;
  return isDryRun(call) ? marked : world.store.put(resource, marked);
}

function deleted(resource: Resource, object: KubernetesObject): Status {
  const { name = '', uid = '' } = object.metadata;
  const group = resource.group === '' ? {} : { group: resource.group };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...group, kind: resource.resource, uid },
  };
}

function checkPreconditions(resource: Resource, live: KubernetesObject, options: JsonObject): void {
  const { preconditions } = options;
  if (!isJsonObject(preconditions)) return;
  const { uid, resourceVersion } = preconditions;
  const { metadata } = live;
  if (typeof uid === 'string' && uid !== metadata.uid) {
    const mismatch = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ''})`;
    throw changed(
      resource,
      live,
      `${mismatch}. The object might have been deleted and then recreated`,
    );
  }
  if (typeof resourceVersion === 'string' && resourceVersion !== metadata.resourceVersion) {
    const mismatch = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion ?? ''})`;
    throw changed(resource, live, `${mismatch}. The object might have been modified`);
  }
}

// Here, and only here, the API server names the kind where it names the resource elsewhere.
function changed({ group, kind }: Resource, live: KubernetesObject, why: string): ApiStatusError {
  return conflict({ group, resource: kind }, live.metadata.name ?? '', why);
}
