import type { Clock, Instant } from '../../../src/time/clock.js';
import type { Host } from './host.js';
import type { Random } from './random.js';
import type { World } from './world.js';

interface Timer {
  readonly id: number;
  readonly dueMs: number;
  readonly act: () => void;
  readonly owner: object;
}

/** Why nothing runs in a process at the moment. */
export type Frozen = 'stopped' | 'blocked' | 'asleep';

/** Node's timers go by whole milliseconds and may fire that much early by `performance.now()`. */
const EARLY_MS = 0.9;

/**
 * A process with one event loop: a turn at a time, timers in the order in which they are due. While
 * it is frozen, timers come due and answers arrive; all of that runs, in order, when it goes on.
 */
export class SimProcess {
  readonly host: Host;
  readonly #world: World;
  readonly #random: Random;
  readonly #timers = new Map<number, Timer>();
  readonly #inbox: (() => void)[] = [];
  readonly #frozen = new Set<Frozen>();
  #nextTimer = 1;
  #armedMs = Infinity;
  #armedToken = 0;
  #pumping = false;
  #ioFirst = false;
  #dead = false;

  constructor(world: World, host: Host, random: Random) {
    this.#world = world;
    this.host = host;
    this.#random = random;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Nothing runs: it is stopped, blocked or asleep, or what has piled up is not worked off yet. */
  get unresponsive(): boolean {
    return this.#frozen.size > 0 || this.#pumping;
  }

  now(): Instant {
    return { monotonicMs: this.host.monotonicMs, wallMs: this.host.wallMs };
  }

  /** A clock and timers whose timers can be counted apart from others of this process. */
  clock(owner: object): Clock {
    return {
      now: () => this.now(),
      setTimeout: (act, ms) => this.#setTimer(owner, act, ms),
      clearTimeout: (id) => {
        this.#timers.delete(id as number);
      },
    };
  }

  timersOf(owner: object): number {
    let count = 0;
    for (const timer of this.#timers.values()) if (timer.owner === owner) count += 1;
    return count;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#setTimer(this, resolve, ms);
    });
  }

  /** Runs that in a turn of its own: at once if the process is free. */
  deliver(act: () => void): void {
    if (this.#dead) return;
    if (this.unresponsive) this.#inbox.push(act);
    else this.#turn(act);
  }

  /** Nothing runs any more, for good. What it has sent is on its way. */
  kill(): void {
    this.#dead = true;
    this.#timers.clear();
    this.#inbox.length = 0;
  }

  freeze(why: Frozen): void {
    this.#frozen.add(why);
  }

  thaw(why: Frozen): void {
    if (this.#dead || !this.#frozen.delete(why) || this.#frozen.size > 0) return;
    // A loop that was stopped while it waited for I/O sees what has arrived first; one that was
    // blocked by a callback may see its timers first.
    this.#ioFirst = this.#random.chance(0.5);
    this.#pump();
  }

  #turn(act: () => void): void {
    this.#world.touch();
    act();
  }

  #setTimer(owner: object, act: () => void, ms: number): number {
    const id = this.#nextTimer++;
    if (this.#dead) return id;
    const dueMs = this.host.monotonicMs + Math.max(1, Math.trunc(ms));
    this.#timers.set(id, { id, dueMs, act, owner });
    if (dueMs < this.#armedMs) this.#arm(dueMs);
    return id;
  }

  #arm(dueMs: number): void {
    this.#armedMs = dueMs;
    const token = ++this.#armedToken;
    const off = this.#random.next();
    const late = off < 0.2 ? -EARLY_MS * (off / 0.2) : off < 0.5 ? off * 4 : 0;
    this.#world.at(this.host.trueTimeOf(dueMs + late), () => {
      if (token !== this.#armedToken || this.#dead) return;
      this.#armedMs = Infinity;
      if (!this.unresponsive) this.#pump();
    });
  }

  /** Runs what is due, a turn at a time, until the process can wait again. */
  #pump(): void {
    this.#pumping = false;
    if (this.#dead || this.#frozen.size > 0) return;
    const timer = this.#firstTimer();
    const isDue = timer !== null && timer.dueMs <= this.host.monotonicMs + EARLY_MS;
    const arrived = this.#inbox.length > 0;
    if (isDue && !(arrived && this.#ioFirst)) {
      this.#timers.delete(timer.id);
      this.#turn(timer.act);
    } else if (arrived) {
      const act = this.#inbox.shift();
      if (act !== undefined) this.#turn(act);
    } else {
      this.#ioFirst = false;
      if (timer !== null) this.#arm(timer.dueMs);
      return;
    }
    this.#pumping = true;
    this.#world.after(0, () => {
      this.#pump();
    });
  }

  #firstTimer(): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers.values()) {
      if (first === null || timer.dueMs < first.dueMs) first = timer;
    }
    return first;
  }
}
