import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { MissingToolError } from './missing-tool-error.js';
import { withProgress } from './progress.js';

const TIMEOUT_MILLIS = 5 * 60_000;
/** Debian's places for the programs of root are not in everybody's PATH. */
const FOLDERS_OF_ROOT = ['/usr/sbin', '/sbin'];

/** The path of a program; null where there is none. */
export async function findProgram(name: string): Promise<string | null> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const folder of [...folders, ...FOLDERS_OF_ROOT]) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}

/**
 * Installs packages of Debian. Their lists are fetched only where it does not work without.
 *
 * @param missing what to say where it cannot be done
 * @throws MissingToolError saying that
 */
export async function installPackages(packages: readonly string[], missing: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const aptGet = (...args: readonly string[]) =>
    promisify(execFile)('apt-get', args, { env, timeout: TIMEOUT_MILLIS });
  const install = () => aptGet('install', '--yes', '--no-install-recommends', ...packages);
  await withProgress(`installing ${packages.join(' and ')}`, () =>
    install().catch(async () => {
      await aptGet('update');
      await install();
    }),
  ).catch((cause: unknown) => {
    throw new MissingToolError(missing, { cause });
  });
}
