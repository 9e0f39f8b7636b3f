import { setImmediate, setTimeout } from 'node:timers/promises';
import { LeaderElection } from '../election/leader-election.js';
import type { Term } from '../election/term.js';
import { Stage } from './stage.js';

/** After so many the code is compiled for good; fewer leave a part of that for the hand-over. */
const TIMES = 16;

/** Between two of them, in milliseconds: whatever else the process does comes first. */
const PAUSE_MS = 20;

/**
 * Plays a hand-over from beginning to end, in memory, without a request and without a trace.
 *
 * Node compiles code when it runs for the first time, and what a hand-over needs runs for the first
 * time when a leader lets go: that was a third of the time in which nobody led. A candidate that
 * waits has nothing else to do.
 */
export async function rehearse(): Promise<void> {
  const stage = new Stage();
  try {
    for (let time = 0; time < TIMES; time += 1) {
      await handOver(stage);
      await setTimeout(PAUSE_MS, undefined, { ref: false });
    }
  } finally {
    stage.close();
  }
}

async function handOver(stage: Stage): Promise<void> {
  const [first, second] = [candidate(stage, 'first'), candidate(stage, 'second')];
  await first.acquire();
  // Between the acts comes whatever else the process has to do.
  await setImmediate();
  const known = new Promise((resolve) => second.on('newLeader', resolve));
  const taken = second.acquire();
  // By then it waits, and hears by its watch of what comes.
  await known;
  await setImmediate();
  await first.stop();
  await taken;
  await setImmediate();
  await second.stop();
}

function candidate(stage: Stage, identity: string): LeaderElection {
  return new LeaderElection({
    lock: stage.lock(identity),
    onStartedLeading: untilTheEnd,
    onStoppedLeading: () => undefined,
    random: () => 0,
    logger: false,
  });
}

function untilTheEnd({ signal }: Term): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
