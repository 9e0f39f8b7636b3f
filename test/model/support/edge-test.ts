import type { LeaderElectionMachine } from '../../../machines/leader-election.js';
import { Candidate, type Options } from './candidate.js';

/** Actors that stand in for the chart's own. */
type Actors = NonNullable<Parameters<LeaderElectionMachine['provide']>[0]['actors']>;

/** Starts a live actor of the chart under test. */
export type Start = (options?: Options, actors?: Actors) => Candidate;

/** Takes one transition of the chart on a live actor; throws unless all comes out as it should. */
export type EdgeTest = (start: Start) => Promise<void>;

/** Tests by the key of the edge that they take. */
export type EdgeTests = Readonly<Record<string, EdgeTest>>;

/**
 * Runs one test against a chart, which is made for it. An actor that is still waiting at the end
 * is stopped.
 */
export async function runEdgeTest(
  test: EdgeTest,
  makeMachine: () => LeaderElectionMachine,
): Promise<void> {
  const candidates: Candidate[] = [];
  try {
    await test((options, actors) => {
      const machine = actors === undefined ? makeMachine() : makeMachine().provide({ actors });
      const candidate = new Candidate(machine, options);
      candidates.push(candidate);
      return candidate;
    });
    for (const candidate of candidates) candidate.expectSound();
  } finally {
    for (const { actor } of candidates) actor.stop();
  }
}
