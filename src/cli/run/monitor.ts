import type { Health } from '../../election/health.js';
import type { LeaderElection } from '../../election/leader-election.js';
import type { LockResult, ResourceLock } from '../../lock/resource-lock.js';

/**
 * The same lock, with a note made of each answer of the API server. Everything else that the lock
 * can do is passed through.
 */
export function noteAnswers<T extends ResourceLock>(lock: T, answered: () => void): T {
  const noted = new Set<PropertyKey>(['get', 'create', 'update']);
  return new Proxy(lock, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      const call = (value as (...args: unknown[]) => unknown).bind(target);
      if (!noted.has(property)) return call;
      return async (...args: unknown[]) => {
        const result = (await call(...args)) as LockResult;
        // A refusal shows the API server as well as anything, but not that we may take part.
        if (result.ok || result.error.kind === 'notFound' || result.error.kind === 'conflict') {
          answered();
        }
        return result;
      };
    },
  });
}

export interface Reading {
  readonly lock: string;
  readonly identity: string;
  readonly isLeader: boolean;
  /** Empty when nobody is known to lead. */
  readonly leader: string;
  readonly transitions: number | null;
  readonly terms: number;
  readonly renewals: number;
  readonly renewFailures: number;
  readonly acquireFailures: number;
  /** Null unless we lead. */
  readonly sinceRenewalMs: number | null;
  /** Null before the first answer. */
  readonly sinceAnswerMs: number | null;
  readonly commandStarts: number;
  readonly commandRunning: boolean;
}

/** Counts what happens to the candidate of `run`, for its HTTP endpoint. */
export class Monitor {
  #answeredAt: number | null = null;
  #election: LeaderElection | null = null;
  #lock = '';
  #terms = 0;
  #renewals = 0;
  #renewFailures = 0;
  #acquireFailures = 0;
  #commandStarts = 0;
  commandRunning = false;

  readonly answered = (): void => {
    this.#answeredAt = performance.now();
  };

  commandStarted(): void {
    this.#commandStarts += 1;
    this.commandRunning = true;
  }

  attach(election: LeaderElection, lock: string): void {
    this.#election = election;
    this.#lock = lock;
    election.on('startedLeading', () => {
      this.#terms += 1;
    });
    election.on('renewed', () => {
      this.#renewals += 1;
    });
    election.on('renewFailed', () => {
      this.#renewFailures += 1;
    });
    election.on('acquireFailed', () => {
      this.#acquireFailures += 1;
    });
  }

  /** Null before the election has been made. */
  get health(): Health | null {
    return this.#election?.health() ?? null;
  }

  /** Null before the election has been made. */
  read(): Reading | null {
    const election = this.#election;
    if (election === null) return null;
    const { observation, lease } = election.actor.getSnapshot().context;
    const isLeader = election.isLeader();
    const seen = Math.max(this.#answeredAt ?? -Infinity, observation?.heardAtMs ?? -Infinity);
    const now = performance.now();
    return {
      lock: this.#lock,
      identity: election.identity,
      isLeader,
      leader: election.leader ?? '',
      transitions:
        (isLeader ? lease?.record : observation?.snapshot?.record)?.leaderTransitions ?? null,
      terms: this.#terms,
      renewals: this.#renewals,
      renewFailures: this.#renewFailures,
      acquireFailures: this.#acquireFailures,
      sinceRenewalMs: isLeader && lease !== null ? now - lease.validFrom.monotonicMs : null,
      sinceAnswerMs: Number.isFinite(seen) ? now - seen : null,
      commandStarts: this.#commandStarts,
      commandRunning: this.commandRunning,
    };
  }
}
