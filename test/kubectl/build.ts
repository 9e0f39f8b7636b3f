import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../support/cached.js';
import { findGo, goBuild } from '../support/go-build.js';

const MODULE = fileURLToPath(new URL('.', import.meta.url));

/**
 * The path of kubectl, built once into the user's cache directory (a minute on two cores, after
 * kube-apiserver was built).
 *
 * @throws MissingToolError where Go is absent
 */
export async function ensureKubectl(): Promise<string> {
  const { version } = await findGo(MODULE);
  return cached({
    name: 'kubectl',
    version,
    sources: ['go.mod', 'go.sum', 'main.go'].map((file) => join(MODULE, file)),
    make: (output) =>
      goBuild({
        moduleDirectory: MODULE,
        packagePath: '.',
        label: 'kubectl',
        output,
        linkerFlags: '-s -w',
        onSpawn: () => undefined,
      }),
  });
}
