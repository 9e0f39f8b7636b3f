import { type Body, checkWriteOptions, readObject } from './bodies.js';
import { type Answer, type ApiWorld, type Call, answer, isDryRun, placeOf } from './call.js';
import { invalidObject } from './field-errors.js';
import { managedFieldsAfter } from './managed-fields.js';
import { type KubernetesObject, secondsTime } from './objects.js';
import { apiVersionOf, namespaces, type Resource } from './resources.js';
import { alreadyExists, badRequest, forbidden, notFound, unclassified } from './status.js';
import { validate } from './validate.js';

/** POST to a collection. @throws ApiStatusError */
export function create(world: ApiWorld, call: Call): Answer {
  checkWriteOptions('CreateOptions', call.request.query);
  return createObject(world, call, readObject(call.resource, call.request));
}

/** Stores a new object, for POST and for a PUT to a name that does not exist. */
export function createObject(world: ApiWorld, call: Call, { object, warnings }: Body): Answer {
  const { resource } = call;
  const { metadata } = object;
  const { resourceVersion } = metadata;
  delete metadata.resourceVersion;
  delete metadata.selfLink;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  setNamespace(call, object);
  admitToNamespace(world, call, object);
  if ((metadata.name ?? '') === '' && metadata.generateName !== undefined) {
    metadata.name = `${metadata.generateName}${world.newSuffix()}`;
  }
  metadata.uid = world.newUid();
  metadata.creationTimestamp = secondsTime(world.now());
  if (resource === namespaces) {
    metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name ?? '' };
    delete object['spec'];
    delete object['status'];
  }
  setManagedFields(world, call, object, null);
  dropDisabledFields(resource, object);
  if (resource === namespaces) {
    object['spec'] = { finalizers: ['kubernetes'] };
    object['status'] = { phase: 'Active' };
  }

  const errors = validate(resource, object, null);
  const { name = '', namespace = '' } = metadata;
  if (errors.length > 0) throw invalidObject(resource, name, errors);
  if (call.info.verb !== 'create') call.authorize('create');
  if (world.store.get(resource, namespace, name) !== null) throw alreadyExists(resource, name);
  if (isDryRun(call)) return answer(201, object, warnings);
  if (resourceVersion !== undefined && call.request.method === 'POST') {
    throw unclassified('resourceVersion should not be set on objects to be created');
  }
  return answer(201, world.store.put(resource, object), warnings);
}

/** @throws ApiStatusError 400 when the object names another namespace than the URL */
export function setNamespace(call: Call, object: KubernetesObject): void {
  const { namespace } = placeOf(call);
  const { metadata } = object;
  if (namespace === '') {
    delete metadata.namespace;
  } else if ((metadata.namespace ?? namespace) !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  } else {
    metadata.namespace = namespace;
  }
}

/** New objects need a namespace that exists and is not being deleted. */
function admitToNamespace(world: ApiWorld, call: Call, object: KubernetesObject): void {
  const { namespace } = placeOf(call);
  if (namespace === '') return;
  const home = world.store.get(namespaces, '', namespace);
  if (home === null) throw notFound(namespaces, namespace);
  if (home.metadata.deletionTimestamp === undefined) return;
  const { name = '' } = object.metadata;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const refusal = forbidden(call.resource, name, why);
  const message = `namespace ${namespace} is being terminated`;
  const causes = [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }];
  Object.assign(refusal.status.details ?? {}, { causes });
  throw refusal;
}

export function setManagedFields(
  world: ApiWorld,
  call: Call,
  object: KubernetesObject,
  live: KubernetesObject | null,
): void {
  const entries = managedFieldsAfter(object, live, {
    schema: call.resource.schema,
    apiVersion: apiVersionOf(call.resource),
    manager: managerOf(call),
    time: secondsTime(world.now()),
  });
  delete object.metadata.managedFields;
  if (entries !== undefined) object.metadata.managedFields = entries;
}

/** The name a writer goes by: what it says, else the first word of its `User-Agent`. */
function managerOf({ request }: Call): string {
  const given = request.query.get('fieldManager') ?? '';
  if (given !== '') return given;
  const agent = (request.headers['user-agent'] ?? '').split('/')[0] ?? '';
  return agent === '' ? 'unknown' : agent.slice(0, 128);
}

/** Takes out what is not stored unless a feature is switched on. */
export function dropDisabledFields(
  { disabledFields = [] }: Resource,
  object: KubernetesObject,
): void {
  const spec = object['spec'] as Record<string, unknown>;
  for (const field of disabledFields) delete spec[field];
}
