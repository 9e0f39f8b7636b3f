import { KubeConfig } from '@kubernetes/client-node';
import { ConfigMapLock, LeaderElection, LeaseLock } from '../../../src/index.js';
import { type CandidateSettings, type Command, machineNow, type ReportBody } from './report.js';

// One candidate, as an application would write it, that reports everything it does. Its work is a
// loop which asks `isLeader()` every few milliseconds, so that the answers can be compared between
// processes afterwards.

const PROBE_MS = 5;
/** A longer time between two questions is worth a report. */
const GAP_MS = 2_000;

let leads = false;
let lastTrue = 0;
let lastProbe = machineNow();
let keptSignal: AbortSignal | undefined;

const settings = JSON.parse(process.argv[2] ?? '{}') as CandidateSettings;
const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(settings.kubeConfigPath);

const Lock = settings.kind === 'lease' ? LeaseLock : ConfigMapLock;
const election = new LeaderElection({
  lock: new Lock({
    name: settings.name,
    namespace: settings.namespace,
    identity: settings.who,
    kubeConfig,
    events: settings.events,
  }),
  leaseDurationSeconds: settings.leaseDurationSeconds,
  renewDeadlineSeconds: settings.renewDeadlineSeconds,
  retryPeriodSeconds: settings.retryPeriodSeconds,
  onLost: settings.onLost ?? 'return',
  logger: false,
  onStartedLeading: (term) => {
    report({ event: 'started', token: String(term.fencingToken) });
    keptSignal = term.signal;
    term.signal.addEventListener('abort', () => {
      report({ event: 'signalAborted' });
    });
  },
  onStoppedLeading: (reason) => {
    report({ event: 'stopped', reason });
  },
  onNewLeader: (leader) => {
    report({ event: 'sees', leader });
  },
});

function probe(): void {
  const now = machineNow();
  const answer = election.isLeader();
  const gapMs = now - lastProbe;
  if (leads && gapMs > GAP_MS) {
    const aborted = keptSignal?.aborted ?? false;
    report({ event: 'ranAgain', gapMs, isLeader: answer, aborted });
  }
  lastProbe = now;
  if (answer && !leads) report({ event: 'leads' });
  if (!answer && leads) report({ event: 'leadsNoMore', lastTrue });
  leads = answer;
  if (answer) lastTrue = now;
}

function report(body: ReportBody): void {
  // Written at once: what is said before a SIGKILL must not be lost in a buffer.
  process.stdout.write(`${JSON.stringify({ at: machineNow(), who: settings.who, ...body })}\n`);
}

election.on('stateChanged', ({ state }) => {
  report({ event: 'state', state });
  probe();
});
election.on('renewed', () => {
  const { lease } = election.actor.getSnapshot().context;
  const sinceMs = performance.now() - (lease?.validFrom.monotonicMs ?? Number.NaN);
  report({ event: 'renewed', sentAt: machineNow() - sinceMs });
});
for (const type of ['acquireFailed', 'renewFailed', 'releaseFailed'] as const) {
  election.on(type, ({ error }) => {
    report({ event: 'failed', kind: error.kind, message: error.message });
  });
}

const probing = setInterval(probe, PROBE_MS);
process.on('SIGTERM', () => void election.stop());
process.on('message', (message: Command) => {
  if (message.command === 'stop') void election.stop();
  else {
    const until = machineNow() + message.ms;
    while (machineNow() < until);
    probe();
  }
});
// The test that started this process is gone: so is the reason for it.
process.on('disconnect', () => process.exit(0));

report({ event: 'up' });
const outcome = await election.run();
probe();
clearInterval(probing);
report({ event: 'ended', outcome });
process.disconnect();
