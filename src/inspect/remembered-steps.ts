import type { StepReport, Timed } from './wire.js';

/** Of each candidate; fewer where there are many. */
const STEPS_KEPT = 500;
/** Twice as many as a page keeps. */
const STEPS_KEPT_IN_ALL = 10_000;
/**
 * As JSON, in which a page is told them all at once: that many steps of ten candidates with the longest
 * names, and less than a tenth of a second of work.
 */
const CHARACTERS_KEPT_IN_ALL = 16_000_000;

interface Remembered {
  readonly step: Timed<StepReport>;
  readonly characters: number;
}

/** The latest steps of all candidates, which together take no more room than they may. */
export class RememberedSteps {
  readonly #steps = new Map<string, Remembered[]>();
  #count = 0;
  #characters = 0;

  of(candidate: string): Timed<StepReport>[] {
    return (this.#steps.get(candidate) ?? []).map(({ step }) => step);
  }

  latestOf(candidate: string): Timed<StepReport> | null {
    return this.#steps.get(candidate)?.at(-1)?.step ?? null;
  }

  add(step: Timed<StepReport>): void {
    const steps = this.#steps.get(step.candidate) ?? [];
    this.#steps.set(step.candidate, steps);
    const characters = JSON.stringify(step).length;
    steps.push({ step, characters });
    this.#count += 1;
    this.#characters += characters;
    // Half of it at once: dropping one at each report would move all the others each time.
    const share = 1 / 2 / this.#steps.size;
    const most = Math.min(STEPS_KEPT, Math.floor(STEPS_KEPT_IN_ALL * share));
    if (steps.length > 2 * most) this.#drop(steps, most, Infinity);
    if (this.#count <= STEPS_KEPT_IN_ALL && this.#characters <= CHARACTERS_KEPT_IN_ALL) return;
    // Who has more than its share may say nothing any more, so each is looked at, not only this one.
    for (const each of this.#steps.values()) this.#drop(each, most, CHARACTERS_KEPT_IN_ALL * share);
  }

  forget(candidate: string): void {
    const steps = this.#steps.get(candidate) ?? [];
    this.#dropFirst(steps, steps.length);
    this.#steps.delete(candidate);
  }

  /** The oldest, until what is left is no more than that; the last one says where a candidate stands. */
  #drop(steps: Remembered[], most: number, mostCharacters: number): void {
    let from = steps.length - 1;
    let characters = steps[from]?.characters ?? 0;
    while (from > 0 && steps.length - from < most) {
      characters += steps[from - 1]?.characters ?? 0;
      if (characters > mostCharacters) break;
      from -= 1;
    }
    this.#dropFirst(steps, from);
  }

  #dropFirst(steps: Remembered[], count: number): void {
    this.#count -= count;
    for (const { characters } of steps.splice(0, count)) this.#characters -= characters;
  }
}
