import { LockError } from '../errors/lock-error.js';
import { Problems } from '../validation/validate.js';
import { type Asked, checkedAnswer, type Written } from './checked-answer.js';
import type { KubernetesLock } from './kubernetes-lock.js';
import { isTaken, partsOf } from './multi-snapshot.js';
import type { Part } from './own-parts.js';
import type { LeaderElectionRecord } from './record.js';
import type { LockCallOptions, LockResult, LockSnapshot, ResourceLock } from './resource-lock.js';
import { isObject, metadataOf } from './stored-record.js';

/* What is asked of the locks that a `MultiLock` is made of. */

/** The answer of one part, checked as the election checks that of a lock; it never rejects. */
export async function askPart(
  asked: Asked,
  call: () => Promise<LockResult>,
  written?: Written,
): Promise<LockResult> {
  try {
    return checkedAnswer(asked, await call(), written);
  } catch (error) {
    return { ok: false, error: LockError.from(error) };
  }
}

/**
 * Writes one part, or creates it. A write that has left it as it was counts as failed: nobody can see
 * it, and for others a lease runs on that began before.
 */
export async function writePart(
  lock: ResourceLock | undefined,
  record: LeaderElectionRecord,
  base: LockSnapshot | null,
  signal: AbortSignal | undefined,
): Promise<LockResult> {
  if (lock === undefined) throw new Error('There are more parts than locks');
  const answer = await askPart(
    { method: base === null ? 'create' : 'update', of: lock.description },
    () => (base === null ? lock.create(record, { signal }) : lock.update(record, { base, signal })),
    { record, over: base?.version ?? null },
  );
  if (!answer.ok || answer.fingerprint !== base?.fingerprint) return answer;
  const what = `${lock.description}: the write has changed nothing that others can see`;
  return { ok: false, error: new LockError(`${what}.`, { kind: 'unknown' }) };
}

/** How long ago the last of those parts was written that somebody may hold; undefined: not told. */
export async function youngestAge(
  locks: readonly ResourceLock[],
  base: LockSnapshot,
  options: LockCallOptions | undefined,
): Promise<number | undefined> {
  // Of what cannot be read it is not known how long it is to be waited for.
  if (base.unreadable !== null) return undefined;
  const ages = await Promise.all(
    (partsOf(base) ?? []).map(async ({ snapshot }, i) =>
      snapshot === null || !isTaken(snapshot)
        ? Infinity
        : locks[i]?.writtenAgo?.(snapshot, options),
    ),
  );
  const youngest = Math.min(...ages.map((age) => age ?? -Infinity));
  return Number.isFinite(youngest) ? youngest : undefined;
}

/** A container that has ended frees the part that tells of it, while the lease of the other runs on. */
const NO_EVIDENCE =
  'must be left out of the locks of a MultiLock, which is free when the leases of both have run out';

/** As far as the locks know before they have asked. */
function isOneObject(one: unknown, other: unknown): boolean {
  const asked = one as Partial<KubernetesLock> | null;
  return typeof asked?.isSameObject === 'function' && asked.isSameObject(other);
}

/** Two locks may turn out to be on one object, of which one had left the namespace to the kubeconfig. */
export function isOneStored(parts: readonly Part[]): boolean {
  const [one, other] = parts.map(({ snapshot }) =>
    isObject(snapshot?.object) ? metadataOf(snapshot.object)['uid'] : undefined,
  );
  return typeof one === 'string' && one !== '' && one === other;
}

/** @throws ConfigError naming what is wrong */
export function checkLocks(locks: unknown): void {
  const problems = new Problems('MultiLock');
  const rule = 'must be two locks, as in new MultiLock([old, new])';
  if (!Array.isArray(locks) || locks.length !== 2) problems.addHidden('locks', rule, locks);
  else {
    const what = 'a lock, such as new LeaseLock({ name })';
    for (const [i, lock] of locks.entries()) {
      const field = `locks[${i}]`;
      if (!problems.methods(field, lock, what, ['get', 'create', 'update'])) continue;
      const { wantsEvidence = false } = lock as { readonly wantsEvidence?: unknown };
      if (wantsEvidence !== false) problems.add(`${field}.podEvidence`, NO_EVIDENCE, wantsEvidence);
    }
    const isTwice = locks[0] === locks[1];
    if (isTwice) problems.addHidden('locks[1]', 'must be another than locks[0]', locks[1]);
    else if (isOneObject(locks[0], locks[1])) {
      const { description } = locks[1] as ResourceLock;
      problems.add('locks[1]', 'must be on another object than locks[0]', description);
    }
  }
  problems.throwIfAny();
}
