import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findGo, goBuild } from '../../../support/go-build.js';
import { cached } from '../../world/cache.js';

const MODULE_DIRECTORY = fileURLToPath(new URL('.', import.meta.url));

/**
 * The path of the program, built once into the user's cache directory.
 *
 * @throws MissingToolError where Go is absent
 */
export async function ensureClientGoBench(): Promise<string> {
  const { version } = await findGo(MODULE_DIRECTORY);
  return cached({
    name: 'bench-client-go',
    version,
    sources: ['go.mod', 'go.sum', 'main.go'].map((file) => join(MODULE_DIRECTORY, file)),
    make: (output) =>
      goBuild({
        moduleDirectory: MODULE_DIRECTORY,
        packagePath: '.',
        label: 'the client-go candidates',
        output,
        linkerFlags: '-s -w',
        onSpawn: () => undefined,
      }),
  });
}
