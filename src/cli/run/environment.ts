import type { Term } from '../../term/term.js';
import type { LockKind } from '../../lock/lock-kinds.js';

/** What the command finds in its environment. */
export function environmentOf(
  { fencingToken, identity }: Term,
  lock: { readonly kind: LockKind; readonly namespace: string; readonly name: string },
): Record<string, string> {
  return {
    LEADER_ELECTION_FENCING_TOKEN: String(fencingToken),
    LEADER_ELECTION_IDENTITY: identity,
    LEADER_ELECTION_LOCK_KIND: lock.kind,
    LEADER_ELECTION_LOCK_NAME: lock.name,
    LEADER_ELECTION_NAMESPACE: lock.namespace,
  };
}
