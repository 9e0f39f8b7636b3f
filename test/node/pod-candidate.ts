import { LeaderElection, LeaseLock } from '../../src/index.js';
import { eatMemory, HEARTBEAT_MS, report } from './in-pod.js';
import { machineNow, type PodSettings, TIMINGS } from './pod-report.js';

// One candidate in a real pod, as an application would write it: its rights, its names and its place
// come from the pod. What it does stands in a file that outlives it, a line for each report.

const PROBE_MS = 5;

const settings = JSON.parse(process.argv[2] ?? '{}') as PodSettings;

const election = new LeaderElection({
  lock: new LeaseLock({ name: settings.lock, podEvidence: settings.podEvidence }),
  ...TIMINGS,
  onLost: 'rejoin',
  onStartedLeading: (term) => say({ event: 'started', token: String(term.fencingToken) }),
});

let leads = false;
let saidAt = 0;
function probe(): void {
  const answer = election.isLeader();
  const now = machineNow();
  if (answer !== leads) say({ event: answer ? 'leads' : 'leadsNoMore' });
  else if (answer && now - saidAt > HEARTBEAT_MS) say({ event: 'stillLeads' });
  leads = answer;
}

function say(body: Parameters<typeof report>[0]): void {
  saidAt = report(body);
}

process.on('SIGTERM', () => void election.stop());
process.on('SIGUSR2', eatMemory);
process.on('SIGHUP', () => {
  setImmediate(() => {
    throw new Error('this candidate was told to crash');
  });
});
setInterval(probe, PROBE_MS).unref();
election.on('stateChanged', probe);
election.on('newLeader', ({ identity }) => say({ event: 'sees', leader: identity }));

say({ event: 'up' });
const outcome = await election.run();
probe();
say({ event: 'ended', reason: outcome.reason });
