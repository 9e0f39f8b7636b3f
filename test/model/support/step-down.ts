import { STEP_DOWN_ANNOTATION, stepDownValue } from '../../../src/lock/step-down.js';
import type { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import type { Candidate } from './candidate.js';

/** An object with the request to end the term that this record belongs to. */
export function objectAsking(held: LeaderElectionRecord): unknown {
  return { metadata: { annotations: { [STEP_DOWN_ANNOTATION]: stepDownValue(held) } } };
}

/** The leader's own record, in an object in which somebody asks for the end of this term. */
export function asking(c: Candidate, term?: LeaderElectionRecord): LockSnapshot {
  const held = c.context.lease?.record;
  if (held === undefined) throw new Error('There is no term to ask for the end of');
  return c.lock.snapshot(held, null, objectAsking(term ?? held));
}
