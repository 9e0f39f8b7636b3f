import type { Fleet, Slot } from '../fleet.js';
import type { Random } from '../world/random.js';
import type { World } from '../world/world.js';
import { lostBy } from './kubelet.js';

export const POD_FAULTS = [
  'pod deleted by force',
  'container lost by its runtime',
  'end told without a time',
  'another container of the pod ended',
  'container ended and its processes live on',
  'pod failed and its processes live on',
  'container crashed',
] as const;

type PodFault = (typeof POD_FAULTS)[number];

/** What happens to pods, beside all that happens to their machines and the network. */
export class PodTroubles {
  readonly #world: World;
  readonly #fleet: Fleet;
  readonly #random: Random;
  readonly #count: (fault: string) => void;

  constructor(world: World, fleet: Fleet, random: Random, count: (fault: string) => void) {
    this.#world = world;
    this.#fleet = fleet;
    this.#random = random;
    this.#count = count;
  }

  strike(): void {
    const random = this.#random;
    if (this.#losesTask(random)) return;
    const struck =
      (random.chance(0.7) ? this.#fleet.leading : null) ?? random.pick(this.#fleet.slots);
    const slot = struck.node;
    const fault = random.chance(0.4) ? 'container crashed' : random.pick(POD_FAULTS);
    if (slot.kubelet === null || slot.process?.dead !== false) return;
    if (fault === 'container ended and its processes live on' && !slot.kubelet.shares) return;
    this.#count(fault);
    const what = `${fault} (${slot.host.name})`;
    this.#world.record({ kind: 'fault', t: this.#world.now, what });
    this.#do(fault, slot);
  }

  /**
   * Where two are in one container: its runtime loses it, and what was the second one is the process of
   * another instance from now on, which crashes, and is started again, beside the first.
   */
  #losesTask(random: Random): boolean {
    const other = this.#fleet.slots.find(({ beside }) => beside !== null);
    if (other === undefined) return false;
    if (!random.chance(this.#fleet.leading === other.node ? 0.6 : 0.1)) return false;
    const { kubelet, process } = other.node;
    if (kubelet === null || process?.dead !== false || kubelet.isSplit) return false;
    this.#count('container lost by its runtime, and begun anew');
    this.#fleet.crash(other, Infinity);
    kubelet.loseTask(lostBy(random));
    const later = (ms: number, act: () => void): void => {
      this.#world.after(ms, () => {
        if (other.node.process === process) act();
      });
    };
    const beginsMs = random.skewed(50, 1500);
    later(beginsMs, () => {
      this.#fleet.start(other);
    });
    if (random.chance(0.7)) {
      later(beginsMs + random.skewed(500, 10_000), () => {
        this.#fleet.crash(other, random.skewed(50, 3000));
      });
    }
    later(random.skewed(10_000, 60_000), () => {
      this.#fleet.crash(other.node, random.skewed(100, 3000));
    });
    return true;
  }

  #do(fault: PodFault, slot: Slot): void {
    const { kubelet, process } = slot;
    if (kubelet === null) return;
    const dieLater = (): void => {
      this.#world.after(this.#random.skewed(1000, 40_000), () => {
        if (slot.process === process) this.#fleet.crash(slot, this.#random.skewed(100, 3000));
      });
    };
    switch (fault) {
      case 'pod deleted by force':
        kubelet.deleteByForce();
        dieLater();
        break;
      case 'container lost by its runtime':
        kubelet.loseContainer();
        dieLater();
        break;
      case 'end told without a time':
        kubelet.tellEndWithoutTime();
        break;
      case 'another container of the pod ended':
        kubelet.endOfSidecar();
        break;
      case 'container ended and its processes live on':
        kubelet.endOfContainer();
        dieLater();
        break;
      case 'pod failed and its processes live on':
        kubelet.fail();
        dieLater();
        break;
      default:
        this.#fleet.crash(slot, this.#random.skewed(50, 3000));
    }
  }
}
