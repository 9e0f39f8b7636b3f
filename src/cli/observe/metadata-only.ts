import { LOCK_KINDS, type LockKind } from '../../lock/lock-kinds.js';

/*
 * Where the record is an annotation, the rest of the object, which can be a megabyte, need not travel.
 * A server that does not make that form (all have for years) sends the whole, which is read as well.
 */
const METADATA = 'g=meta.k8s.io;v=v1,application/json';

/** What to ask for to see one object, or those that a watch tells of. */
export function acceptOne(kind: LockKind): string | undefined {
  return accept(kind, 'PartialObjectMetadata');
}

/** What to ask for to see a collection. */
export function acceptList(kind: LockKind): string | undefined {
  return accept(kind, 'PartialObjectMetadataList');
}

function accept(kind: LockKind, form: string): string | undefined {
  const [top] = LOCK_KINDS[kind].field;
  return top === 'metadata' ? `application/json;as=${form};${METADATA}` : undefined;
}
