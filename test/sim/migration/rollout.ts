import type { Fleet, Slot } from '../fleet.js';
import type { FaultKind } from '../faults/kinds.js';
import type { Scenario } from '../scenario.js';
import { Random } from '../world/random.js';
import type { World } from '../world/world.js';

/** Which locks a candidate takes part in: the old one alone, both, or the new one alone. */
export type Role = 'old' | 'both' | 'new';

/** People who spoil records void the promise; the other runs show what comes of it. */
const SPOILS: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'admission alters records',
  'object deleted',
  'object deleted and leader gone',
  'holder written over',
  'holder cleared',
  'record stripped',
  'record malformed',
  'record without acquireTime',
  'record rolled back',
  'identity squatted',
]);

/** How long a pod has to end in good order before it is killed, at most. */
const GRACE_MS = 8000;

/** The scenario without what makes the promise void. */
export function withoutSpoiling(scenario: Scenario): Scenario {
  const left = scenario.faults.filter((fault) => !SPOILS.has(fault));
  const faults: readonly FaultKind[] = left.length > 0 ? left : ['crash', 'lossy network'];
  const longest = Math.max(...scenario.slots.map(({ timing }) => timing.leaseSeconds)) * 1000;
  // A dead candidate's half of the lock may have to run out after the whole of another's has.
  return { ...scenario, faults, boundMs: scenario.boundMs + 1.2 * longest };
}

/**
 * Moves a fleet from the old lock to the new one, pod by pod, and back again: all to both before any
 * to one alone, as the documents say.
 */
export class Rollout {
  readonly #world: World;
  readonly #fleet: Fleet;
  readonly #random: Random;
  readonly #everyMs: number;
  readonly #count: (what: string) => void;
  #forwards = true;
  #busy = false;

  constructor(world: World, fleet: Fleet, scenario: Scenario, count: (what: string) => void) {
    this.#world = world;
    this.#fleet = fleet;
    this.#count = count;
    this.#random = new Random(scenario.seed, 'rollout');
    this.#everyMs = this.#random.skewed(1000, scenario.pace === 'brisk' ? 10_000 : 60_000);
  }

  begin(): void {
    this.#world.after(this.#random.exponential(this.#everyMs), () => {
      if (!this.#busy) this.#step();
      this.begin();
    });
  }

  #step(): void {
    const random = this.#random;
    if (random.chance(0.1)) this.#forwards = !this.#forwards;
    const next = this.#next();
    if (next === null) {
      this.#forwards = !this.#forwards;
      return;
    }
    const { slot, role } = next;
    if (random.chance(0.4)) {
      this.#replace(slot, role, 'killed');
      return;
    }
    this.#busy = true;
    slot.process?.deliver(() => slot.candidate?.stop());
    this.#world.after(random.between(0, GRACE_MS), () => {
      this.#busy = false;
      this.#replace(slot, role, 'stopped');
    });
  }

  /** Who is to be moved, and where; null: all of them are there. */
  #next(): { slot: Slot; role: Role } | null {
    const [from, to] = this.#forwards ? (['old', 'new'] as const) : (['new', 'old'] as const);
    const behind = this.#fleet.slots.filter(({ role }) => role === from);
    if (behind.length > 0) return { slot: this.#random.pick(behind), role: 'both' };
    const between = this.#fleet.slots.filter(({ role }) => role === 'both');
    if (between.length > 0) return { slot: this.#random.pick(between), role: to };
    return null;
  }

  #replace(slot: Slot, role: Role, how: string): void {
    this.#count(`pod replaced (${slot.role} to ${role}, ${how})`);
    this.#fleet.replace(slot, role);
  }
}
