import { execFile } from 'node:child_process';
import { access, mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MOUNT = '/sys/fs/cgroup';

/** Where groups are made: one place in version 2, one for each controller in version 1. */
async function roots(): Promise<readonly string[]> {
  const isUnified = await access(join(MOUNT, 'cgroup.controllers')).then(
    () => true,
    () => false,
  );
  if (isUnified) return [MOUNT];
  return (await readdir(MOUNT)).map((controller) => join(MOUNT, controller));
}

/** @throws Error where this machine does not let us */
export async function makeCgroups(name: string): Promise<void> {
  for (const root of await roots()) await mkdir(join(root, name), { recursive: true });
}

/** Best effort: an empty one that is left does no harm. */
export async function removeCgroups(name: string): Promise<void> {
  const places = (await roots()).map((root) => join(root, name));
  const args = ['-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'];
  await promisify(execFile)('find', [...places, ...args]).catch(() => undefined);
}

/** Whether groups can be made here. */
export async function canMakeCgroups(): Promise<boolean> {
  const name = `kle-probe-${process.pid}`;
  try {
    await makeCgroups(name);
    for (const root of await roots()) await rmdir(join(root, name));
    return true;
  } catch {
    return false;
  }
}
