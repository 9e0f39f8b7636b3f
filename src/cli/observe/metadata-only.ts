import type { LockKind } from '../connect.js';

/*
 * The record of a ConfigMap lock is an annotation: its data, up to a megabyte each, need not travel.
 * A server that does not make that form (all have for years) sends the whole, which is read as well.
 */
const METADATA = 'g=meta.k8s.io;v=v1,application/json';

/** What to ask for to look at one object, or at those that a watch tells of. */
export function acceptOne(kind: LockKind): string | undefined {
  return kind === 'configmap' ? `application/json;as=PartialObjectMetadata;${METADATA}` : undefined;
}

/** What to ask for to look at a collection. */
export function acceptList(kind: LockKind): string | undefined {
  return kind === 'configmap'
    ? `application/json;as=PartialObjectMetadataList;${METADATA}`
    : undefined;
}
