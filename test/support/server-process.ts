import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How many lines of a server's log go into the message of an error about it. */
const LOG_TAIL_LINES = 40;
const POLL_MILLIS = 25;
/** After SIGTERM, kube-apiserver lets requests finish for up to a minute. */
const EXIT_TIMEOUT_MILLIS = 70_000;

/** A server that runs as a child process and writes what it says to a file. */
export interface ServerProcess {
  readonly pid: number;
  readonly running: boolean;
  /** Sends the signal and, unless it only freezes or thaws, waits up to 70 s for its end. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /**
   * Resolves once `probe` gives true.
   * @throws Error with the end of the log, when the process ends first or `timeoutMillis` is over
   */
  waitUntil(probe: () => Promise<boolean>, timeoutMillis: number): Promise<void>;
}

/** The server said that its port is taken, so another port is worth a try. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

export async function startServerProcess(
  file: string,
  commandLine: readonly string[],
  logFile: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ServerProcess> {
  const label = file.slice(file.lastIndexOf('/') + 1);
  const log = await open(logFile, 'a', 0o600);
  let child: ChildProcess;
  try {
    child = spawn(file, commandLine, { env, stdio: ['ignore', log.fd, log.fd] });
    await once(child, 'spawn');
  } finally {
    await log.close();
  }
  const pid = child.pid!; // Known from the 'spawn' event on.
  const isRunning = () => child.exitCode === null && child.signalCode === null;

  return {
    pid,
    get running() {
      return isRunning();
    },
    async signal(signal) {
      if (!isRunning()) return;
      const isLast = signal !== 'SIGSTOP' && signal !== 'SIGCONT';
      const exit = isLast ? exitOf(child) : undefined;
      child.kill(signal);
      await exit;
    },
    async waitUntil(probe, timeoutMillis) {
      const deadline = performance.now() + timeoutMillis;
      while (isRunning()) {
        if (await probe()) return;
        if (performance.now() >= deadline) {
          const seconds = timeoutMillis / 1000;
          throw new Error(`${label} was not ready in ${seconds} s.\n${await tail(logFile)}`);
        }
        await delay(POLL_MILLIS);
      }
      const end = child.signalCode ?? `exit code ${child.exitCode}`;
      const said = await tail(logFile);
      const Failure = /address already in use/i.test(said) ? PortTakenError : Error;
      throw new Failure(`${label} ended (${end}) before it was ready.\n${said}`);
    },
  };
}

function exitOf(child: ChildProcess): Promise<unknown> {
  return once(child, 'exit', { signal: AbortSignal.timeout(EXIT_TIMEOUT_MILLIS) });
}

async function tail(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
