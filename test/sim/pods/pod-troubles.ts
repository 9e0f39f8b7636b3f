import type { Fleet, Slot } from '../fleet.js';
import type { Random } from '../world/random.js';
import type { World } from '../world/world.js';

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
