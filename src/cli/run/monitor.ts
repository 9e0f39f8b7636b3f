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
  /** Empty when nobody is known to lead. */
  readonly leader: string;
  /** Null before the first answer. */
  readonly sinceAnswerMs: number | null;
  readonly commandStarts: number;
  readonly commandRunning: boolean;
}

/** What the HTTP endpoint tells of the candidate of `run`, besides its metrics. */
export class Monitor {
  #answeredAt: number | null = null;
  #election: LeaderElection | null = null;
  #commandStarts = 0;
  commandRunning = false;

  readonly answered = (): void => {
    this.#answeredAt = performance.now();
  };

  commandStarted(): void {
    this.#commandStarts += 1;
    this.commandRunning = true;
  }

  attach(election: LeaderElection): void {
    this.#election = election;
  }

  /** Null before the election has been made. */
  get health(): Health | null {
    return this.#election?.health() ?? null;
  }

  /** Null before the election has been made. */
  read(): Reading | null {
    const election = this.#election;
    if (election === null) return null;
    const { observation } = election.actor.getSnapshot().context;
    const seen = Math.max(this.#answeredAt ?? -Infinity, observation?.heardAtMs ?? -Infinity);
    return {
      leader: election.leader ?? '',
      sinceAnswerMs: Number.isFinite(seen) ? performance.now() - seen : null,
      commandStarts: this.#commandStarts,
      commandRunning: this.commandRunning,
    };
  }
}
