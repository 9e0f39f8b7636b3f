import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from '../../support/build-lock.js';
import { findGo, goBuild, report } from '../../support/go-build.js';

const MODULE_DIRECTORY = fileURLToPath(new URL('.', import.meta.url));

/**
 * The path of the candidate program of client-go, built once into the user's cache directory.
 *
 * @throws MissingToolError where Go is absent
 */
export async function ensureClientGoCandidate(): Promise<string> {
  const { version } = await findGo(MODULE_DIRECTORY);
  const hash = createHash('sha256').update(version);
  for (const file of ['go.mod', 'go.sum', 'main.go']) {
    hash.update(await readFile(join(MODULE_DIRECTORY, file)));
  }
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const directory = join(base, 'k8s-leader-election');
  const program = join(directory, `client-go-${hash.digest('hex').slice(0, 16)}`);
  if (await isProgram(program)) return program;
  await mkdir(directory, { recursive: true });
  await withBuildLock(
    `${program}.lock`,
    () => report('another process is building'),
    async () => {
      if (await isProgram(program)) return;
      const unfinished = `${program}.tmp`;
      await goBuild({
        moduleDirectory: MODULE_DIRECTORY,
        packagePath: '.',
        label: 'the client-go candidate',
        output: unfinished,
        linkerFlags: '-s -w',
        onSpawn: () => undefined,
      });
      await rename(unfinished, program);
    },
  );
  return program;
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
