import {
  always,
  anything,
  boolean,
  ifSet,
  int64,
  nonZero,
  string,
  stringMap,
  struct,
  time,
} from './schema.js';

const ownerReference = struct('v1.OwnerReference', {
  apiVersion: always(string),
  kind: always(string),
  name: always(string),
  uid: always(string),
  controller: ifSet(boolean),
  blockOwnerDeletion: ifSet(boolean),
});

const managedFieldsEntry = struct('v1.ManagedFieldsEntry', {
  manager: nonZero(string),
  operation: nonZero(string),
  apiVersion: nonZero(string),
  time: ifSet(time),
  fieldsType: nonZero(string),
  fieldsV1: ifSet(anything),
  subresource: nonZero(string),
});

/** The `metadata` of every object. */
export const objectMeta = struct('v1.ObjectMeta', {
  name: nonZero(string),
  generateName: nonZero(string),
  namespace: nonZero(string),
  selfLink: nonZero(string),
  uid: nonZero(string),
  resourceVersion: nonZero(string),
  generation: nonZero(int64),
  creationTimestamp: nonZero(time),
  deletionTimestamp: ifSet(time),
  deletionGracePeriodSeconds: ifSet(int64),
  labels: nonZero(stringMap),
  annotations: nonZero(stringMap),
  ownerReferences: nonZero({ type: 'list', items: ownerReference, identity: { key: 'uid' } }),
  finalizers: nonZero({ type: 'list', items: string, identity: 'value' }),
  // An empty list counts as set: it is how a client resets the field.
  managedFields: ifSet({ type: 'list', items: managedFieldsEntry }),
});
