/**
 * A schedule that only the leader has. Every copy is ready to take it over.
 *
 *     npx tsx docs/examples/frameworks/cron.ts
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Cron } from 'croner';
import { LeaderElection, LeaseLock, type Term } from 'k8s-leader-election';

let runs = 0;

async function report(term: Term): Promise<void> {
  // A timer may fire right after the term has ended.
  if (!term.isLeading()) return;
  runs += 1;
  console.log(`Run ${runs}, with fencing token ${term.fencingToken}`);
  await Promise.resolve();
}

async function work(term: Term): Promise<void> {
  let running = Promise.resolve();
  const job = new Cron(
    '* * * * * *',
    // No run beside another one, and none that fails goes unnoticed.
    { protect: true, catch: (error) => console.error('The run has failed:', error) },
    () => (running = report(term)),
  );
  await once(term.signal, 'abort');
  job.stop();
  // The lock is given back only when the run that is under way has ended.
  await running;
}

const election = new LeaderElection({
  lock: new LeaseLock({ name: 'cron' }),
  onStartedLeading: work,
  onLost: 'rejoin',
});

const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ leading: election.isLeader(), runs }));
});
server.listen(Number(process.env['PORT'] ?? 8080));

process.once('SIGTERM', () => void election.stop());
await election.run();
server.close();
