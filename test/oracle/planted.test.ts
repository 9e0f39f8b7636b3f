import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { LeaderElectionMachine } from '../../machines/leader-election.js';
import { build } from '../mutation/chart-mutants.js';
import { plants } from './plants.js';
import { play, scenarios } from './run.js';
import { Disagreement } from './trace.js';

const planted = vi.hoisted((): { make: (() => LeaderElectionMachine) | null } => ({ make: null }));

// The election runs whatever chart is planted here, one that is made anew for each story.
vi.mock('../../machines/leader-election.js', async (original) => {
  const real = await original<typeof import('../../machines/leader-election.js')>();
  return {
    ...real,
    get leaderElectionMachine() {
      return planted.make?.() ?? real.leaderElectionMachine;
    },
  };
});

/** The number of the first story that shows a disagreement; null when none does. */
async function firstDisagreement(
  make: () => LeaderElectionMachine,
  stories: number,
): Promise<number | null> {
  planted.make = make;
  try {
    const property = fc.asyncProperty(scenarios, play);
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
    planted.make = null;
  }
}

describe('the reference, shown a chart with a mistake', () => {
  it('finds nothing where there is none', async () => {
    expect(await firstDisagreement(() => build(), 300)).toBeNull();
  });

  it.for(plants)('finds one that $mistake', async ({ make }, { annotate }) => {
    const found = await firstDisagreement(make, 5000);
    expect(found).not.toBeNull();
    await annotate(`found by story ${found}`);
  });
});
