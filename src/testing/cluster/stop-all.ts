import type { LeaderElection } from '../../election/leader-election.js';
import type { Candidate, TestService } from './candidate.js';
import type { TestCluster } from './test-cluster.js';

/** What candidates may take to stop, in seconds; longer than the longest drain by default. */
const WITHIN_SECONDS = 120;

/**
 * Lets time pass until they have stopped. All begin at once, or the lock would be handed from one to
 * the next.
 */
export async function stopAll<Service extends LeaderElection | TestService>(
  candidates: readonly Candidate<Service>[],
  cluster: Pick<TestCluster<Service>, 'until'>,
): Promise<void> {
  const left = new Set(candidates);
  let isOver = false;
  const stopping = Promise.all(
    candidates.map(async (candidate) => {
      await candidate.stop();
      candidate.stopped();
      left.delete(candidate);
    }),
  ).finally(() => (isOver = true));
  // Whoever waits for it hears of it; until then it is nobody's.
  stopping.catch(() => undefined);
  try {
    await cluster.until(() => isOver, WITHIN_SECONDS);
  } catch (error) {
    if (isOver) throw error;
    const names = [...left].map(({ id }) => id).join(', ');
    throw new Error(`Not stopped: ${names}`, { cause: error });
  }
  await stopping;
}
