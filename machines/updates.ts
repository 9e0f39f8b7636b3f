import type { EndReason, Outcome, ResolvedConfig } from '../src/config/leader-election-config.js';
import { TermHandle } from '../src/term/term.js';
import type { LockError } from '../src/errors/lock-error.js';
import { isNewer } from '../src/kubernetes/resource-version.js';
import { decide, type Observation, observe } from '../src/lock/decide.js';
import { claimRecord, releaseRecord, renewalRecord } from '../src/lock/next-record.js';
import type { LeaderElectionRecord } from '../src/lock/record.js';
import type { LockSnapshot } from '../src/lock/resource-lock.js';
import type { LockReading, StoppedInput, WriteLockInput } from './actors.js';
import type { News } from './answer-guards.js';
import { CROWD_MS, SMALL_FLEET_MS } from './contention.js';
import { findOwnWrite, possibleWrites, rememberedWrites } from './own-writes.js';
import type { ElectionContext, SentWrite } from './types.js';

/* What happens to the context. Each function takes it and returns what changes. */

type Update = Partial<ElectionContext>;

export function initialContext(config: ResolvedConfig): ElectionContext {
  return {
    config,
    observation: null,
    decision: null,
    deadHolder: null,
    leader: null,
    attempt: null,
    answerDue: false,
    ownWrites: [],
    lease: null,
    term: null,
    stopAnnounced: false,
    failures: 0,
    retryAfterMs: null,
    jitter: 0,
    watching: false,
    contentionWindowMs: SMALL_FLEET_MS,
    stopRequested: false,
    endReason: null,
    workError: undefined,
    released: false,
    alteredFields: [],
    termsLed: 0,
    endAnnounced: false,
  };
}

/** The lock was read: what is known of it, and what a candidate would do about it. */
export function reading(context: ElectionContext, answer: LockReading): Update {
  const { snapshot } = answer;
  // What the watch has told since the read was sent may be newer than the answer.
  if (isOutdated(context, answer)) return {};
  return {
    ...known(context, observe(context.observation, answer, context.config)),
    ownWrites: possibleWrites(context, snapshot),
  };
}

/** The watch has told of something newer than what we knew: it is looked at as if it had been read. */
export function news(context: ElectionContext, heard: News): Update {
  return {
    ...known(context, observe(context.observation, heard, context.config)),
    ownWrites: possibleWrites(context, heard.snapshot),
  };
}

/** What there is to do about what is known of the lock. */
export function known(context: ElectionContext, observation: Observation): Update {
  const { config, deadHolder } = context;
  const { snapshot } = observation;
  const decision = decide({
    observation,
    nowMs: config.clock.now().monotonicMs,
    identity: config.lock.identity,
    reclaimOwnIdentity: config.reclaimOwnIdentity,
    wroteIt: findOwnWrite(context, snapshot) !== null,
    holderIsDead: deadHolder !== null && snapshot?.holder === deadHolder,
  });
  return { observation, decision, leader: holderOf(snapshot) };
}

/** The read was overtaken by news: its answer shows the lock as it was before. */
function isOutdated(
  { observation }: ElectionContext,
  { snapshot, sentAtMs }: LockReading,
): boolean {
  if (observation?.version == null || observation.heardAtMs < sentAtMs) return false;
  if (snapshot !== null) return isNewer(observation.version, snapshot.version);
  // That there is no object has no version; if it has been deleted since, the watch will tell.
  return observation.heardAtMs > sentAtMs;
}

/** Another was faster by so little that both had written. */
export function lostRace({ attempt }: ElectionContext): Update {
  // The lock of a new deployment is created by all of its candidates, however few they are.
  return attempt?.baseVersion === null ? {} : { contentionWindowMs: CROWD_MS };
}

/** Another took the lock while we held back. */
export function yielded(): Update {
  return { contentionWindowMs: CROWD_MS };
}

/** A claim is about to be sent. */
export function claim(context: ElectionContext): Update {
  const { config, observation } = context;
  return send(context, observation?.snapshot ?? null, (stamp) =>
    claimRecord({
      before: observation?.snapshot ?? null,
      identity: config.lock.identity,
      leaseDurationMs: config.leaseDurationMs,
      ...stamp,
    }),
  );
}

/** A renewal is about to be sent. */
export function renewal(context: ElectionContext): Update {
  const { config, lease } = context;
  if (lease === null) return {};
  return send(context, lease.base, (stamp) =>
    renewalRecord({ held: lease.record, leaseDurationMs: config.leaseDurationMs, ...stamp }),
  );
}

/** A release is about to be sent, over our own last write or the record that has just been read. */
export function release(context: ElectionContext): Update {
  const base = context.observation?.snapshot ?? null;
  const held = base?.record ?? null;
  return held === null ? {} : send(context, base, (stamp) => releaseRecord({ held, ...stamp }));
}

/** The next renewal is based on this; on nothing, if the object is gone. */
export function rebase(context: ElectionContext, snapshot: LockSnapshot | null): Update {
  if (context.lease === null) return {};
  return {
    lease: { ...context.lease, base: snapshot },
    ownWrites: possibleWrites(context, snapshot),
  };
}

/**
 * A request failed. A write that was refused is no longer awaited; a conflict leaves its fate open.
 * None is forgotten for its answer: a proxy may have repeated a write that was stored, at an upstream
 * that refuses it for reasons of its own, such as too many requests.
 */
export function failure(
  { failures }: Pick<ElectionContext, 'failures'>,
  { of, error }: { readonly of: 'read' | 'write'; readonly error: LockError },
): Update {
  const mayBeStored = error.mayHaveCommitted || error.kind === 'conflict';
  const refused = of === 'write' && !mayBeStored;
  return {
    failures: failures + 1,
    retryAfterMs: error.retryAfterMs ?? null,
    ...(refused ? { attempt: null } : {}),
  };
}

export function termBegins(context: ElectionContext): Update {
  const { config, lease, termsLed } = context;
  if (lease?.base == null) return {};
  return {
    term: new TermHandle({
      identity: config.lock.identity,
      version: lease.base.version,
      validFrom: lease.validFrom,
      renewDeadlineMs: config.renewDeadlineMs,
      clock: config.clock,
    }),
    termsLed: termsLed + 1,
    stopAnnounced: false,
    released: false,
    endReason: null,
    workError: undefined,
  };
}

/** Back to being a candidate. What we wrote is still recognised. */
export function forgetTerm(): Update {
  return {
    lease: null,
    attempt: null,
    term: null,
    endReason: null,
    workError: undefined,
    failures: 0,
    retryAfterMs: null,
  };
}

/** The first reason stands, but for a drain that takes too long: that is worth more to know. */
export function ends(context: ElectionContext, reason: EndReason): Update {
  return { endReason: reason === 'drainTimeout' ? reason : (context.endReason ?? reason) };
}

export function outcome(context: ElectionContext): Outcome {
  return {
    reason: context.endReason ?? 'stopped',
    led: context.termsLed > 0,
    released: context.released,
    workFinished: context.term?.workFinished ?? true,
    ...(context.workError === undefined ? {} : { error: context.workError }),
  };
}

function send(
  context: ElectionContext,
  base: LockSnapshot | null,
  record: (stamp: { wallMs: number; random: () => number }) => LeaderElectionRecord,
): Update {
  const { config } = context;
  const sentAt = config.clock.now();
  const attempt: SentWrite = {
    record: record({ wallMs: sentAt.wallMs, random: config.random }),
    sentAt,
    baseVersion: base?.version ?? null,
    baseFingerprint: base?.fingerprint,
  };
  return {
    attempt,
    answerDue: true,
    ownWrites: [...rememberedWrites(context, base), attempt],
  };
}

function holderOf(snapshot: LockSnapshot | null): string | null {
  const holder = snapshot?.record?.holderIdentity;
  return holder === undefined || holder === '' ? null : holder;
}

/** The present term, in states that cannot be entered without one. */
export function termOf(context: ElectionContext): TermHandle {
  if (context.term === null) throw new Error('There is no term: the chart entered a wrong state');
  return context.term;
}

/** The write that is being prepared, over this, in states that cannot be entered without one. */
export function writeInput(
  { attempt, config }: ElectionContext,
  base: LockSnapshot | null | undefined,
): WriteLockInput {
  if (attempt === null)
    throw new Error('There is nothing to write: the chart entered a wrong state');
  return { lock: config.lock, record: attempt.record, base: base ?? null };
}

export function stoppedInput(context: ElectionContext): StoppedInput {
  const { onStoppedLeading: callback, lock, logger } = context.config;
  return { term: termOf(context), callback, reason: context.endReason ?? 'stopped', lock, logger };
}
