import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * A small shell that outlives this process by a moment: when this process is gone, however it
 * went, the shell kills what was left behind and removes a directory. An exit handler could not do
 * that after SIGKILL, which is how test runners end workers that hang.
 */
export interface Watchdog {
  /** Replaces the list of what to kill. A negative number stands for a whole process group. */
  guard(pids: readonly number[]): void;
  /** Ends the shell without killing anything. The directory is removed. */
  dismiss(): Promise<void>;
}

// The shell reads one list of process ids a line. Its standard input ends when this process does.
const SCRIPT = `
pids=
while IFS= read -r line; do pids=$line; done
for pid in $pids; do kill -s KILL -- "$pid" 2>/dev/null; done
rm -rf -- "$1" 2>/dev/null || { sleep 1; rm -rf -- "$1"; }
`;

/** @param directory removed when this process ends, or on `dismiss()` */
export function startWatchdog(directory: string): Watchdog {
  // Detached, so that a Ctrl-C meant for the whole foreground group does not end it first.
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'watchdog', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // A shell that could not start, or was killed, guards nothing. That is no reason to fail a test.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();

  return {
    guard(pids) {
      shell.stdin.write(`${pids.join(' ')}\n`);
    },
    async dismiss() {
      shell.stdin.end('\n');
      await ended(shell);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  await once(child, 'exit');
}
