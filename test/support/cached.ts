import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withBuildLock } from './build-lock.js';
import { beforeBuilding, cacheDirectory } from './cache-directory.js';
import { report } from './progress.js';

/**
 * The path of something that is made once into the user's cache directory, and again when what it
 * is made of has changed.
 *
 * @param sources files whose contents it depends on
 * @param make makes it at the path that it is given, which is renamed when it is complete, unless
 *   `inPlace`: for what knows its own path
 */
export async function cached(options: {
  readonly name: string;
  readonly sources: readonly string[];
  readonly version: string;
  readonly inPlace?: boolean;
  readonly make: (path: string) => Promise<void>;
}): Promise<string> {
  const hash = createHash('sha256').update(options.version);
  for (const file of options.sources) hash.update(await readFile(file));
  const directory = cacheDirectory();
  const path = join(directory, `${options.name}-${hash.digest('hex').slice(0, 16)}`);
  const mark = options.inPlace ? join(path, 'complete') : path;
  if (await exists(mark)) return path;
  beforeBuilding(options.name);
  await mkdir(directory, { recursive: true });
  await withBuildLock(
    `${path}.lock`,
    () => report(`another process is building ${options.name}; waiting ...`),
    async () => {
      if (await exists(mark)) return;
      const target = options.inPlace ? path : `${path}.tmp`;
      await rm(target, { recursive: true, force: true });
      await options.make(target);
      if (!options.inPlace) await rename(target, path);
    },
  );
  return path;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
