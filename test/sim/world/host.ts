import type { World } from './world.js';

/**
 * A machine: its two clocks, which run at a rate of their own. The monotonic one stands still while
 * the machine sleeps; the wall clock goes on, and may be set by hand.
 */
export class Host {
  readonly name: string;
  /** Local milliseconds for each true one. */
  readonly rate: number;
  lastSleptAt = -Infinity;
  lastSetBackAt = -Infinity;
  readonly #world: World;
  #anchor = 0;
  #monotonicMs: number;
  #wallMs: number;
  #asleep = false;

  constructor(world: World, name: string, rate: number, wallMs: number, monotonicMs: number) {
    this.#world = world;
    this.name = name;
    this.rate = rate;
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
  }

  get monotonicMs(): number {
    return this.#monotonicMs + (this.#asleep ? 0 : (this.#world.now - this.#anchor) * this.rate);
  }

  get wallMs(): number {
    return this.#wallMs + (this.#world.now - this.#anchor) * this.rate;
  }

  get asleep(): boolean {
    return this.#asleep;
  }

  /** When the monotonic clock will show that, in true time, unless the machine sleeps before. */
  trueTimeOf(monotonicMs: number): number {
    return this.#world.now + (monotonicMs - this.monotonicMs) / this.rate;
  }

  setWall(byMs: number): void {
    if (byMs < 0) this.lastSetBackAt = this.#world.now;
    this.#wallMs += byMs;
  }

  sleep(): void {
    this.#reanchor();
    this.#asleep = true;
  }

  wake(): void {
    this.#reanchor();
    this.#asleep = false;
    this.lastSleptAt = this.#world.now;
  }

  #reanchor(): void {
    const { monotonicMs, wallMs } = this;
    this.#anchor = this.#world.now;
    this.#monotonicMs = monotonicMs;
    this.#wallMs = wallMs;
  }
}
