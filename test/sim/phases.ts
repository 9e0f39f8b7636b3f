import type { Fleet } from './fleet.js';
import type { Scenario } from './scenario.js';
import type { World } from './world/world.js';

const STEP_MS = 250;

/** What goes on while it is noisy, and rests while all is quiet. */
export interface Trouble {
  begin(): void;
  rest(): void;
}

export interface Progress {
  /** Terms enough have been seen. */
  readonly enough: boolean;
  /** No leader is waited for. */
  readonly settled: boolean;
}

/** Noise and quiet in turn: faults for a while, then none, until there is a leader again. */
export class Phases {
  readonly #world: World;
  readonly #scenario: Scenario;
  readonly #troubles: readonly Trouble[];
  readonly #fleet: Fleet;
  readonly #progress: () => Progress;

  constructor(
    world: World,
    scenario: Scenario,
    troubles: readonly Trouble[],
    fleet: Fleet,
    progress: () => Progress,
  ) {
    this.#world = world;
    this.#scenario = scenario;
    this.#troubles = troubles;
    this.#fleet = fleet;
    this.#progress = progress;
  }

  begin(): void {
    const { noisyMs } = this.#scenario;
    const until = this.#world.now + noisyMs;
    this.#world.record({ kind: 'noise', t: this.#world.now });
    for (const trouble of this.#troubles) trouble.begin();
    this.#every(() => {
      if (this.#world.now < until && !this.#progress().enough) return false;
      this.#beQuiet();
      return true;
    });
  }

  #beQuiet(): void {
    const world = this.#world;
    const { boundMs } = this.#scenario;
    for (const trouble of this.#troubles) trouble.rest();
    this.#fleet.restartAll();
    world.record({ kind: 'quiet', t: world.now, boundMs });
    const dueAt = world.now + boundMs;
    this.#every(() => {
      const { enough, settled } = this.#progress();
      if (!settled) {
        // Where nobody does anything any more, nothing else would show that this time has passed.
        if (world.now > dueAt) world.record({ kind: 'overdue', t: world.now });
        return false;
      }
      if (enough) world.end();
      else this.begin();
      return true;
    });
  }

  #every(done: () => boolean): void {
    this.#world.after(STEP_MS, () => {
      // Whether somebody leads is asked of all, who may have been silent for long.
      this.#world.notice();
      if (!done()) this.#every(done);
    });
  }
}
