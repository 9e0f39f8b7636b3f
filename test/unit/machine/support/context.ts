import type { LockReading } from '../../../../machines/actors.js';
import { initialContext } from '../../../../machines/updates.js';
import type { ElectionContext, HeldLease, SentWrite } from '../../../../machines/types.js';
import { resolveConfig } from '../../../../src/config/resolve-config.js';
import type { LeaderElectionConfig } from '../../../../src/config/leader-election-config.js';
import type { Observation } from '../../../../src/lock/decide.js';
import type { LeaderElectionRecord } from '../../../../src/lock/record.js';
import type { LockSnapshot } from '../../../../src/lock/resource-lock.js';
import { VirtualClock } from '../../../../src/testing/virtual-clock.js';
import { ControllableLock, record } from '../../../support/controllable-lock.js';

export interface Scene {
  readonly clock: VirtualClock;
  readonly lock: ControllableLock;
  readonly context: ElectionContext;
}

/** A context as the chart would have it, at 0 ms, with what the test changes in it. */
export function scene(
  changes: (made: Scene) => Partial<ElectionContext> = () => ({}),
  options: Partial<LeaderElectionConfig> = {},
): Scene {
  const clock = new VirtualClock();
  const lock = new ControllableLock();
  const context = initialContext(
    resolveConfig({ lock, clock, random: () => 0, onStartedLeading: null, ...options }),
  );
  const made = { clock, lock, context };
  return { ...made, context: { ...context, ...changes(made) } };
}

/** A write of ours that is sent now. */
export function written(
  { clock }: Pick<Scene, 'clock'>,
  fields: Partial<LeaderElectionRecord> = {},
): SentWrite {
  return {
    record: record({ holderIdentity: 'me', ...fields }),
    sentAt: clock.now(),
    baseVersion: null,
  };
}

/** A lease of ours whose write was sent, and answered, now. */
export function held(made: Pick<Scene, 'clock' | 'lock'>): HeldLease {
  const { record: ours, sentAt } = written(made);
  return {
    record: ours,
    validFrom: sentAt,
    confirmedAt: sentAt,
    base: made.lock.snapshot(ours),
    preferredAtFirst: null,
  };
}

/** What was heard of the lock at 0 ms. */
export function observed(
  snapshot: LockSnapshot | null,
  expiresAtMs: number | null,
  changes: Partial<Observation> = {},
): Observation {
  const version = snapshot?.version ?? null;
  const times = { observedAtMs: 0, expiresAtMs, heardAtMs: 0 };
  return { snapshot, ...times, version, isFirst: false, ...changes };
}

/** An answer to a read that was sent and answered in the same instant, unless the test says so. */
export function read(
  snapshot: LockSnapshot | null,
  receivedAtMs = 0,
  sentAtMs = receivedAtMs,
): LockReading {
  return { snapshot, sentAtMs, receivedAtMs };
}
