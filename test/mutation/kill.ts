import type { LeaderElectionMachine } from '../../machines/leader-election.js';
import { edgeTests } from '../model/edges/all.js';
import { type EdgeTests, runEdgeTest } from '../model/support/edge-test.js';
import { scenarios } from '../model/scenarios/all.js';
import { build, type ChartMutant, nameOf } from './chart-mutants.js';

/** What mutants are held against: the test of each transition, and stories that take several. */
export const tests: EdgeTests = { ...edgeTests, ...scenarios };

export interface Verdict {
  readonly mutant: ChartMutant;
  readonly name: string;
  /** `refused`: XState does not even make such a chart. */
  readonly fate: 'killed' | 'survived' | 'refused';
  /** The test that failed. */
  readonly killer: string | null;
}

/** Runs tests on the mutant until one fails, those of the same place in the chart first. */
export async function judge(mutant: ChartMutant): Promise<Verdict> {
  const name = nameOf(mutant);
  let machine: LeaderElectionMachine;
  try {
    machine = build(mutant);
  } catch {
    return { mutant, name, fate: 'refused', killer: null };
  }
  for (const key of nearest(mutant.where)) {
    if (!(await passes(key, machine))) {
      return { mutant, name, fate: 'killed', killer: key };
    }
  }
  return { mutant, name, fate: 'survived', killer: null };
}

/** The tests that fail on the chart as it is: with one of these, every mutant would seem noticed. */
export async function failing(): Promise<string[]> {
  const found: string[] = [];
  const machine = build();
  for (const key of Object.keys(tests)) {
    if (!(await passes(key, machine))) found.push(key);
  }
  return found;
}

/** Whether a test passes on a chart. */
async function passes(key: string, machine: LeaderElectionMachine): Promise<boolean> {
  try {
    await runEdgeTest(tests[key]!, () => machine);
    return true;
  } catch {
    return false;
  }
}

/** The tests that begin like this place come first: they are the ones that will fail. */
function nearest(where: string): string[] {
  const common = (key: string): number => {
    let length = 0;
    while (length < key.length && key[length] === where[length]) length += 1;
    return length;
  };
  return Object.keys(tests).sort((a, b) => common(b) - common(a));
}
