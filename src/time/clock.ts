import { AsyncResource } from 'node:async_hooks';

/**
 * One moment, read on both clocks of this machine. `monotonicMs` never steps but may stand still
 * while the machine sleeps; `wallMs` (milliseconds since 1970) goes on but may be set by hand.
 */
export interface Instant {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/**
 * Where the election takes its time from, and its timers. Replace it in tests only (see
 * `VirtualClock` in `k8s-leader-election/testing`); it has the shape of an XState clock, so the
 * same object goes into `createActor(machine, { clock })`.
 */
export interface Clock {
  now(): Instant;
  setTimeout(fn: (...args: unknown[]) => void, timeoutMs: number): unknown;
  clearTimeout(id: unknown): void;
}

/** Node takes a longer one for one millisecond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => ({ monotonicMs: performance.now(), wallMs: Date.now() }),
  // Node makes one millisecond of none, or two. Whoever takes a lock that has come free counts them.
  setTimeout: (fn, timeoutMs) =>
    timeoutMs > 0 ? setTimeout(fn, Math.min(timeoutMs, LONGEST_TIMER_MS)) : new Immediate(fn),
  clearTimeout: (id) => {
    if (id instanceof Immediate) id.clear();
    else clearTimeout(id as NodeJS.Timeout);
  },
};

/** What waits for its turn, and by which `setImmediate` it comes: a test may exchange that. */
interface Queue {
  readonly by: typeof setImmediate;
  readonly waiting: Set<() => void>;
  isArmed: boolean;
}

/**
 * Runs when what has arrived by now has been read, and one at a time: before the next one, what has
 * arrived meanwhile is read. Where one process runs many candidates, those that all want to try for
 * a lock hear of the first of them before the last has begun.
 */
class Immediate {
  static #latest: Queue = newQueue();
  readonly #queue: Queue;
  readonly #run: () => void;

  constructor(fn: () => void) {
    // What a test has left behind with timers of its own never comes, and must not be waited for.
    if (Immediate.#latest.by !== setImmediate) Immediate.#latest = newQueue();
    this.#queue = Immediate.#latest;
    // Whoever has come first calls the others, and each in its own async context.
    this.#run = AsyncResource.bind(() => {
      fn();
    });
    this.#queue.waiting.add(this.#run);
    arm(this.#queue);
  }

  clear(): void {
    this.#queue.waiting.delete(this.#run);
  }
}

function newQueue(): Queue {
  return { by: setImmediate, waiting: new Set(), isArmed: false };
}

function arm(queue: Queue): void {
  const { by, waiting, isArmed } = queue;
  if (isArmed || waiting.size === 0) return;
  queue.isArmed = true;
  by(() => {
    queue.isArmed = false;
    const [first] = waiting;
    if (first === undefined) return;
    waiting.delete(first);
    arm(queue);
    first();
  });
}

/**
 * Milliseconds a *holder* must assume to have passed: the larger reading of both clocks. A machine
 * that slept has a monotonic clock that stood still, and a leader must not come back from sleep
 * believing that its lease is fresh. A wall clock that is set forward costs at most a leadership.
 *
 * A *follower* takes the monotonic clock alone: for it the smaller age is the safe one.
 */
export function elapsedForHolder(since: Instant, now: Instant): number {
  return Math.max(now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs);
}
