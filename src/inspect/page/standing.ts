import type { NewsView } from '../wire.js';
import {
  type Candidate,
  remainingAt,
  silentFor,
  type Step,
  stepAt,
  termsUntil,
} from './history.js';
import { listed } from './names.js';

/* Where the candidates for one lock stand at a moment, as far as they have told. Knows no browser. */

export interface Failure {
  readonly kind: string;
  readonly error: string;
}

export interface Standing {
  readonly candidate: Candidate;
  readonly step: Step;
  readonly identity: string;
  /** What viewers call it, short enough for a sentence. */
  readonly name: string;
  /**
   * `here`: it reports. `silent`: it should have, and has not. `left`: it is not observed any more.
   * `gone`: its connection has ended. `over`: it has said that its candidacy is over.
   */
  readonly presence: 'here' | 'silent' | 'left' | 'gone' | 'over';
  readonly silentMs: number;
  /** It holds itself to lead, and its renew deadline has not passed. */
  readonly claim: { readonly since: number; readonly leftMs: number } | null;
  /** The term that it led last, or leads. */
  readonly term: { readonly from: number; readonly to: number; readonly why: string | null } | null;
  /** What its last try to take, renew or release the lock failed for; null when it did not. */
  readonly failure: Failure | null;
}

/** What the freshest report says of the lock. */
export interface LockKnowledge {
  /** The identity whose lease has not run out; null when the lock is free, or nothing is known. */
  readonly holder: string | null;
  readonly leftMs: number;
  readonly totalMs: number;
  /** Monotonic time of the page at which that record was renewed, as far as is known. */
  readonly renewedAt: number;
}

/** Those that were heard of by the time `t`, in the order of their terms: the latest leader last. */
export function standings(
  candidates: readonly Candidate[],
  t: number,
  names: ReadonlyMap<string, string>,
): Standing[] {
  return candidates
    .flatMap((candidate) => standingOf(candidate, t, names) ?? [])
    .sort((a, b) => (a.term?.from ?? -Infinity) - (b.term?.from ?? -Infinity));
}

export function standingOf(
  candidate: Candidate,
  t: number,
  names: ReadonlyMap<string, string>,
): Standing | null {
  const step = stepAt(candidate.steps, t);
  if (step === null) return null;
  const { info } = candidate;
  const silentMs = silentFor(candidate, t);
  const presence = presenceOf(candidate, step, silentMs, t);
  const isGone = presence === 'gone' || presence === 'left';
  const last = termsUntil(candidate.steps, t).at(-1);
  // Of its own deadline the cluster knows nothing; nobody leads for longer than the lease.
  const delay = info.source === 'cluster' ? 'leaseDuration' : 'renewDeadline';
  const leftMs = ringLeft(step, delay, t) ?? Infinity;
  const claims = step.view.leads && !isGone && leftMs > 0;
  const ledUntil = Math.min(t, deadlineOf(step, delay), isGone ? (candidate.goneAt ?? t) : t);
  return {
    candidate,
    step,
    identity: info.identity,
    name: names.get(info.name) ?? info.name,
    presence,
    silentMs,
    claim: claims ? { since: last?.from ?? step.t, leftMs } : null,
    term:
      last === undefined
        ? null
        : { from: last.from, to: last.to ?? Math.max(last.from, ledUntil), why: last.endReason },
    failure: step.view.failures > 0 ? lastFailure(candidate.steps, t) : null,
  };
}

function presenceOf(
  { goneAt, vanished }: Candidate,
  { view }: Step,
  silentMs: number,
  t: number,
): Standing['presence'] {
  if (view.status !== 'active') return 'over';
  if (goneAt !== null && goneAt <= t) return vanished ? 'gone' : 'left';
  return silentMs > 0 ? 'silent' : 'here';
}

export function ringLeft(step: Step, delay: string, t: number): number | null {
  const ring = step.view.rings.find((one) => one.delay === delay);
  return ring === undefined ? null : remainingAt(ring, step, t);
}

/** When a leader that tells no more stops leading by itself. */
function deadlineOf({ t, view }: Step, name: string): number {
  const ring = view.rings.find(({ delay }) => delay === name);
  return ring === undefined ? Infinity : t + ring.remainingMs;
}

const FAILURES = ['acquireFailed', 'renewFailed', 'releaseFailed'];

function lastFailure(steps: readonly Step[], t: number): Failure | null {
  for (const { t: at, news } of steps.toReversed()) {
    if (at > t) continue;
    const failed = news.findLast(({ type }) => FAILURES.includes(type));
    // Being second in a race for a free lock is no trouble.
    if (failed !== undefined) return failed.details['kind'] === 'conflict' ? null : of(failed);
  }
  return null;
}

function of({ details }: NewsView): Failure {
  return { kind: String(details['kind']), error: String(details['error'] ?? '') };
}

/**
 * The freshest word on the lock: of those that are here, where there are any. Whoever is gone knows
 * nothing of what has come to be since.
 */
export function lockKnowledge(all: readonly Standing[], t: number): LockKnowledge {
  const knowing = all.filter(({ step }) => step.view.lock !== 'unknown');
  const here = knowing.filter(({ presence }) => presence === 'here');
  const { step } = latest(here.length > 0 ? here : knowing) ?? {};
  const ring = step?.view.rings.find(({ delay }) => delay === 'leaseDuration');
  if (step === undefined || ring === undefined || step.view.lock !== 'held') {
    return { holder: null, leftMs: 0, totalMs: 0, renewedAt: -Infinity };
  }
  const leftMs = remainingAt(ring, step, t);
  return {
    holder: leftMs > 0 ? (step.view.record?.holderIdentity ?? null) : null,
    leftMs,
    totalMs: ring.totalMs,
    renewedAt: step.t + ring.remainingMs - ring.totalMs,
  };
}

function latest(all: readonly Standing[]): Standing | undefined {
  return all.toSorted((a, b) => a.step.t - b.step.t).at(-1);
}

/**
 * How much later than another's term has begun a claim has to be repeated before it counts as one
 * at the same time. Reports of several processes travel for different times, and one that is held up
 * must not look like a second leader.
 */
const TRAVEL_MS = 2000;

/** Two that lead at once by their own words, each after the other's term had begun. */
export function contradicts(a: Standing, b: Standing): boolean {
  if (a.claim === null || b.claim === null) return false;
  const [first, second] = a.claim.since <= b.claim.since ? [a, b] : [b, a];
  return first.step.t > (second.claim?.since ?? Infinity) + TRAVEL_MS;
}

/** Those that would take the lock, in words, as they stand on the page; empty: nobody. */
export function waiting(all: readonly Standing[], word: 'and' | 'or' = 'or'): string {
  const able = all.filter(({ step, presence }) => {
    return presence === 'here' && ['acquiring', 'rejoining'].includes(step.view.state);
  });
  const inOrder = able.toSorted((a, b) => a.candidate.index - b.candidate.index);
  return listed(
    inOrder.map(({ name }) => name),
    word,
  );
}
