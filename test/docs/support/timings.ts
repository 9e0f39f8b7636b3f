import { LeaderElection, LockError } from '../../../src/index.js';
import type { LockResult, ResourceLock } from '../../../src/lock/resource-lock.js';
import { InMemoryLockStore, VirtualClock } from '../../../src/testing.js';

/** In seconds, as in `LeaderElectionConfig`. */
export interface Timings {
  readonly leaseDurationSeconds: number;
  readonly renewDeadlineSeconds: number;
  readonly retryPeriodSeconds: number;
}

/** How an API server that is down shows: it refuses at once, or nothing ever comes back. */
export type Outage = 'refused' | 'silent';

/** A leader on a lock whose API server goes down and comes back, in virtual time. */
class Stage {
  readonly clock = new VirtualClock();
  readonly store = new InMemoryLockStore();
  /** When requests were sent, in ms. */
  readonly requests: number[] = [];
  down: Outage | null = null;

  candidate(identity: string, timings: Timings, random: () => number): LeaderElection {
    const lock = this.#lock(this.store.lock(identity));
    const options = { lock, clock: this.clock, random, onStartedLeading: null };
    return new LeaderElection({ ...options, ...timings, logger: false });
  }

  get now(): number {
    return this.clock.now().monotonicMs;
  }

  #lock(lock: ResourceLock): ResourceLock {
    const pass = (signal: AbortSignal | undefined, call: () => Promise<LockResult>) => {
      this.requests.push(this.now);
      return this.down === null ? call() : unanswered(this.down, signal);
    };
    return {
      identity: lock.identity,
      description: lock.description,
      get: (options) => pass(options?.signal, () => lock.get(options)),
      create: (record, options) => pass(options?.signal, () => lock.create(record, options)),
      update: (record, options) => pass(options?.signal, () => lock.update(record, options)),
    };
  }
}

function unanswered(outage: Outage, signal: AbortSignal | undefined): Promise<LockResult> {
  const error = new LockError('the API server is down', { kind: 'network' });
  if (outage === 'refused') return Promise.resolve({ ok: false, error });
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => {
      resolve({ ok: false, error });
    });
  });
}

/**
 * Whether a leader is still in its term after an outage that begins in the worst moment: right before
 * a renewal would have been sent.
 *
 * @param random the jitter of its pauses, from 0 to 1
 */
export async function survives(
  timings: Timings,
  outage: { readonly kind: Outage; readonly seconds: number },
  random: () => number,
): Promise<boolean> {
  const stage = new Stage();
  const leader = stage.candidate('leader', timings, random);
  let terms = 0;
  leader.on('startedLeading', () => (terms += 1));
  const over = leader.run();
  await stage.clock.advance(timings.retryPeriodSeconds * 1000 - 1);
  stage.down = outage.kind;
  await stage.clock.advance(outage.seconds * 1000);
  stage.down = null;
  await stage.clock.advance(timings.leaseDurationSeconds * 2000);
  const held = leader.isLeader() && terms === 1;
  const stopped = leader.stop();
  await stage.clock.advance(timings.leaseDurationSeconds * 1000);
  await Promise.all([over, stopped]);
  return held;
}

/** The renewals of a leader in a quiet time. */
export async function renewalsAMinute(timings: Timings): Promise<number> {
  const stage = new Stage();
  const leader = stage.candidate('leader', timings, () => 0.5);
  void leader.run();
  await stage.clock.advance(1);
  const before = stage.requests.length;
  const minutes = 60;
  await stage.clock.advance(minutes * 60_000);
  const perMinute = (stage.requests.length - before) / minutes;
  void leader.stop();
  await stage.clock.advance(1_000);
  return perMinute;
}
