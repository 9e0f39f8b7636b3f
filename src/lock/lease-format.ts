import type { LeaderElectionRecord } from './record.js';
import {
  isObject,
  NO_RECORD,
  readFields,
  type KubernetesObject,
  type RecordFormat,
  type StoredRecord,
} from './stored-record.js';

/** The fields of `spec` that an election reads and writes; any others are somebody else's. */
const FIELDS = [
  'holderIdentity',
  'leaseDurationSeconds',
  'acquireTime',
  'renewTime',
  'leaseTransitions',
] as const;

/** `coordination.k8s.io/v1` Lease: the record is its `spec`. */
export const leaseFormat: RecordFormat = {
  field: ['spec', 'renewTime'],

  read(lease: KubernetesObject): StoredRecord {
    const spec = lease['spec'];
    if (!isObject(spec)) return NO_RECORD;
    const values = FIELDS.map((field) => spec[field] ?? null);
    if (values.every((value) => value === null)) return NO_RECORD;
    const [holderIdentity, leaseDurationSeconds, acquireTime, renewTime, transitions] = values;
    const fields = { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, transitions };
    return { ...readFields(fields), fingerprint: JSON.stringify(values) };
  },

  write(lease: KubernetesObject, record: LeaderElectionRecord): KubernetesObject {
    const spec: Record<string, unknown> = {
      ...(isObject(lease['spec']) ? lease['spec'] : {}),
      holderIdentity: record.holderIdentity,
      leaseDurationSeconds: record.leaseDurationSeconds,
      acquireTime: record.acquireTime,
      renewTime: record.renewTime,
      leaseTransitions: record.leaderTransitions,
    };
    // The API server takes no empty text for a time.
    if (record.acquireTime === '') delete spec['acquireTime'];
    if (record.renewTime === '') delete spec['renewTime'];
    return { ...lease, spec };
  },
};
