import { printError } from '../output.js';
import type { Logger } from '../../logging/logger.js';
import { LeaderElection } from '../../election/leader-election.js';
import type { Term } from '../../term/term.js';
import { loadClientNode } from '../../kubernetes/client-node.js';
import { KubernetesLock } from '../../lock/kubernetes-lock.js';
import { loadKubeConfig } from '../connect.js';
import { machineNow, type CandidateSetup, type Report } from './messages.js';

/** How often a candidate asks itself whether it leads, besides at every change of its state. */
const SAMPLE_MS = 20;

type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;

/** Resolves when the report, and everything before it, has been handed over. */
function report(message: WithoutTime<Report>): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve();
    // A pipe that breaks is heard of by the event `disconnect`.
    else
      process.send?.({ ...message, at: machineNow() }, () => {
        resolve();
      });
  });
}

function troubleText(fields: object, message: string): string {
  const { err } = fields as { err?: unknown };
  return err instanceof Error ? `${message}: ${err.message}` : message;
}

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => {
    void report({ type: 'trouble', text: troubleText(fields, message) });
  },
  error: (fields, message) => {
    void report({ type: 'trouble', text: troubleText(fields, message) });
  },
};

/** What only one process may do at a time. Here it does nothing, and ends when it is told to. */
async function work(term: Term): Promise<void> {
  void report({ type: 'startedLeading', fencingToken: String(term.fencingToken) });
  const { signal } = term;
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}

async function takePart(setup: CandidateSetup, stopping: AbortSignal): Promise<void> {
  const { name, namespace, kind } = setup.lock;
  const kubeConfig = await loadKubeConfig(setup.connection);
  const election = new LeaderElection({
    lock: new KubernetesLock(kind, { name, namespace, identity: setup.identity, kubeConfig }),
    ...setup.timings,
    onStartedLeading: work,
    // A machine that slept is no reason to leave: the candidate goes on being one.
    onLost: 'rejoin',
    logger,
  });

  const inspector = await showIn(setup.inspector, election);
  let led = false;
  const sample = (): void => {
    const leads = election.isLeader();
    if (leads === led) return;
    led = leads;
    void report({ type: 'isLeader', value: leads });
  };
  election.on('stateChanged', ({ state }) => {
    sample();
    void report({ type: 'stateChanged', state });
  });
  election.on('renewed', () => {
    void report({ type: 'renewed' });
  });
  election.on('stoppedLeading', ({ reason }) => {
    void report({ type: 'stoppedLeading', reason });
  });
  election.on('released', () => {
    void report({ type: 'released' });
  });
  election.on('newLeader', ({ identity }) => {
    void report({ type: 'newLeader', identity });
  });

  const sampling = setInterval(sample, SAMPLE_MS);
  await election.run({ signal: stopping });
  clearInterval(sampling);
  sample();
  await inspector?.close();
}

/** Reports this candidate to the live chart of the demo, if there is one. */
async function showIn(url: string | null, election: LeaderElection) {
  if (url === null) return null;
  const { connectInspector } = await import('../../inspect/connect-inspector.js');
  const connection = connectInspector({ url });
  connection.attach(election);
  return connection;
}

function fail(error: unknown): void {
  printError(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

/**
 * The whole of a candidate process, which the demo has started: it is told over its pipe which lock
 * to compete for, and reports there what happens to it.
 */
export function runCandidate(): void {
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
    takePart(setup, stopping.signal).then(
      async () => {
        await report({ type: 'over' });
        process.exit(0);
      },
      (error: unknown) => {
        fail(error);
      },
    );
  });
  // Loading the Kubernetes client takes half a second, which no measured time should contain.
  loadClientNode().then(
    () => report({ type: 'ready' }),
    (error: unknown) => {
      fail(error);
    },
  );
  // The demo may have ended while this process was starting, before anything here listened.
  if (!process.connected) process.exit(1);
}
