import { spawn } from 'node:child_process';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { printError } from '../output.js';

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** What a terminal sends to every process that it shows, this one and the command alike. */
const FROM_KEYS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/**
 * Runs a command with this added to its environment, and passes signals on to it. Resolves with its
 * exit code, or 128 and the number of the signal that ended it.
 *
 * @param gone is aborted when the process that started this one is gone: the command ends, too
 */
export async function runCommand(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  gone: AbortSignal,
): Promise<number> {
  const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const pass = (signal: NodeJS.Signals): void => {
    if (process.stdin.isTTY && FROM_KEYS.includes(signal)) return;
    child.kill(signal);
  };
  const end = (): void => pass('SIGTERM');
  for (const signal of PASSED_ON) process.on(signal, pass);
  gone.addEventListener('abort', end);
  try {
    return await new Promise<number>((resolve) => {
      child.once('error', ({ message, code }: NodeJS.ErrnoException) => {
        if (child.pid !== undefined) return;
        printError(`k8s-leader-election dev-server: the command cannot be started: ${message}`);
        resolve(code === 'ENOENT' ? EXIT.notFound : EXIT.notExecutable);
      });
      child.once('exit', (code, signal) => {
        resolve(code ?? exitCodeOf(signal ?? 'SIGKILL'));
      });
    });
  } finally {
    for (const signal of PASSED_ON) process.off(signal, pass);
    gone.removeEventListener('abort', end);
  }
}
