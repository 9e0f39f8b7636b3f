import { spawn } from 'node:child_process';
import { exitCodeOfEnd, exitCodeOfFailedStart } from '../exit-codes.js';
import { printError } from '../output.js';
import { until } from '../pause.js';
import { groupIsAlive, signalGroup } from '../run/process-group.js';
import { catchSignals, meansTheEnd } from '../run/signals.js';

/** So long may what the command has left behind take to end, before it is killed. */
const GRACE_MS = 20_000;

/**
 * Runs a command with this added to its environment, and passes signals on to it and to all that it
 * has started. Resolves with its exit code, or 128 and the number of the signal that ended it, when
 * nothing of it is left.
 *
 * @param gone is aborted when the process that started this one is gone: the command ends, too
 */
export async function runCommand(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  gone: AbortSignal,
): Promise<number> {
  const child = spawn(file, args, {
    // A process group of its own, so that all of it can be signalled. Windows has none, and would
    // open a window.
    detached: process.platform !== 'win32',
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const { pid } = child;
  let wasTold = false;
  const pass = (signal: NodeJS.Signals): void => {
    wasTold ||= meansTheEnd(signal, false);
    if (pid !== undefined && !signalGroup(pid, signal)) child.kill(signal);
  };
  const end = (): void => pass('SIGTERM');
  const leaveSignals = catchSignals(pass);
  gone.addEventListener('abort', end);
  try {
    const code = await new Promise<number>((resolve) => {
      child.once('error', ({ code: why }: NodeJS.ErrnoException) => {
        if (pid !== undefined) return;
        printError(`k8s-leader-election dev-server: ${whyNotStarted(why)}: ${file}`);
        resolve(exitCodeOfFailedStart(why));
      });
      child.once('exit', (exitCode, signal) => {
        resolve(exitCodeOfEnd(exitCode, signal));
      });
    });
    if (pid !== undefined && groupIsAlive(pid)) {
      // Without a server it could only ask in vain. Who was told is not told twice.
      if (!wasTold) end();
      const never = new AbortController().signal;
      const isOver = await until(() => !groupIsAlive(pid), GRACE_MS, never);
      if (!isOver) signalGroup(pid, 'SIGKILL');
    }
    return code;
  } finally {
    leaveSignals();
    gone.removeEventListener('abort', end);
  }
}

function whyNotStarted(code = 'no reason'): string {
  return code === 'ENOENT' ? 'There is no such command' : `The command cannot be started (${code})`;
}
