/**
 * A Fastify server. The election is a plugin: it starts when the server listens, and hands over when
 * the server is closed.
 *
 *     npx tsx docs/examples/frameworks/fastify.ts
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fastify, type FastifyInstance } from 'fastify';
import { LeaderElection, LeaseLock, type Term } from 'k8s-leader-election';

async function work(term: Term): Promise<void> {
  console.log(`Leading, with fencing token ${term.fencingToken}`);
  while (term.isLeading()) {
    // What only the leader may do goes here.
    await sleep(1_000, undefined, { signal: term.signal });
  }
}

function leaderElection(app: FastifyInstance, _options: object, done: () => void): void {
  const election = new LeaderElection({
    lock: new LeaseLock({ name: 'fastify' }),
    onStartedLeading: work,
    onLost: 'rejoin',
    logger: app.log,
  });
  // Not when the app is merely ready: in tests that only `inject()` there is no election.
  app.addHook('onListen', () => {
    // Not awaited: it ends with the election.
    void election.run();
  });
  // Before the server closes, and not in `onClose`: that waits for the slowest request first.
  app.addHook('preClose', async () => {
    await election.stop();
  });
  app.get('/leader', () => ({ leader: election.leader, leading: election.isLeader() }));
  done();
}

const app = fastify({ logger: { level: 'warn' } });
app.register(leaderElection);
await app.listen({ port: Number(process.env['PORT'] ?? 8080), host: '0.0.0.0' });
process.once('SIGTERM', () => void app.close());
