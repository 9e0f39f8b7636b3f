import { startRealApiServer } from '../support/real-api-server.js';
import { PodFleet } from './pod-fleet.js';
import { TestNode } from './test-node.js';

await using server = await startRealApiServer();
await using node = await TestNode.start(server);
console.log('node up');
const fleet = await PodFleet.make(node, server, 'crashes', { lock: 'work', podEvidence: true });
for (const name of ['a', 'b', 'c']) await fleet.start(name);
for (let round = 0; round < 5; round += 1) {
  const leader = await fleet.leader();
  const at = fleet.signal(leader, 'SIGKILL');
  const next = await fleet.nextLeader(at);
  console.log(round, leader, next);
}
console.log(fleet.overlaps(), fleet.reigns().length);
await fleet.close();
