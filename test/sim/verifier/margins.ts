import type { Fact } from '../facts.js';
import type { Candidate, Ledger } from './ledger.js';
import type { Rules } from './rule.js';

export interface Margin {
  /** From the end of the old leader to the beginning of the new one, in ms. */
  readonly ms: number;
  /** How much of that is above what the two clocks' rates leave in the worst case. */
  readonly aboveFloorMs: number;
  readonly t: number;
  readonly what: string;
}

/** How far apart leaders were whose predecessor had not released the lock. */
export class Margins implements Rules {
  worst: Margin | null = null;
  closest: Margin | null = null;
  readonly #ledger: Ledger;
  #last: { readonly candidate: Candidate; readonly endedAt: number; readonly hold: number } | null =
    null;
  readonly #leading = new Set<Candidate>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  after(fact: Fact): void {
    if (fact.kind !== 'asked' && fact.kind !== 'crashed') return;
    const candidate = this.#ledger.get(fact.who);
    if (candidate?.info.library !== 'ours') return;
    const leads = fact.kind === 'asked' && fact.leader;
    if (leads && !this.#leading.has(candidate)) this.#start(candidate, fact.t);
    if (!leads && this.#leading.delete(candidate)) {
      const hold = candidate.holds.at(-1)?.revision ?? 0;
      this.#last = { candidate, endedAt: fact.t, hold };
    } else if (leads) this.#leading.add(candidate);
  }

  #start(candidate: Candidate, t: number): void {
    const last = this.#last;
    if (last === null || last.candidate === candidate || this.#leading.size > 0) return;
    // Only where the lock went straight from the one lease to the other, by its running out.
    const took = candidate.holds.find(({ revision }) => revision > last.hold);
    const between = this.#ledger.commits.filter(
      ({ revision }) => revision > last.hold && revision < (took?.revision ?? 0),
    );
    const reclaims = candidate.info.identity === last.candidate.info.identity;
    if (took === undefined || between.length > 0 || reclaims) return;
    // Of the dead nobody needs to wait for the lease.
    if (candidate.info.heedsPods === true && !last.candidate.alive) return;
    const { info, holds } = last.candidate;
    // Admission may have made a lease shorter than it was asked for.
    if (holds.at(-1)?.record?.durationMs !== info.leaseMs) return;
    const ms = t - last.endedAt;
    const floorMs = info.leaseMs / candidate.info.clockRate - info.renewMs / info.clockRate;
    const timing = [info.leaseMs, info.renewMs, info.retryMs].map((one) => one / 1000).join('/');
    const what = `${last.candidate.who} to ${candidate.who}, ${timing}`;
    const margin = { ms, aboveFloorMs: ms - floorMs, t, what };
    if (this.worst === null || ms < this.worst.ms) this.worst = margin;
    if (this.closest === null || margin.aboveFloorMs < this.closest.aboveFloorMs) {
      this.closest = margin;
    }
  }
}
