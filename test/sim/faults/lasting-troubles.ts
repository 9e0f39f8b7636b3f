import type { Slot } from '../fleet.js';
import type { Admission } from '../world/admission.js';
import type { Network } from '../world/network.js';
import type { Random } from '../world/random.js';
import type { ServerTrouble, SimServer } from '../world/server.js';
import type { FaultKind } from './kinds.js';

type During = (ms: number, undo: () => void) => void;

/**
 * What stands between candidates and the store, and what is half broken: faults that last about as
 * long as a renew deadline, and up to well beyond it.
 */
export class LastingTroubles {
  readonly #server: SimServer;
  readonly #network: Network;
  readonly #random: Random;
  readonly #during: During;

  /** @param during calls `undo` after that time, or earlier when all is to be quiet */
  constructor(server: SimServer, network: Network, random: Random, during: During) {
    this.#server = server;
    this.#network = network;
    this.#random = random;
    this.#during = during;
  }

  /** Nobody stops the leader, and nothing else is broken: what is to be seen is how it lives through it. */
  sparesLeader = false;

  /** How long such a fault is in force, in ms. */
  drawDuration({ plan }: Slot): number {
    return plan.timing.renewSeconds * 1000 * this.#random.between(0.3, 1.8);
  }

  /** False when the fault is none of these. */
  strike(fault: FaultKind, slot: Slot): boolean {
    const random = this.#random;
    const ms = this.drawDuration(slot);
    switch (fault) {
      case 'writes fail and reads work':
        this.#worsen(ms, { writesFail: this.#mostly(), failedAreStored: this.#share() });
        this.#spareLeader(ms);
        return true;
      case 'reads fail and writes work':
        this.#worsen(ms, { readsFail: this.#mostly() });
        return true;
      case 'only watches work':
        this.#worsen(ms, { readsFail: 1, writesFail: 1, failedAreStored: this.#share() });
        return true;
      case 'admission alters records':
        this.#worsen(ms, { admission: this.#drawAdmission(slot) });
        return true;
      case 'answers that prove nothing':
        this.#worsen(ms, { provesNothing: random.next() });
        return true;
      case 'writes repeated by a proxy':
        this.#network.repeatsWrites = this.#mostly();
        this.#during(ms, () => {
          this.#network.repeatsWrites = 0;
        });
        return true;
      case 'clock of an intermediary':
        this.#network.dateOffsetMs = this.#drawOffset();
        this.#during(ms, () => {
          this.#network.dateOffsetMs = 0;
        });
        return true;
      default:
        return false;
    }
  }

  #worsen(ms: number, how: Partial<ServerTrouble>): void {
    const { trouble } = this.#server;
    Object.assign(trouble, how);
    this.#during(ms, () => {
      for (const name of Object.keys(how)) {
        Object.assign(trouble, { [name]: name === 'admission' ? null : 0 });
      }
    });
  }

  #spareLeader(ms: number): void {
    this.sparesLeader = this.#random.chance(0.6);
    this.#during(ms, () => {
      this.sparesLeader = false;
    });
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
