import type { Slot } from '../fleet.js';
import type { Admission } from '../world/admission.js';
import type { Network } from '../world/network.js';
import type { Random } from '../world/random.js';
import type { SimServer } from '../world/server.js';
import type { FaultKind, Worsen } from './kinds.js';

/**
 * What stands between candidates and the store, and what is half broken: faults that last about as
 * long as a renew deadline, and up to well beyond it.
 */
export class LastingTroubles {
  readonly #server: SimServer;
  readonly #network: Network;
  readonly #random: Random;
  readonly #worsen: Worsen;

  constructor(server: SimServer, network: Network, random: Random, worsen: Worsen) {
    this.#server = server;
    this.#network = network;
    this.#random = random;
    this.#worsen = worsen;
  }

  /** Nobody stops the leader, and nothing else is broken: what is to be seen is how it lives through it. */
  sparesLeader = false;

  /** False when the fault is none of these. */
  strike(fault: FaultKind, slot: Slot): boolean {
    const random = this.#random;
    const { trouble } = this.#server;
    // As long as about a renew deadline.
    const ms = slot.plan.timing.renewSeconds * 1000 * random.between(0.3, 1.8);
    switch (fault) {
      case 'writes fail and reads work':
        this.#worsen(ms, trouble, { writesFail: this.#mostly(), failedAreStored: this.#share() });
        this.#worsen<{ sparesLeader: boolean }>(ms, this, { sparesLeader: random.chance(0.6) });
        return true;
      case 'reads fail and writes work':
        this.#worsen(ms, trouble, { readsFail: this.#mostly() });
        return true;
      case 'only watches work':
        this.#worsen(ms, trouble, { readsFail: 1, writesFail: 1, failedAreStored: this.#share() });
        return true;
      case 'admission alters records':
        this.#worsen(ms, trouble, { admission: this.#drawAdmission(slot) });
        return true;
      case 'answers that prove nothing':
        this.#worsen(ms, trouble, { provesNothing: random.next() });
        return true;
      case 'writes repeated by a proxy':
        this.#worsen(ms, this.#network, { repeatsWrites: this.#mostly() });
        return true;
      case 'clock of an intermediary':
        this.#worsen(ms, this.#network, { dateOffsetMs: this.#drawOffset() });
        return true;
      default:
        return false;
    }
  }

  #mostly(): number {
    return this.#random.chance(0.6) ? 1 : this.#random.between(0.4, 1);
  }

  #share(): number {
    const random = this.#random;
    return random.weighted([
      [2, 0],
      [2, 1],
      [1, random.next()],
    ]);
  }

  #drawAdmission({ plan }: Slot): Admission {
    const random = this.#random;
    const { leaseSeconds } = plan.timing;
    return random.pick<Admission>([
      { kind: 'digits' },
      { kind: 'label' },
      { kind: 'duration', mostSeconds: random.int(1, leaseSeconds) },
    ]);
  }

  /** Seconds or an hour, ahead or behind; or no date at all. */
  #drawOffset(): number | null {
    const random = this.#random;
    if (random.chance(0.1)) return null;
    return random.skewed(1000, 3_600_000) * (random.chance(0.8) ? 1 : -1);
  }
}
