import type { Fleet, Slot } from '../fleet.js';
import type { FaultKind } from '../faults/kinds.js';
import type { Trouble } from '../phases.js';
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
  // A dead candidate's half of the lock may have to run out after the whole of another's has, and the
  // last pod that was told to stop may yet be replaced.
  return { ...scenario, faults, boundMs: scenario.boundMs + 1.2 * longest + GRACE_MS };
}

/**
 * Moves a fleet from the old lock to the new one, pod by pod, and back again: all to both before any
 * to one alone, as the documents say. It rests with the faults: where each pod is replaced before it has
 * seen a record for as long as that names, nobody can ever take the lock of a holder who is gone.
 */
export class Rollout implements Trouble {
  readonly #world: World;
  readonly #fleet: Fleet;
  readonly #random: Random;
  readonly #everyMs: number;
  readonly #count: (what: string) => void;
  #forwards = true;
  #begun = false;
  #active = false;
  #busy = false;

  constructor(world: World, fleet: Fleet, scenario: Scenario, count: (what: string) => void) {
    this.#world = world;
    this.#fleet = fleet;
    this.#count = count;
    this.#random = new Random(scenario.seed, 'rollout');
    this.#everyMs = this.#random.skewed(1000, scenario.pace === 'brisk' ? 10_000 : 60_000);
  }

  begin(): void {
    this.#active = true;
    if (this.#begun) return;
    this.#begun = true;
    this.#goOn();
  }

  /** The fleet stays as it is, however far it has come. */
  rest(): void {
    this.#active = false;
  }

  #goOn(): void {
    this.#world.after(this.#random.exponential(this.#everyMs), () => {
      if (this.#active && !this.#busy) this.#step();
      this.#goOn();
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
