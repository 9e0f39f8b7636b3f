import type { LeaderElectionActor } from '../../machines/leader-election.js';
import type { ElectionContext } from '../../machines/types.js';
import { stateName } from '../election/states.js';
import { elapsedForHolder, type Instant } from '../time/clock.js';
import { finite, name, recordView, text } from './redact.js';
import type { CandidateInfo, CandidateView, Countdown, LockCondition } from './wire.js';

export type ElectionSnapshot = ReturnType<LeaderElectionActor['getSnapshot']>;

/**
 * What may be told of a snapshot. It only reads: asking a term or its signal whether it is on would
 * end one whose deadline has just passed, which is for the chart to do.
 */
export function candidateView(
  snapshot: ElectionSnapshot,
  waits: readonly Countdown[],
): CandidateView {
  const { context } = snapshot;
  return {
    state: name(stateName(snapshot.value)),
    active: activeStates(snapshot.value),
    status: snapshot.status,
    leads: snapshot.hasTag('leader') && context.term?.hasEnded === false,
    leader: context.leader === null ? null : text(context.leader),
    ...lockView(context),
    term: termView(context),
    rings: rings(context),
    waits,
    failures: finite(context.failures),
    endReason: context.endReason === null ? null : name(context.endReason),
  };
}

export function candidateInfo(
  id: string,
  { config }: ElectionContext,
  called: string | undefined,
): CandidateInfo {
  return {
    id,
    name: text(called ?? config.lock.identity, 80),
    identity: text(config.lock.identity),
    lock: text(config.lock.description),
    pid: process.pid,
    timings: {
      leaseDuration: config.leaseDurationMs,
      renewDeadline: config.renewDeadlineMs,
      retryPeriod: config.retryPeriodMs,
      drainTimeout: config.drainTimeoutMs,
    },
  };
}

/** The paths of all active states, outer ones before what is in them. */
export function activeStates(value: unknown, parent = ''): string[] {
  if (typeof value === 'string') return [parent + value];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) => {
    const path = parent + key;
    const isLeaf = typeof inner === 'object' && inner !== null && Object.keys(inner).length === 0;
    return isLeaf ? [path] : [path, ...activeStates(inner, `${path}.`)];
  });
}

function lockView(context: ElectionContext): Pick<CandidateView, 'lock' | 'record' | 'version'> {
  const { observation, released, attempt } = context;
  // A release is the last thing that is written: nobody has read it back since.
  if (released && attempt?.record.isReleased === true) {
    return { lock: 'released', record: recordView(attempt.record), version: null };
  }
  const snapshot = observation?.snapshot ?? null;
  return {
    lock: conditionOf(observation),
    record: snapshot?.record == null ? null : recordView(snapshot.record),
    version: snapshot === null ? null : text(snapshot.version, 40),
  };
}

function conditionOf(observation: ElectionContext['observation']): LockCondition {
  if (observation === null) return 'unknown';
  const { snapshot } = observation;
  if (snapshot === null) return 'absent';
  if (snapshot.record === null) return snapshot.unreadable === null ? 'empty' : 'unreadable';
  return snapshot.record.isReleased ? 'released' : 'held';
}

function termView({ term, config }: ElectionContext): CandidateView['term'] {
  if (term === null) return null;
  const beganMsAgo = config.clock.now().wallMs - term.acquiredAt.getTime();
  return { fencingToken: text(String(term.fencingToken), 40), beganMsAgo: Math.max(0, beganMsAgo) };
}

/** What the election is about: of our own lease, as its holder counts; or of another's. */
function rings({ config, lease, observation, released }: ElectionContext): Countdown[] {
  if (released) return [];
  const now = config.clock.now();
  if (lease !== null) {
    const since = (delay: string, totalMs: number, from: Instant): Countdown =>
      ring(delay, totalMs, totalMs - elapsedForHolder(from, now));
    return [
      since('retryPeriod', config.retryPeriodMs, lease.confirmedAt),
      since('renewDeadline', config.renewDeadlineMs, lease.validFrom),
      since('leaseDuration', config.leaseDurationMs, lease.validFrom),
    ];
  }
  if (observation?.expiresAtMs == null) return [];
  const total = observation.expiresAtMs - observation.observedAtMs;
  return [ring('leaseDuration', total, observation.expiresAtMs - now.monotonicMs)];
}

function ring(delay: string, totalMs: number, leftMs: number): Countdown {
  const remainingMs = Math.max(0, Math.min(leftMs, totalMs));
  return { delay, totalMs: Math.round(totalMs), remainingMs: Math.round(remainingMs) };
}
