/**
 * An HTTP server of which every copy answers requests, and one does the work besides.
 *
 *     npx tsx docs/examples/frameworks/http-server.ts
 */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LeaderElection, LeaseLock, type Term } from 'k8s-leader-election';

async function work(term: Term): Promise<void> {
  console.log(`Leading, with fencing token ${term.fencingToken}`);
  while (term.isLeading()) {
    // What only the leader may do goes here.
    await sleep(1_000, undefined, { signal: term.signal });
  }
}

const election = new LeaderElection({
  lock: new LeaseLock({ name: 'http-server' }),
  onStartedLeading: work,
  onLost: 'rejoin',
});

const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ leader: election.leader, leading: election.isLeader() }));
});
server.listen(Number(process.env['PORT'] ?? 8080));

process.once('SIGTERM', () => void election.stop());
await election.run();
// The lock is given back: another copy leads already. Requests under way are answered to the end.
server.close();
