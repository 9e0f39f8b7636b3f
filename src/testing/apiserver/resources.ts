import { anyName, dnsLabelErrors, dnsSubdomainErrors, type NameRule } from './names.js';
import { objectMeta } from './object-meta.js';
import type { JsonObject, KubernetesObject } from './objects.js';
import {
  type StructSchema,
  always,
  boolean,
  bytes,
  ifSet,
  int32,
  microTime,
  nonZero,
  string,
  stringMap,
  struct,
  time,
} from './schema.js';
import { validateConfigMap, validateEvent, validateLease, type ObjectRules } from './validate.js';

/** One kind of object that the server stores, and how its rules differ from those of the others. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly schema: StructSchema;
  readonly nameRule: NameRule;
  /** What is asked of an object beside its name and metadata. */
  readonly rules?: ObjectRules;
  /** Fields of its `spec` that are known, but not stored unless a feature is switched on. */
  readonly disabledFields?: readonly string[];
  /** What an object of the kind has even when it says nothing, such as that of a bookmark. */
  readonly blank?: JsonObject;
  /** A PUT to a name that does not exist creates the object. */
  readonly createOnUpdate: boolean;
  /** A PUT without `metadata.resourceVersion` overwrites whatever is there. */
  readonly unconditionalUpdate: boolean;
  /** What field selectors can ask for, beside `metadata.name` and `metadata.namespace`. */
  readonly selectableFields?: (object: KubernetesObject) => Record<string, string | undefined>;
}

const objectReference = struct(
  'v1.ObjectReference',
  {
    kind: nonZero(string),
    namespace: nonZero(string),
    name: nonZero(string),
    uid: nonZero(string),
    apiVersion: nonZero(string),
    resourceVersion: nonZero(string),
    fieldPath: nonZero(string),
  },
  { atomic: true },
);

function kind(name: string, fields: StructSchema['fields']): StructSchema {
  return struct(`v1.${name}`, {
    kind: nonZero(string),
    apiVersion: nonZero(string),
    metadata: always(objectMeta),
    ...fields,
  });
}

const ALL_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

export const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  singular: 'lease',
  shortNames: [],
  kind: 'Lease',
  namespaced: true,
  verbs: ALL_VERBS,
  nameRule: dnsSubdomainErrors,
  rules: validateLease,
  // Coordinated leader election is off by default.
  disabledFields: ['strategy', 'preferredHolder'],
  blank: { spec: {} },
  createOnUpdate: true,
  unconditionalUpdate: false,
  schema: kind('Lease', {
    spec: always(
      struct('v1.LeaseSpec', {
        holderIdentity: ifSet(string),
        leaseDurationSeconds: ifSet(int32),
        acquireTime: ifSet(microTime),
        renewTime: ifSet(microTime),
        leaseTransitions: ifSet(int32),
        strategy: ifSet(string),
        preferredHolder: ifSet(string),
      }),
    ),
  }),
};

export const configMaps: Resource = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  kind: 'ConfigMap',
  namespaced: true,
  verbs: ALL_VERBS,
  nameRule: dnsSubdomainErrors,
  rules: validateConfigMap,
  createOnUpdate: false,
  unconditionalUpdate: true,
  schema: kind('ConfigMap', {
    immutable: ifSet(boolean),
    data: nonZero(stringMap),
    binaryData: nonZero({ type: 'map', values: bytes }),
  }),
};

export const events: Resource = {
  group: '',
  version: 'v1',
  resource: 'events',
  singular: 'event',
  shortNames: ['ev'],
  kind: 'Event',
  namespaced: true,
  verbs: ALL_VERBS,
  nameRule: anyName,
  rules: validateEvent,
  createOnUpdate: true,
  unconditionalUpdate: true,
  schema: kind('Event', {
    involvedObject: always(objectReference),
    reason: nonZero(string),
    message: nonZero(string),
    source: always(struct('v1.EventSource', { component: nonZero(string), host: nonZero(string) })),
    firstTimestamp: always(time),
    lastTimestamp: always(time),
    count: nonZero(int32),
    type: nonZero(string),
    eventTime: always(microTime),
    series: ifSet(
      struct('v1.EventSeries', { count: nonZero(int32), lastObservedTime: always(microTime) }),
    ),
    action: nonZero(string),
    related: ifSet(objectReference),
    reportingComponent: always(string),
    reportingInstance: always(string),
  }),
  selectableFields: (event) => {
    const { involvedObject, source, reason, type, reportingComponent } = event as unknown as {
      involvedObject: Partial<Record<string, string>>;
      source: { component?: string };
      reason?: string;
      type?: string;
      reportingComponent: string;
    };
    const fields: Record<string, string | undefined> = {
      reason,
      reportingComponent,
      source: source.component ?? reportingComponent,
      type,
    };
    for (const name of ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion']) {
      fields[`involvedObject.${name}`] = involvedObject[name];
    }
    return fields;
  },
};

export const namespaces: Resource = {
  group: '',
  version: 'v1',
  resource: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  kind: 'Namespace',
  namespaced: false,
  verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
  nameRule: dnsLabelErrors,
  createOnUpdate: false,
  unconditionalUpdate: true,
  selectableFields: (namespace) => ({
    'status.phase': (namespace['status'] as { phase?: string }).phase,
  }),
  schema: kind('Namespace', {
    spec: always(
      struct('v1.NamespaceSpec', { finalizers: nonZero({ type: 'list', items: string }) }),
    ),
    status: always(struct('v1.NamespaceStatus', { phase: nonZero(string) })),
  }),
};

export const allResources: readonly Resource[] = [leases, configMaps, events, namespaces];

export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}
