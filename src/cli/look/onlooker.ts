import { judge, type Judgement } from './judge.js';
import type { Place, Sight } from './read-locks.js';
import { placeName } from './words.js';

/** A change that was seen: what a lock has come to. */
export interface Change {
  readonly place: Place;
  readonly judgement: Judgement;
}

interface Memory {
  readonly sight: Sight;
  /** How old the record was at least, at that time; null when nobody can tell. */
  readonly ageMs: number | null;
  /** Monotonic time, in ms. */
  readonly at: number;
  readonly standing: string;
}

/**
 * Remembers what it saw, so that ages can be counted from there by our own clock. Whether a lease has
 * run out is then a matter of observation, as it is for a candidate.
 */
export class Onlooker {
  readonly #leaseDurationMs: number;
  readonly #memories = new Map<string, Memory>();

  constructor(leaseDurationMs: number) {
    this.#leaseDurationMs = leaseDurationMs;
  }

  /**
   * Takes in a look at the locks.
   *
   * @param all those that were seen before and are not among them are gone
   * @returns how each stands, and the changes worth a line, the first sight of each included
   */
  look(
    sights: readonly Sight[],
    { at, nowMs }: { readonly at: number; readonly nowMs: number },
  ): { readonly locks: readonly Change[]; readonly changes: readonly Change[] } {
    const seen = new Set(sights.map(placeName));
    const gone = [...this.#memories.values()]
      .filter(({ sight }) => !seen.has(placeName(sight)))
      .map(({ sight }) => ({ ...sight, object: null, stored: null, ageMs: null }));
    const changes: Change[] = [];
    const locks = [...sights, ...gone].map((sight) => {
      const before = this.#memories.get(placeName(sight));
      const now = remember(before, sight, at);
      const judgement = judge({
        sight,
        leaseDurationMs: this.#leaseDurationMs,
        nowMs,
        observedAgeMs: now.ageMs === null ? null : now.ageMs + (at - now.at),
      });
      const standing = `${judgement.standing} ${judgement.holder ?? ''}`;
      this.#memories.set(placeName(sight), { ...now, standing });
      const change = { place: sight, judgement };
      if (before?.standing !== standing) changes.push(change);
      return change;
    });
    return { locks, changes };
  }
}

function remember(before: Memory | undefined, sight: Sight, at: number): Omit<Memory, 'standing'> {
  if (before === undefined) {
    // At least this old: the API server dates by whole seconds.
    const ageMs = sight.ageMs === null ? null : Math.max(0, sight.ageMs - 1000);
    return { sight, ageMs, at };
  }
  const isSame = before.sight.stored?.fingerprint === sight.stored?.fingerprint;
  // Seen for the first time now: for us a lease counts from here, as it does for a candidate.
  return isSame ? { ...before, sight } : { sight, ageMs: 0, at };
}
