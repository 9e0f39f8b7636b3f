import type { LeaderElectionRecord } from './record.js';
import { isObject, metadataOf } from './stored-record.js';

/**
 * An annotation by which anybody who may update the lock's object asks the present leader to hand
 * over in good order. Only leaders of this library honour it.
 */
export const STEP_DOWN_ANNOTATION = 'k8s-leader-election/step-down';

/**
 * What the annotation says: whose term, and which, by when it was acquired. It is void for every
 * other term, so nobody needs to remove it.
 */
export function stepDownValue({ holderIdentity, acquireTime }: LeaderElectionRecord): string {
  return `${acquireTime} ${holderIdentity}`;
}

/**
 * Whom somebody would rather have as the holder: by the field of a Lease in which the coordinated
 * election of Kubernetes says so. Null: nobody is named.
 */
export function preferredHolder(object: unknown): string | null {
  const spec = isObject(object) ? object['spec'] : undefined;
  const preferred = isObject(spec) ? spec['preferredHolder'] : undefined;
  return typeof preferred === 'string' && preferred !== '' ? preferred : null;
}

/** Whether the object asks the term that this record belongs to to end. */
export function stepDownRequested(object: unknown, record: LeaderElectionRecord): boolean {
  if (!isObject(object)) return false;
  const { annotations } = metadataOf(object);
  return isObject(annotations) && annotations[STEP_DOWN_ANNOTATION] === stepDownValue(record);
}

/** Whether the object asks the term to end, in the one way or the other. */
export function endRequested(
  object: unknown,
  record: LeaderElectionRecord,
  preferredAtFirst: string | null,
): boolean {
  return stepDownRequested(object, record) || anotherPreferred(object, record, preferredAtFirst);
}

/**
 * Whether another than the holder is preferred since its term began. What was written there before,
 * or for an earlier term, asks nothing: the one that it names may be gone, and who has won all the same
 * would give the lock back for ever.
 */
export function anotherPreferred(
  object: unknown,
  { holderIdentity }: LeaderElectionRecord,
  asItBegan: string | null,
): boolean {
  const preferred = preferredHolder(object);
  return preferred !== null && preferred !== holderIdentity && preferred !== asItBegan;
}
