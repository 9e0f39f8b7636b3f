import { parseArgs } from 'node:util';
import { startRealApiServer } from '../support/real-api-server.js';
import { POD_CANDIDATES } from './candidates.js';
import { PodFleet } from './pod-fleet.js';
import { play, scenariosFor } from './scenarios.js';
import { TestNode } from './test-node.js';

// Every trouble that a pod can be in, on a real node: `npm run pods`, a quarter of an hour.
// `--candidates client-go` or `run` puts others in the pods.

const { values } = parseArgs({
  options: {
    candidates: { type: 'string', default: 'application' },
    only: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const kind = values.candidates as keyof typeof POD_CANDIDATES;
if (!(kind in POD_CANDIDATES)) {
  throw new Error(`--candidates is one of ${Object.keys(POD_CANDIDATES).join(', ')}`);
}

const candidate = await POD_CANDIDATES[kind]();
await using server = await startRealApiServer();
await using node = await TestNode.start(server);
let isSound = true;
for (const [index, scenario] of scenariosFor(candidate).entries()) {
  if (values.only !== undefined && !scenario.name.startsWith(values.only)) continue;
  const fleet = await PodFleet.make(node, server, candidate, {
    lock: 'work',
    podEvidence: candidate.heedsKubelet,
    namespace: `pods-${index}`,
  });
  const rounds = values.rounds === undefined ? scenario.rounds.all : Number(values.rounds);
  const { takeoverMs, faults } = await play(scenario, fleet, node, rounds);
  const sorted = [...takeoverMs].sort((a, b) => a - b).map((ms) => (ms / 1000).toFixed(2));
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  console.log(
    `${scenario.name}: ${rounds} times, next leader after ${median} s in the median, ` +
      `${sorted.at(-1)} s at most; ${faults.length === 0 ? 'never two leaders' : 'FAULTS'}`,
  );
  for (const fault of faults) console.log(`  ${fault}`);
  isSound &&= faults.length === 0;
  await fleet.close();
}
candidate.dispose?.();
process.exitCode = isSound ? 0 : 1;
