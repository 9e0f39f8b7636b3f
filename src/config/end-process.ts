import { isMainThread } from 'node:worker_threads';

/**
 * Ends the process, with code 1. In a worker thread `exit` would end that thread alone, while the
 * work may go on in another one: there it is a SIGKILL, which no handler can hold up either.
 */
export function endProcess(): void {
  try {
    if (!isMainThread) process.kill(process.pid, 'SIGKILL');
  } finally {
    process.exit(1);
  }
}
