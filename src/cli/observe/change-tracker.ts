import type { Observation } from '../../lock/decide.js';
import { judge, noteSight, type Judgement } from './judge.js';
import type { Place, Sight } from './read-locks.js';
import { placeName } from './words.js';

/** A change that was seen: what a lock has come to. */
export interface Change {
  readonly place: Place;
  readonly judgement: Judgement;
}

/** When something was seen. */
export interface Moment {
  /** Monotonic time, in ms. */
  readonly at: number;
  /** The local wall clock, in ms since 1970. */
  readonly nowMs: number;
}

interface Memory {
  readonly sight: Sight;
  readonly observation: Observation;
  readonly standing: string;
}

interface View extends Change {
  readonly memory: Memory;
  readonly isChange: boolean;
}

/**
 * Remembers what was seen, so that ages can be counted from there by our own clock. Whether a lease has
 * run out is then a matter of observation, as it is for a candidate.
 */
export class ChangeTracker {
  readonly #leaseDurationMs: number;
  readonly #memories = new Map<string, Memory>();

  constructor(leaseDurationMs: number) {
    this.#leaseDurationMs = leaseDurationMs;
  }

  /**
   * Takes in how the locks stand.
   *
   * @param sights all of them: those that were seen before and are not among them are gone
   * @returns how each stands, and the changes worth a line, the first sight of each included
   */
  take(
    sights: readonly Sight[],
    moment: Moment,
  ): { readonly locks: readonly Change[]; readonly changes: readonly Change[] } {
    const views = this.#all(sights).map((sight) => this.#view(sight, moment));
    for (const view of views) this.#keep(view);
    return { locks: views, changes: views.filter(({ isChange }) => isChange) };
  }

  /** The same for one of them, the others being as they were. Null: nothing worth a line. */
  takeOne(sight: Sight, moment: Moment): Change | null {
    const view = this.#view(sight, moment);
    this.#keep(view);
    return view.isChange ? view : null;
  }

  /** Whether that would call a lease expired that was not the last time. Changes nothing. */
  wouldExpire(sights: readonly Sight[], moment: Moment): boolean {
    return this.#all(sights).some((sight) => {
      const { isChange, judgement } = this.#view(sight, moment);
      return isChange && judgement.standing === 'expired';
    });
  }

  /** Together with those that are gone. */
  #all(sights: readonly Sight[]): Sight[] {
    const seen = new Set(sights.map(placeName));
    const gone = [...this.#memories.values()]
      .filter(({ sight }) => !seen.has(placeName(sight)))
      .map(({ sight }) => ({ ...sight, object: null, stored: null, ageMs: null }));
    return [...sights, ...gone];
  }

  #view(sight: Sight, { at, nowMs }: Moment): View {
    const before = this.#memories.get(placeName(sight));
    const leaseDurationMs = this.#leaseDurationMs;
    const look = { sight, leaseDurationMs, nowMs, atMs: at, before: before?.observation ?? null };
    const observation = noteSight(look);
    const judgement = judge(look, observation);
    const standing = `${judgement.standing} ${judgement.holder ?? ''}`;
    const memory = { sight, observation, standing };
    return { place: sight, judgement, memory, isChange: before?.standing !== standing };
  }

  #keep({ place, memory }: View): void {
    this.#memories.set(placeName(place), memory);
  }
}
