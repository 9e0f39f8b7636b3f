// Two candidates for one lock: the first leads and stops while the second waits, then that one leads
// and stops. The last line printed tells what came of it. After that nothing is left to do, and the
// process has to end by itself.
import { LeaderElection, LeaseLock } from 'k8s-leader-election';

const name = process.env['LOCK_NAME'] ?? 'election';

interface Candidate {
  readonly election: LeaderElection;
  /** Resolves when it leads. */
  readonly leads: Promise<void>;
  /** Resolves when it knows of a leader. */
  readonly knows: Promise<void>;
}

function candidate(identity: string): Candidate {
  let tellLeads: () => void = () => undefined;
  let tellKnows: () => void = () => undefined;
  const leads = new Promise<void>((resolve) => (tellLeads = resolve));
  const knows = new Promise<void>((resolve) => (tellKnows = resolve));
  const election = new LeaderElection({
    lock: new LeaseLock({ name, namespace: 'production', identity }),
    // Long, so that a busy machine has the time to load the client library within one request.
    leaseDurationSeconds: 60,
    renewDeadlineSeconds: 50,
    onStartedLeading: (term) => {
      tellLeads();
      return new Promise<void>((resolve) => {
        const end = (): void => {
          resolve();
        };
        term.signal.addEventListener('abort', end, { once: true });
      });
    },
    onNewLeader: () => {
      tellKnows();
    },
  });
  return { election, leads, knows };
}

async function main(): Promise<void> {
  const first = candidate('first');
  const second = candidate('second');
  const runs = [first.election.run()];
  await first.leads;
  runs.push(second.election.run());
  await second.knows;
  const asked = performance.now();
  await first.election.stop();
  await second.leads;
  const handOverMs = Math.round(performance.now() - asked);
  await second.election.stop();
  console.log(JSON.stringify({ outcomes: await Promise.all(runs), handOverMs }));
}

void main();
