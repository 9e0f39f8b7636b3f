import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { LeaderElectionMachine } from '../../machines/leader-election.js';
import { build } from '../mutation/chart-mutants.js';
import { seededBugs } from './seeded-bugs.js';
import { mortalScenarios, play, scenarios } from './run.js';
import { Disagreement } from './trace.js';

const seeded = vi.hoisted((): { make: (() => LeaderElectionMachine) | null } => ({ make: null }));

// The election runs whatever chart is seeded here, one that is made anew for each story.
vi.mock('../../machines/leader-election.js', async (original) => {
  const real = await original<typeof import('../../machines/leader-election.js')>();
  return {
    ...real,
    get leaderElectionMachine() {
      return seeded.make?.() ?? real.leaderElectionMachine;
    },
  };
});

/** The number of the first story that shows a disagreement; null when none does. */
async function firstDisagreement(
  make: () => LeaderElectionMachine,
  stories: number,
  mortal = false,
): Promise<number | null> {
  seeded.make = make;
  try {
    const property = fc.asyncProperty(mortal ? mortalScenarios : scenarios, play);
    const { failed, numRuns, errorInstance } = await fc.check(property, {
      seed: 1,
      numRuns: stories,
      endOnFailure: true,
    });
    if (!failed) return null;
    // A chart that cannot even be made would otherwise count as found.
    if (!(errorInstance instanceof Disagreement)) throw errorInstance;
    return numRuns;
  } finally {
    seeded.make = null;
  }
}

/** A search that ran on beside the next one would put its own chart into that. */
const SEARCH_MILLIS = 5 * 60_000;

describe('the reference, shown a chart with a mistake', () => {
  const timeout = SEARCH_MILLIS;

  it('finds nothing where there is none', { timeout }, async () => {
    expect(await firstDisagreement(() => build(), 300)).toBeNull();
  });

  it.for(seededBugs)('finds one that $mistake', { timeout }, async (bug, { annotate }) => {
    const found = await firstDisagreement(bug.make, 4000, bug.mortal);
    expect(found).not.toBeNull();
    await annotate(`found by story ${found}`);
  });
});
