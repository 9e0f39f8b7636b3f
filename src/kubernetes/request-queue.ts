import type { Deadline } from './deadline.js';

/**
 * Beyond the usual number only those begin that have waited for so long, in milliseconds: a leader
 * renews every few seconds, so that the server must be slow then, and not just busy.
 */
const PATIENCE_MS = 2_000;

interface Waiting {
  readonly sinceMs: number;
  readonly begin: () => void;
}

/**
 * Lets a few requests be under way at a time; the others wait here, where they are light and can be
 * put in order. A server that is busy with a few answers no more of them when it has more of them
 * before it; one that is slow to answer does.
 *
 * Writes and reads take turns where both wait. A write mostly keeps a lease, while a read mostly
 * begins something: a thousand elections that start do not cost those that lead their terms.
 */
export class RequestQueue {
  readonly #usual: number;
  readonly #most: number;
  #underWay = 0;
  /** First in, first out; whoever gives up leaves from the middle. */
  readonly #writes = new Set<Waiting>();
  readonly #reads = new Set<Waiting>();
  #wasWrite = false;

  constructor(limits: { readonly usual: number; readonly most: number }) {
    this.#usual = limits.usual;
    this.#most = limits.most;
  }

  /**
   * Null when the turn has come at once; otherwise resolves when it does, and rejects when the
   * caller gives up before, or has already. Whoever has had a turn must {@link pass} it on.
   */
  take(isWrite: boolean, deadline: Pick<Deadline, 'onGivenUp'>): Promise<void> | null {
    if (this.#underWay < this.#usual) {
      this.#underWay++;
      return null;
    }
    const queue = isWrite ? this.#writes : this.#reads;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        sinceMs: performance.now(),
        begin: () => {
          queue.delete(waiting);
          stay();
          this.#wasWrite = isWrite;
          this.#underWay++;
          resolve();
        },
      };
      queue.add(waiting);
      const stay = deadline.onGivenUp(() => {
        queue.delete(waiting);
        reject(new Error('given up'));
      });
      // Those under way may hang, so that none of them passes its turn on for a long time.
      this.#advance();
    });
  }

  pass(): void {
    this.#underWay--;
    this.#advance();
  }

  #advance(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) next.begin();
  }

  #next(): Waiting | undefined {
    const [write] = this.#writes;
    const [read] = this.#reads;
    const next = this.#wasWrite ? (read ?? write) : (write ?? read);
    if (next === undefined || this.#underWay < this.#usual) return next;
    const isLate = performance.now() - next.sinceMs > PATIENCE_MS;
    return isLate && this.#underWay < this.#most ? next : undefined;
  }
}
