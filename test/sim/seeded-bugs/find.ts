import { runSeed } from '../run-seed.js';
import type { RuleName } from '../verifier/rule.js';
import type { SeededBug } from './tools.js';

export interface Finding {
  readonly bug: SeededBug;
  /** Null: not found within the seeds that were tried. */
  readonly rule: RuleName | null;
  readonly seed: number;
  /** How many seeds it took. */
  readonly seeds: number;
  readonly what: string;
}

export interface SearchOptions {
  readonly firstSeed: number;
  readonly maxSeeds: number;
  readonly termsPerSeed: number;
  /** Go on until this rule is broken. */
  readonly rule?: RuleName;
  /** In fleets that move from one lock to another. */
  readonly migrates?: boolean;
}

/** Runs seed after seed with the error seeded, until the verifier objects. */
export async function findSeededBug(bug: SeededBug, options: SearchOptions): Promise<Finding> {
  const { firstSeed, maxSeeds, termsPerSeed, rule, migrates = false } = options;
  for (let i = 0; i < maxSeeds; i++) {
    const seed = firstSeed + i;
    const { violations } = await runSeed({
      seed,
      terms: termsPerSeed,
      seeded: bug.seeded,
      migrates,
      ...(bug.pods === undefined ? {} : { pods: bug.pods }),
      ...(bug.beyondBound === undefined ? {} : { beyondBound: bug.beyondBound }),
      ...(rule === undefined ? {} : { until: rule }),
    });
    const found = violations.find((violation) => rule === undefined || violation.rule === rule);
    if (found === undefined || !(await isClean(bug, seed, termsPerSeed, migrates))) continue;
    return { bug, rule: found.rule, seed, seeds: i + 1, what: found.what };
  }
  return { bug, rule: null, seed: firstSeed, seeds: maxSeeds, what: 'not found' };
}

/** What runs without an error have shown: many errors are found in the same seed. */
const clean = new Map<string, boolean>();

/** Nothing is wrong in that seed without the error: it is the error that was found. */
async function isClean(
  { beyondBound, pods = false }: SeededBug,
  seed: number,
  terms: number,
  migrates: boolean,
): Promise<boolean> {
  if (beyondBound === true) return true;
  const options = { seed, terms, migrates, pods };
  const key = JSON.stringify(options);
  let known = clean.get(key);
  if (known === undefined) {
    const { violations } = await runSeed({ ...options, seeded: {} });
    known = violations.length === 0;
    clean.set(key, known);
  }
  return known;
}
