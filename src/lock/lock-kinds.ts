import { annotationFormat } from './annotation-format.js';
import { leaseFormat } from './lease-format.js';
import type { ObjectKind } from './stored-record.js';

/**
 * Every kind of object that can be a lock, by the name that the command line has for it. Paths,
 * rights, what is shown and what the documents say come from here: a new kind is an entry here, and a
 * class in `locks.ts`. The first is the one to prefer.
 */
export const LOCK_KINDS = {
  lease: {
    kind: 'Lease',
    plural: 'Leases',
    group: 'coordination.k8s.io',
    apiVersion: 'coordination.k8s.io/v1',
    resource: 'leases',
    isForElections: true,
    ...leaseFormat,
  },
  configmap: {
    kind: 'ConfigMap',
    plural: 'ConfigMaps',
    group: '',
    apiVersion: 'v1',
    resource: 'configmaps',
    isForElections: false,
    ...annotationFormat,
  },
} as const satisfies Readonly<Record<string, ObjectKind>>;

export type LockKind = keyof typeof LOCK_KINDS;

/** The names of all of them. The first is the one to prefer. */
export const LOCK_KIND_NAMES = Object.keys(LOCK_KINDS) as [LockKind, ...LockKind[]];
