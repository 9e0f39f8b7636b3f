import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const HEARTBEAT_MILLIS = 5000;
/** Many heartbeats, since a machine that compiles with all its cores may be late with a few. */
const STALE_AFTER_MILLIS = 60_000;
const POLL_MILLIS = 500;

/**
 * Runs `work` while holding a lock directory, so that only one process does it at a time; the
 * others wait. A lock whose holder has died, or has shown no life for a minute, is taken away.
 *
 * The lock saves double work and nothing more. In rare races two processes may hold it at once,
 * so what they do must be safe side by side.
 *
 * @param onWait called once, when another process holds the lock
 */
export async function withBuildLock<T>(
  lockDirectory: string,
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  for (let waited = false; !(await tryToLock(lockDirectory));) {
    if (await isStale(lockDirectory)) {
      await takeAway(lockDirectory);
      continue;
    }
    if (!waited) onWait();
    waited = true;
    await delay(POLL_MILLIS);
  }
  // Its time of last change is the sign of life that others look at.
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(lockDirectory, now, now).catch(() => undefined);
  }, HEARTBEAT_MILLIS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(lockDirectory, { recursive: true, force: true });
  }
}

async function tryToLock(lockDirectory: string): Promise<boolean> {
  try {
    await mkdir(lockDirectory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(lockDirectory, 'owner'), `${hostname()} ${process.pid}`);
  return true;
}

async function isStale(lockDirectory: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(lockDirectory);
    if (Date.now() - mtimeMs > STALE_AFTER_MILLIS) return true;
    const owner = await readFile(join(lockDirectory, 'owner'), 'utf8');
    const [host, pid] = owner.split(' ');
    return host === hostname() && pid !== undefined && !isAlive(Number(pid));
  } catch {
    // Released just now, or its owner is not written yet: neither is stale.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

// Moved first, so that of several processes that find the same stale lock only one removes it.
async function takeAway(lockDirectory: string): Promise<void> {
  const moved = `${lockDirectory}.stale-${process.pid}-${Date.now()}`;
  try {
    await rename(lockDirectory, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(moved, { recursive: true, force: true });
}
