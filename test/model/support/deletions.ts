import { makeLeaderElectionMachine } from '../../../machines/leader-election.js';
import { chartEdges, type ChartEdge } from './chart-edges.js';
import { type EdgeTests, runEdgeTest } from './edge-test.js';
import { withoutEdge } from './without-edge.js';

export interface Deletion {
  readonly key: string;
  /** What the transition's own test said about the chart without it; null if it did not notice. */
  readonly noticed: string | null;
}

/** Deletes each transition of the chart in turn, and runs that transition's test on what is left. */
export async function deleteEachEdge(tests: EdgeTests): Promise<Deletion[]> {
  const deletions: Deletion[] = [];
  for (const edge of chartEdges(makeLeaderElectionMachine())) {
    deletions.push({ key: edge.key, noticed: await objection(tests, edge) });
  }
  return deletions;
}

async function objection(tests: EdgeTests, edge: ChartEdge): Promise<string | null> {
  const test = tests[edge.key];
  if (test === undefined) return null;
  // Made outside of what may fail, so that a mistake in here is not taken for a test's success.
  withoutEdge(edge);
  try {
    await runEdgeTest(test, () => withoutEdge(edge));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
