import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Clock, Instant } from '../time/clock.js';

interface Timer {
  readonly id: number;
  readonly dueMs: number;
  readonly fn: () => void;
}

/**
 * A clock for tests: time passes only in {@link advance}. It goes from timer to timer, sets the
 * time to each one's moment before firing it, and lets promises settle in between, so that what a
 * timer starts happens at its own time and not at the end of the step.
 */
export class VirtualClock implements Clock {
  #monotonicMs = 0;
  #wallMs: number;
  #nextId = 1;
  readonly #timers = new Map<number, Timer>();
  readonly #settle: () => Promise<void>;

  /**
   * @param wallMs where the wall clock starts, in ms since 1970.
   * @param settled resolves when what a timer has begun is done. Default: when no promise can settle
   *   any more, which is too soon for what goes over a network.
   */
  constructor(wallMs: number = Date.UTC(2026, 0, 1), settled: () => Promise<void> = settle) {
    this.#wallMs = wallMs;
    this.#settle = settled;
  }

  now(): Instant {
    return { monotonicMs: this.#monotonicMs, wallMs: this.#wallMs };
  }

  setTimeout(fn: (...args: unknown[]) => void, timeoutMs: number): number {
    const id = this.#nextId++;
    this.#timers.set(id, { id, dueMs: this.#monotonicMs + Math.max(0, timeoutMs), fn });
    return id;
  }

  clearTimeout(id: unknown): void {
    this.#timers.delete(id as number);
  }

  /** How many timers wait: zero when nothing is left running. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets `ms` milliseconds pass on both clocks, firing each timer at its time. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    await this.#settle();
    for (let next = this.#earliest(); next !== null && next.dueMs <= untilMs;) {
      this.#moveTo(next.dueMs);
      this.#timers.delete(next.id);
      next.fn();
      await this.#settle();
      next = this.#earliest();
    }
    this.#moveTo(untilMs);
  }

  /**
   * Lets `ms` milliseconds pass without firing any timer, as for a process that was stopped or an
   * event loop that was blocked. The timers that have come due fire in the next `advance`.
   */
  freeze(ms: number): void {
    this.#moveTo(this.#monotonicMs + ms);
  }

  /** The machine sleeps: the wall clock goes on, the monotonic clock and the timers stand still. */
  suspend(ms: number): void {
    this.#wallMs += ms;
  }

  /** Sets the wall clock, as a person or a time service does. */
  setWall(wallMs: number): void {
    this.#wallMs = wallMs;
  }

  #moveTo(monotonicMs: number): void {
    const passed = Math.max(0, monotonicMs - this.#monotonicMs);
    this.#monotonicMs += passed;
    this.#wallMs += passed;
  }

  #earliest(): Timer | null {
    let earliest: Timer | null = null;
    for (const timer of this.#timers.values()) {
      if (earliest === null || timer.dueMs < earliest.dueMs) earliest = timer;
    }
    return earliest;
  }
}

/**
 * Lets every promise that can settle do so: a message arrives after all of them. An immediate would
 * come then too, but not where a test has its runner fake the timers, which is their default.
 */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    channel ??= openChannel();
    channel.waiting.push(resolve);
    channel.from.ref();
    channel.to.postMessage(null);
  });
}

interface Channel {
  readonly to: MessagePort;
  readonly from: MessagePort;
  readonly waiting: (() => void)[];
}

let channel: Channel | null = null;

function openChannel(): Channel {
  const { port1: to, port2: from } = new MessageChannel();
  const waiting: (() => void)[] = [];
  from.on('message', () => {
    const next = waiting.shift();
    // Nobody waits for more, and it keeps no process alive.
    if (waiting.length === 0) from.unref();
    next?.();
  });
  return { to, from, waiting };
}
