import type { Fact, Json, Local } from '../facts.js';
import type { Candidate, Request } from './ledger.js';
import { type SeenRecord, recordOf, revisionOf } from './records.js';

/** What a candidate has been shown of the lock. It can know no more than this. */
export interface Sight {
  /** Null: the object was not there. */
  readonly record: SeenRecord | null;
  /** Its monotonic time when it was first shown this, and nothing else since. */
  readonly sinceMs: number;
  /** It had been shown nothing before. */
  readonly isFirst: boolean;
  /** Its monotonic time when the lease that it knows of runs out; null: it knows of none. */
  readonly expiresMs: number | null;
  /**
   * The newest revision that it was shown: what is not newer tells it nothing. Absence has none, so
   * what a watch tells late of the time before is news: it says whose the lock was last.
   */
  readonly revision: number;
}

/** An answer that shows the lock, or its absence, has come in. */
export function seeAnswer(
  candidate: Candidate,
  { status, body, local }: Fact & { kind: 'answered' },
  request: Request | null,
): void {
  const isAbsence =
    status === 404 &&
    request?.verb === 'get' &&
    (body as { reason?: string } | null)?.reason === 'NotFound';
  if (isAbsence) {
    // The lock was gone after the GET had been sent. What it was shown since may be newer still.
    const known = candidate.sight?.revision ?? 0;
    if (known <= request.revision) show(candidate, null, known, local);
  } else if (status >= 200 && status <= 299 && body !== null) {
    // An answer to a write that names another holder is none, and tells nothing of the lock.
    const sent = request?.record ?? null;
    if (sent !== null && sent.holder !== recordOf(body).holder) return;
    see(candidate, body, revisionOf(body) ?? 0, local);
  }
}

/** The candidate is shown the object as it is at that revision, or was; null: it was deleted. */
export function see(candidate: Candidate, body: Json | null, revision: number, local: Local): void {
  if (candidate.sight !== null && revision <= candidate.sight.revision) return;
  show(candidate, body, revision, local);
}

function show(candidate: Candidate, body: Json | null, revision: number, local: Local): void {
  const before = candidate.sight;
  const record = body === null ? null : recordOf(body);
  if (before !== null && before.record?.key === record?.key) {
    candidate.sight = { ...before, revision };
    return;
  }
  const nowMs = local.monotonicMs;
  const keeps = record === null || record.kind === 'bare';
  const lasts = record?.durationMs ?? candidate.info.leaseMs;
  const expiresMs = keeps
    ? (before?.expiresMs ?? null)
    : record.kind === 'released' || candidate.ownKeys.has(record.key)
      ? null
      : nowMs + lasts;
  candidate.sight = { record, sinceMs: nowMs, isFirst: before === null, expiresMs, revision };
}
