import type { Clock, Instant } from '../../time/clock.js';

interface Timer {
  /** What the clock behind knows it by. */
  readonly at: unknown;
  readonly fn: () => void;
}

/**
 * The clock of one candidate, which goes as the one behind it. While the candidate is paused its
 * timers wait, as those of a process under `SIGSTOP` do. For one that was killed no time passes any more.
 */
export class CandidateClock implements Clock {
  readonly #behind: Clock;
  readonly #timers = new Map<number, Timer>();
  /** Timers that have come due in the meantime, in order. */
  readonly #due = new Set<number>();
  #nextId = 1;
  #is: 'going' | 'paused' | 'killed' = 'going';
  #stoodStillAt: Instant | null = null;

  constructor(behind: Clock) {
    this.#behind = behind;
  }

  now(): Instant {
    return this.#stoodStillAt ?? this.#behind.now();
  }

  setTimeout(fn: (...args: unknown[]) => void, timeoutMs: number): number {
    const id = this.#nextId++;
    if (this.#is !== 'killed') this.#arm(id, fn, timeoutMs);
    return id;
  }

  clearTimeout(id: unknown): void {
    const timer = this.#timers.get(id as number);
    if (timer === undefined) return;
    this.#timers.delete(id as number);
    this.#due.delete(id as number);
    this.#behind.clearTimeout(timer.at);
  }

  pause(): void {
    if (this.#is === 'going') this.#is = 'paused';
  }

  /** What has come due in the meantime comes now, one after the other. */
  resume(): void {
    if (this.#is !== 'paused') return;
    this.#is = 'going';
    const due = [...this.#due];
    this.#due.clear();
    for (const id of due) {
      const timer = this.#timers.get(id);
      if (timer !== undefined) this.#arm(id, timer.fn, 0);
    }
  }

  kill(): void {
    this.#is = 'killed';
    this.#stoodStillAt = this.#behind.now();
    for (const { at } of this.#timers.values()) this.#behind.clearTimeout(at);
    this.#timers.clear();
    this.#due.clear();
  }

  #arm(id: number, fn: () => void, ms: number): void {
    const at = this.#behind.setTimeout(() => {
      if (this.#is === 'paused') this.#due.add(id);
      else this.#fire(id);
    }, ms);
    this.#timers.set(id, { at, fn });
  }

  #fire(id: number): void {
    const timer = this.#timers.get(id);
    this.#timers.delete(id);
    timer?.fn();
  }
}
