import { createInterface } from 'node:readline';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { KubeConfig } from '@kubernetes/client-node';
import { LeaderElection, LeaseLock } from 'k8s-leader-election';

// One process with any number of candidates, written as an application would, on the built package.
// It is plain JavaScript, so that nothing but Node itself runs it. What it is told and what it says
// is described in ../world/protocol.ts.

const settings = JSON.parse(process.argv[2]);
const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(settings.kubeConfigPath);

const running = new Map();
const runs = new Set();
const loopDelay = settings.measureLoop ? monitorEventLoopDelay({ resolution: 1 }) : null;

// What happened is said when it is over: on a machine with few cores, neither the saying, nor the
// hearing, nor the end of the process, shall take the time that is measured.
const SAID_AFTER_MS = 100;

function report(event, fields) {
  const at = Number(process.hrtime.bigint()) / 1e6;
  const line = `${JSON.stringify({ at, event, ...fields })}\n`;
  setTimeout(() => process.stdout.write(line), SAID_AFTER_MS);
}

function start(index) {
  const who = `${settings.who}-${index}`;
  const name = settings.lockEach ? `${settings.lock}-${index}` : settings.lock;
  const election = new LeaderElection({
    lock: new LeaseLock({ name, namespace: settings.namespace, identity: who, kubeConfig }),
    leaseDurationSeconds: settings.leaseDurationSeconds,
    renewDeadlineSeconds: settings.renewDeadlineSeconds,
    retryPeriodSeconds: settings.retryPeriodSeconds,
    logger: false,
    onStartedLeading: (term) => {
      report('leads', { who });
      term.signal.addEventListener('abort', () => report('stopped', { who }), { once: true });
      if (settings.probeMs > 0) probe(election, who);
    },
  });
  running.set(index, election);
  const run = election.run().then((outcome) => {
    runs.delete(run);
    report('ended', { who, reason: outcome.reason });
  });
  runs.add(run);
}

/** Reports when `isLeader()` turns false, which a signal alone would not prove. */
function probe(election, who) {
  const timer = setInterval(() => {
    if (election.isLeader()) return;
    clearInterval(timer);
    report('leadsNoMore', { who });
  }, settings.probeMs);
}

function measure() {
  // The delays are read first: a forced collection is one.
  const loop = loopDelay && {
    loopP99Ms: loopDelay.percentile(99) / 1e6,
    loopMaxMs: loopDelay.max / 1e6,
  };
  globalThis.gc?.();
  globalThis.gc?.();
  report('measured', { heapBytes: process.memoryUsage().heapUsed, stackBytes: 0, ...loop });
}

function obey(line) {
  const [command, index] = line.split(' ');
  if (command === 'stop') void running.get(Number(index))?.stop();
  else if (command === 'start') start(Number(index));
  else if (command === 'startRest') {
    for (let i = settings.startNow; i < settings.count; i++) start(i);
  } else if (command === 'resetLoop') {
    loopDelay?.reset();
    loopDelay?.enable();
  } else if (command === 'measure') measure();
}

const input = createInterface({ input: process.stdin });
input.on('line', obey);
// The pipe ends with the benchmark, and this process with it.
input.on('close', () => process.exit(0));
process.on('SIGTERM', () => {
  for (const election of running.values()) void election.stop();
  void Promise.all(runs).then(() => setTimeout(() => process.exit(0), 2 * SAID_AFTER_MS));
});

for (let i = 0; i < settings.startNow; i++) start(i);
report('up');
