import { once } from 'node:events';
import { LeaderElection } from '../../election/leader-election.js';
import { loadClientNode } from '../../kubernetes/client-node.js';
import { KubernetesLock } from '../../lock/kubernetes-lock.js';
import type { Logger } from '../../logging/logger.js';
import { reasonText } from '../../logging/loggers.js';
import type { Term } from '../../term/term.js';
import { loadKubeConfig, type Connection } from '../connect.js';
import { machineNow } from '../machine-time.js';
import { printError } from '../output.js';
import { AT_FIRST, type CandidateSetup, type Facts, type Report } from './report.js';

const FROM_FILE: Connection['kind'] = 'file';

/** How often a candidate asks itself whether it leads, besides at every change of its state. */
const SAMPLE_MS = 20;

let facts: Facts = AT_FIRST;

/** Resolves when the report, and everything before it, has been handed over. */
function tell(change: Partial<Facts>, text = '', rank: Report['rank'] = 'news'): Promise<void> {
  facts = { ...facts, ...change };
  const report: Report = { at: machineNow(), facts, text, rank };
  return new Promise((resolve) => {
    // A pipe that breaks is heard of by the event `disconnect`.
    if (process.connected) process.send?.(report, () => resolve());
    else resolve();
  });
}

function complain(fields: object, message: string): void {
  void tell({}, `${message}${reasonText(fields)}`, 'complaint');
}

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: complain,
  error: complain,
};

/** What only one process may do at a time. Here it does nothing, and ends when it is told to. */
async function work({ fencingToken, signal }: Term): Promise<void> {
  const token = String(fencingToken);
  const change = { fencingToken: token, workSince: machineNow() };
  void tell(change, `LEADS now, with fencing token ${token}`);
  if (!signal.aborted) await once(signal, 'abort');
}

const WHY_STOPPED: Readonly<Record<string, string>> = {
  stopped: 'it was asked to',
  deadline: 'it could not renew before its renew deadline',
  superseded: 'another holds the lock',
};

function follow(election: LeaderElection, sample: () => void): void {
  election.on('stateChanged', ({ state }) => {
    sample();
    void tell({ state });
  });
  election.on('renewed', () => {
    const renewals = facts.renewals + 1;
    void tell({ renewals }, `has renewed its lease (${renewals})`, 'detail');
  });
  election.on('stoppedLeading', ({ reason }) => {
    void tell({}, `has stopped its work: ${WHY_STOPPED[reason] ?? reason}`);
  });
  election.on('released', () => {
    void tell({ releasedAt: machineNow() }, 'has released the lock: it is free at once');
  });
  election.on('newLeader', ({ identity }) => {
    // As the demo has made them: the name, and something random after it.
    const name = identity.replace(/_[^_]*$/, '');
    const text = identity === election.identity ? '' : `sees that ${name} leads`;
    void tell({ leader: identity }, text);
  });
}

const loadChart = () => import('../../inspect/connect-inspector.js');

async function takePart(setup: CandidateSetup, stopping: AbortSignal): Promise<void> {
  const { kind, ...place } = setup.lock;
  const kubeConfig = await loadKubeConfig(setup.connection);
  const election = new LeaderElection({
    lock: new KubernetesLock(kind, { ...place, identity: setup.identity, kubeConfig }),
    ...setup.timings,
    onStartedLeading: work,
    // A machine that slept is no reason to leave: the candidate goes on being one.
    onLost: 'rejoin',
    logger,
  });
  const url = setup.inspector;
  const chart = url === null ? null : (await loadChart()).connectInspector({ url });
  chart?.attach(election);
  const sample = (): void => {
    const leads = election.isLeader();
    if (leads !== facts.leads) void tell({ leads });
  };
  follow(election, sample);
  const sampling = setInterval(sample, SAMPLE_MS);
  await election.run({ signal: stopping });
  clearInterval(sampling);
  sample();
  await chart?.close();
  await tell({});
}

function fail(error: unknown): void {
  printError(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

/**
 * The whole of a candidate process, which the demo has started: it is told over its pipe which lock
 * to compete for, and reports there what happens to it.
 *
 * @param connection of which kind the one will be that it is told
 */
export function runCandidate(connection: string | undefined): void {
  if (process.send === undefined) {
    printError('This is a part of the demo of k8s-leader-election: run the demo itself.');
    process.exit(2);
  }
  const stopping = new AbortController();
  let competing = false;
  // Without the demo nobody would ever stop this process.
  process.once('disconnect', () => process.exit(1));
  process.on('SIGTERM', () => {
    if (!competing) process.exit(0);
    stopping.abort();
  });
  // Keys pressed at the terminal are meant for the demo, which then stops its candidates.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);

  process.once('message', (setup: CandidateSetup) => {
    competing = true;
    takePart(setup, stopping.signal).then(() => process.exit(0), fail);
  });
  // Reading a kubeconfig file takes the Kubernetes client, and loading that takes half a second, which
  // no measured time should contain. Where it is not installed, reading the file says so.
  const started = (): Promise<void> => tell({}, `has started (pid ${process.pid})`);
  if (connection === FROM_FILE) loadClientNode().then(started, started);
  else void started();
  // The demo may have ended while this process was starting, before anything here listened.
  if (!process.connected) process.exit(1);
}
