import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../cli-error.js';

/** The first line of a file of ours: one that was left behind, by a SIGKILL, may be replaced. */
const MARK = '# Written by k8s-leader-election dev-server, which takes it away again at its end.\n';

export interface KubeConfigFile {
  /** From the root, so that it is right in whatever directory it is used. */
  readonly path: string;
  /** Takes it away, unless another dev-server has put its own there. */
  remove(): Promise<void>;
}

/**
 * Writes a kubeconfig that only this user may read, as it holds a token.
 *
 * @param wanted null: in a new directory for temporary files
 * @throws {UsageError} where something else is there, or it cannot be written
 */
export async function writeKubeConfigFile(
  wanted: string | null,
  text: string,
): Promise<KubeConfigFile> {
  const directory = wanted === null ? await mkdtemp(join(tmpdir(), 'k8s-leader-election-')) : null;
  const path = resolve(directory === null ? (wanted ?? '') : join(directory, 'kubeconfig'));
  const contents = `${MARK}${text}`;
  try {
    await removeOwn(path, (found) => found.startsWith(MARK));
    // Follows no link, and replaces nothing.
    await writeFile(path, contents, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code = 'no reason' } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === 'EEXIST'
        ? `--kubeconfig ${JSON.stringify(path)} is there already, and is not replaced.`
        : `--kubeconfig ${JSON.stringify(path)} cannot be written (${code}).`,
    );
  }
  return {
    path,
    remove: async () => {
      await removeOwn(path, (found) => found === contents);
      if (directory !== null) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Leaves alone what is not ours, or not there. */
async function removeOwn(path: string, isOurs: (text: string) => boolean): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => null);
  if (found !== null && isOurs(found)) await rm(path, { force: true });
}
