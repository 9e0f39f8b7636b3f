import { parseArgs } from 'node:util';
import { startRealApiServer } from '../support/real-api-server.js';
import { PodFleet } from './pod-fleet.js';
import { play, SCENARIOS } from './scenarios.js';
import { TestNode } from './test-node.js';

// Every trouble that a pod can be in, on a real node: `npm run pods`, a quarter of an hour.

const { values } = parseArgs({ options: { only: { type: 'string' }, rounds: { type: 'string' } } });

await using server = await startRealApiServer();
await using node = await TestNode.start(server);
let isSound = true;
for (const [index, scenario] of SCENARIOS.entries()) {
  if (values.only !== undefined && !scenario.name.startsWith(values.only)) continue;
  const fleet = await PodFleet.make(node, server, `pods-${index}`, {
    lock: 'work',
    podEvidence: true,
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
process.exitCode = isSound ? 0 : 1;
