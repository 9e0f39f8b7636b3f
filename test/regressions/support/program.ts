import { subscribe } from 'node:diagnostics_channel';
import { LeaderElection, LeaseLock } from '../../../src/index.js';

/*
 * A program with an election in it, which says what happens on its output. It never calls
 * `process.exit`: it ends when nothing is left to do, and says last whom Node's own diagnostics have
 * shown it ask.
 */
const asked = new Set<string>();
subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: { protocol: string; host: string } };
  asked.add(`${request.protocol}//${request.host}`);
});
subscribe('undici:request:create', () => asked.add('undici'));

const mode = process.argv[2] ?? '';

// A bug that `prove.ts` has seeded in the tests that start this program is here, too.
const isSeeded = process.env['SEEDED_BUG'] !== undefined;
const bug = isSeeded ? (await import('../index.js')).seededBug() : null;
const Election = bug?.make().LeaderElection ?? LeaderElection;

const election = new Election({
  lock: new LeaseLock({ name: 'job', namespace: 'default', identity: `program-${process.pid}` }),
  leaseDurationSeconds: 60,
  renewDeadlineSeconds: 30,
  retryPeriodSeconds: 15,
  logger: false,
  onStartedLeading: (term) =>
    new Promise((resolve) => {
      say('leading');
      term.signal.addEventListener('abort', resolve);
    }),
});

function say(what: string): void {
  process.stdout.write(`${what}\n`);
}

if (mode === 'constructs') say('constructed');
else {
  election.on('newLeader', ({ identity }) => {
    if (identity !== election.identity) say('waiting');
  });
  if (mode === 'stops on SIGTERM') process.once('SIGTERM', () => void election.stop());
  const { released } = await election.run();
  say(released ? 'released' : 'not released');
  say([...asked].join(' '));
}
