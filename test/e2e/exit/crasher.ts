import { writeSync } from 'node:fs';
import { exit } from 'node:process';
import { createInterface } from 'node:readline';
import { KubeConfig } from '@kubernetes/client-node';
import { exitLimit } from '../../../src/election/release-at-exit.js';
import { ConfigMapLock, LeaderElection, LeaseLock } from '../../../src/index.js';
import type { CrasherSettings, End, Said } from './crashes.js';

// Candidates in one process that ends itself when it is told how. It says when one leads or waits, and its last line
// when it ends.

const settings = JSON.parse(process.argv[2] ?? '') as CrasherSettings;
if (settings.limitMs !== undefined) exitLimit.ms = settings.limitMs;

const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(settings.kubeConfigPath);
const log = (fields: object, message: string): void => {
  writeSync(2, `${message} ${JSON.stringify(fields)}\n`);
};
const Lock = settings.kind === 'configmap' ? ConfigMapLock : LeaseLock;
const { namespace, identity, names } = settings;
const elections = names.map((name) => {
  const election: LeaderElection = new LeaderElection({
    lock: new Lock({ name, namespace, identity, kubeConfig }),
    releaseOnExit: true,
    logger: { debug: () => undefined, info: log, warn: log, error: log },
    onStartedLeading: ({ fencingToken, signal }) => {
      if (settings.meddles === true) meddle(election, signal);
      say({ event: 'leads', token: String(fencingToken) });
      if (settings.endOfWork !== undefined) finish(settings.endOfWork);
    },
    ...(settings.meddles === true ? { onStoppedLeading: () => process.exit(9) } : {}),
    ...settings.options,
  });
  return election;
});
const [first] = elections;

function say(what: Omit<Said, 'at'>): void {
  writeSync(1, `${JSON.stringify({ ...what, at: Date.now() })}\n`);
}

function meddle(election: LeaderElection, signal: AbortSignal): void {
  signal.addEventListener('abort', () => {
    process.exitCode = 5;
    exit(election.isLeader() ? 6 : 0);
  });
  signal.addEventListener('abort', () => {
    void election.stop();
    throw new Error('a listener with a bug');
  });
  process.on('exit', () => writeSync(2, `leads: ${election.isLeader()}\n`));
}

function finish(how: End): void {
  say({ event: 'last', state: first?.state });
  if (how === 'throw') throw new Error('a bug');
  if (how === 'rejection') void Promise.reject(new Error('a bug'));
  else if (how === 'caught') goOn();
  else process.exit(how === 'exit' ? 1 : 7);
}

function goOn(): void {
  process.on('exit', () => {
    throw new Error('a handler with a bug');
  });
  try {
    process.exit(7);
  } catch {
    setInterval(() => undefined, 1_000);
  }
}

const lines = createInterface({ input: process.stdin });
// Whoever has started it is gone.
lines.on('close', () => process.kill(process.pid, 'SIGKILL'));
lines.on('line', (line) => {
  const { how, renewing } = JSON.parse(line) as { how: End; renewing: boolean };
  // Out of the line's own callback, whose errors readline has its own way with.
  if (!renewing) setImmediate(finish, how);
  // In the very turn in which a renewal is sent, or a little after it.
  else
    first?.on('stateChanged', ({ state }) => {
      if (state === 'renewing') setTimeout(finish, Math.random() * 4, how);
    });
});
for (const election of elections) {
  const waiting = election.actor.subscribe(({ context }) => {
    if (!context.watching) return;
    say({ event: 'watches' });
    waiting.unsubscribe();
  });
  void election.run();
}
