import {
  type Body,
  checkSize,
  checkWriteOptions,
  mediaType,
  readObject,
  toObject,
} from './bodies.js';
import { type Answer, type ApiWorld, type Call, answer, isDryRun, liveObject } from './call.js';
import { createObject, dropDisabledFields, setManagedFields, setNamespace } from './creates.js';
import { DecodeError } from './decode.js';
import { forbiddenField, invalid, invalidObject } from './field-errors.js';
import { hasListOrDirective, mergePatch } from './merge-patch.js';
import { type JsonObject, type KubernetesObject, deepEqual, isJsonObject } from './objects.js';
import { namespaces } from './resources.js';
import { badRequest, conflict, failure, notFound, unclassified } from './status.js';
import { validate } from './validate.js';

const STALE =
  'the object has been modified; please apply your changes to the latest version and try again';

/** PUT. @throws ApiStatusError */
export function update(world: ApiWorld, call: Call): Answer {
  checkWriteOptions('UpdateOptions', call.request.query);
  const { resource, info } = call;
  const body = readObject(resource, call.request);
  const { object } = body;
  setNamespace(call, object);
  checkName(call, object);
  const live = liveObject(world, call);
  if (live === null && !resource.createOnUpdate) throw notFound(resource, info.name);
  checkUid(call, object, live);
  if (live === null) return createObject(world, call, body);
  checkVersion(call, object, live);
  return replace(world, call, body, live);
}

/** PATCH with a JSON merge patch, or a strategic one that comes to the same. @throws ApiStatusError */
export function patch(world: ApiWorld, call: Call): Answer {
  const { resource, info, request } = call;
  checkSize(request);
  const changes = readPatch(call);
  checkWriteOptions('PatchOptions', request.query);
  if (request.query.has('force')) {
    const error = forbiddenField('force', 'may not be specified for non-apply patch');
    throw invalidObject({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [error]);
  }
  const live = liveObject(world, call);
  if (live === null) throw notFound(resource, info.name);
  const body = patched(call, mergePatch(live, changes) as JsonObject);
  const { object } = body;
  setNamespace(call, object);
  checkName(call, object);
  const version = object.metadata.resourceVersion;
  if (version !== undefined) checkVersion(call, object, live);
  return replace(world, call, body, live);
}

function readPatch({ request }: Call): JsonObject {
  const type = mediaType(request);
  const strategic = type === 'application/strategic-merge-patch+json';
  if (!strategic && type !== 'application/merge-patch+json') throw unsupportedPatch();
  let changes: unknown;
  try {
    changes = JSON.parse(request.body);
  } catch {
    throw badRequest('invalid JSON patch');
  }
  if (!isJsonObject(changes)) {
    throw badRequest('error decoding patch: json: cannot unmarshal into an object');
  }
  // A strategic patch merges lists by key and has directives, which are not known here.
  if (strategic && hasListOrDirective(changes)) throw unsupportedPatch();
  return changes;
}

function unsupportedPatch(): Error {
  return failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

function patched({ resource, request }: Call, json: JsonObject): Body {
  try {
    return toObject(resource, json, request.query);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const wrong = invalid('patch', JSON.stringify(json), error.message);
    throw invalidObject({ group: '', kind: '' }, '', [wrong]);
  }
}

function checkName({ info }: Call, { metadata }: KubernetesObject): void {
  const { name = '' } = metadata;
  if (name === info.name) return;
  throw badRequest(
    name === ''
      ? `the name of the object (${info.name} based on URL) was undeterminable: name must be provided`
      : `the name of the object (${name}) does not match the name on the URL (${info.name})`,
  );
}

/**
 * A PUT that carries a uid is meant for that very object: it is refused with 409, not 404, when
 * the object has been deleted, or deleted and created anew.
 */
function checkUid(call: Call, object: KubernetesObject, live: KubernetesObject | null): void {
  const wanted = object.metadata.uid;
  const found = live?.metadata.uid ?? '';
  if (wanted === undefined || wanted === found) return;
  const { resource, info } = call;
  const key = `/registry/${resource.resource}/${info.namespace}/${info.name}`;
  const why = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`;
  throw conflict(
    resource,
    info.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  );
}

function checkVersion(call: Call, object: KubernetesObject, live: KubernetesObject): void {
  const { resource, info } = call;
  const given = object.metadata.resourceVersion ?? '';
  if (!/^\d*$/.test(given)) {
    throw unclassified(`strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`);
  }
  if (Number(given) !== 0) {
    if (given !== live.metadata.resourceVersion) throw conflict(resource, info.name, STALE);
  } else if (!resource.unconditionalUpdate) {
    const error = invalid('metadata.resourceVersion', 0, 'must be specified for an update');
    throw invalidObject({ group: resource.group, kind: resource.resource }, info.name, [error]);
  }
}

/** Puts the object in place of the live one, once its version has been found to be the current one. */
function replace(
  world: ApiWorld,
  call: Call,
  { object, warnings }: Body,
  live: KubernetesObject,
): Answer {
  const { resource, info } = call;
  keepSystemFields(object, live);
  setManagedFields(world, call, object, live);
  dropDisabledFields(resource, object);
  const errors = validate(resource, object, live);
  if (errors.length > 0) throw invalidObject(resource, info.name, errors);

  // What changes nothing is not stored: no new version, and no watch event.
  if (isDryRun(call) || deepEqual(object, live)) return answer(200, object, warnings);
  const { namespace = '', name = '', deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp !== undefined && finalizers.length === 0 && resource !== namespaces) {
    world.store.remove(resource, namespace, name);
    return answer(200, object, warnings);
  }
  return answer(200, world.store.put(resource, object), warnings);
}

function keepSystemFields(object: KubernetesObject, live: KubernetesObject): void {
  const { metadata } = object;
  const kept = live.metadata;
  delete metadata.selfLink;
  delete metadata.generation;
  Object.assign(metadata, {
    uid: metadata.uid ?? kept.uid,
    resourceVersion: kept.resourceVersion,
    creationTimestamp: kept.creationTimestamp,
    ...(kept.generation === undefined ? {} : { generation: kept.generation }),
    ...(kept.deletionTimestamp === undefined ? {} : { deletionTimestamp: kept.deletionTimestamp }),
  });
  if (kept.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds ??= kept.deletionGracePeriodSeconds;
  }
  if (object.kind === 'Namespace') {
    object['spec'] = live['spec'];
    object['status'] = live['status'];
  }
}
