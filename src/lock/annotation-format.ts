import { DEEPEST_JSON, isTooDeep, parseJson } from '../kubernetes/parse-json.js';
import type { LeaderElectionRecord } from './record.js';
import {
  isObject,
  NO_RECORD,
  readFields,
  type KubernetesObject,
  type RecordFormat,
  type StoredRecord,
} from './stored-record.js';

/** Where all Kubernetes clients keep the record of an election on an object that is no Lease. */
export const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

/** On an object of any kind: the record is JSON in an annotation; all else is not touched. */
export const annotationFormat: RecordFormat = {
  field: ['metadata', 'annotations', LEADER_ANNOTATION],

  read(object: KubernetesObject): StoredRecord {
    const annotation = annotationsOf(object)[LEADER_ANNOTATION];
    if (annotation === undefined || annotation === null || annotation === '') return NO_RECORD;
    const stored = parse(annotation);
    if (stored === null) {
      const deep = typeof annotation === 'string' && isTooDeep(annotation);
      const why = deep ? `nested more than ${DEEPEST_JSON} levels deep` : 'not a JSON object';
      const unreadable = `annotation ${LEADER_ANNOTATION} is ${why}`;
      return { record: null, unreadable, fingerprint: JSON.stringify(annotation) };
    }
    const { holderIdentity, acquireTime, renewTime, leaderTransitions } = stored;
    // fabric8 writes the duration under another name, as an ISO 8601 duration.
    const duration = stored['leaseDurationSeconds'] ?? stored['leaseDuration'];
    const values = [holderIdentity, duration, acquireTime, renewTime, leaderTransitions];
    const fields = readFields({
      holderIdentity,
      leaseDurationSeconds: duration,
      acquireTime,
      renewTime,
      transitions: leaderTransitions,
    });
    return { ...fields, fingerprint: JSON.stringify(values.map((value) => value ?? null)) };
  },

  write(object: KubernetesObject, record: LeaderElectionRecord): KubernetesObject {
    const annotations = annotationsOf(object);
    const stored: Record<string, unknown> = {
      ...parse(annotations[LEADER_ANNOTATION]),
      holderIdentity: record.holderIdentity,
      leaseDurationSeconds: record.leaseDurationSeconds,
      acquireTime: record.acquireTime,
      renewTime: record.renewTime,
      leaderTransitions: record.leaderTransitions,
    };
    // Go's client cannot parse an empty text as a time.
    if (record.acquireTime === '') delete stored['acquireTime'];
    if (record.renewTime === '') delete stored['renewTime'];
    // Left as it was, it would contradict the duration that we have just written.
    if ('leaseDuration' in stored) stored['leaseDuration'] = `PT${record.leaseDurationSeconds}S`;
    const metadata = isObject(object['metadata']) ? object['metadata'] : {};
    return {
      ...object,
      metadata: {
        ...metadata,
        annotations: { ...annotations, [LEADER_ANNOTATION]: JSON.stringify(stored) },
      },
    };
  },
};

function annotationsOf(object: KubernetesObject): KubernetesObject {
  const metadata = object['metadata'];
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  return isObject(annotations) ? annotations : {};
}

interface StoredJson extends Readonly<Record<string, unknown>> {
  readonly holderIdentity?: unknown;
  readonly acquireTime?: unknown;
  readonly renewTime?: unknown;
  readonly leaderTransitions?: unknown;
}

function parse(annotation: unknown): StoredJson | null {
  if (typeof annotation !== 'string') return null;
  const value = parseJson(annotation);
  return isObject(value) ? value : null;
}
