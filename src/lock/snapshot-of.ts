import { printValue } from '../validation/print-value.js';
import { isVersion, VERSION_RULE } from '../kubernetes/resource-version.js';
import { lastWrittenMs, withoutManagedFields } from './age-by-server.js';
import type { LockSnapshot } from './resource-lock.js';
import { isObject, metadataOf, type KubernetesObject, type ObjectKind } from './stored-record.js';

/* From an object of the Kubernetes API to what the election knows of it, and back. Pure. */

/** The object as read, or in words what came instead. */
export function snapshotOf(
  expected: ObjectKind,
  expectedName: string,
  json: unknown,
): LockSnapshot | string {
  if (!isObject(json)) return 'something that is not JSON';
  const metadata = metadataOf(json);
  const { resourceVersion, name } = metadata as { resourceVersion?: unknown; name?: unknown };
  if (name !== expectedName) return 'another object';
  const { kind = expected.kind } = json;
  if (kind !== expected.kind) return 'an object of another kind';
  if (resourceVersion === undefined || resourceVersion === '') {
    return 'an object without resourceVersion';
  }
  if (!isVersion(resourceVersion)) {
    return `an object whose resourceVersion ${VERSION_RULE}, but is ${printValue(resourceVersion)}`;
  }
  const writtenAtMs = lastWrittenMs(metadata);
  return {
    ...expected.read(json),
    version: resourceVersion,
    object: withoutManagedFields(json, metadata),
    ...(writtenAtMs === undefined ? {} : { writtenAtMs }),
  };
}

/** The object to send back so that the write is conditional on its version; or what is wrong. */
export function writableObject(
  { object, version }: LockSnapshot,
  expectedName: string,
): KubernetesObject | string {
  const metadata = isObject(object) ? object['metadata'] : undefined;
  if (!isObject(object) || !isObject(metadata) || metadata['name'] !== expectedName) {
    return 'is not a snapshot of this object';
  }
  // Without a version the API server would overwrite whatever is there.
  if (version === '') return 'has no version';
  return { ...object, metadata: { ...metadata, resourceVersion: version } };
}
