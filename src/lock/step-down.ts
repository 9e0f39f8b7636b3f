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

/** Whether the object asks the term that this record belongs to to end. */
export function stepDownRequested(object: unknown, record: LeaderElectionRecord): boolean {
  if (!isObject(object)) return false;
  const { annotations } = metadataOf(object);
  return isObject(annotations) && annotations[STEP_DOWN_ANNOTATION] === stepDownValue(record);
}
