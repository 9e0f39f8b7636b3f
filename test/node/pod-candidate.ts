import { appendFileSync } from 'node:fs';
import { LeaderElection, LeaseLock } from '../../src/index.js';
import { machineNow, type PodReport, type PodSettings } from './pod-report.js';

// One candidate in a real pod, as an application would write it: its rights, its names and its place
// come from the pod. What it does stands in a file that outlives it, a line for each report.

const PROBE_MS = 5;
/** While it leads it says so that often: what is killed can say nothing else any more. */
const HEARTBEAT_MS = 20;

const settings = JSON.parse(process.argv[2] ?? '{}') as PodSettings;
const pod = process.env['POD_NAME'] ?? '';
const who = `${pod}@${Math.round(machineNow())}`;

const election = new LeaderElection({
  lock: new LeaseLock({ name: settings.lock, podEvidence: settings.podEvidence }),
  leaseDurationSeconds: 15,
  renewDeadlineSeconds: 10,
  retryPeriodSeconds: 2,
  onLost: 'rejoin',
  onStartedLeading: (term) => report({ event: 'started', token: String(term.fencingToken) }),
});

let leads = false;
let saidAt = 0;
function probe(): void {
  const answer = election.isLeader();
  const now = machineNow();
  if (answer !== leads) report({ event: answer ? 'leads' : 'leadsNoMore' });
  else if (answer && now - saidAt > HEARTBEAT_MS) report({ event: 'stillLeads' });
  leads = answer;
}

function report(body: Omit<PodReport, 'at' | 'who' | 'pod'>): void {
  const at = machineNow();
  saidAt = at;
  appendFileSync(`/reports/${pod}.jsonl`, `${JSON.stringify({ at, who, pod, ...body })}\n`);
}

/** More than the pod may have. */
function eatMemory(): void {
  const eaten: Buffer[] = [];
  for (;;) eaten.push(Buffer.alloc(16 * 1024 * 1024, 1));
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
election.on('newLeader', ({ identity }) => report({ event: 'sees', leader: identity }));

report({ event: 'up' });
const outcome = await election.run();
probe();
report({ event: 'ended', reason: outcome.reason });
