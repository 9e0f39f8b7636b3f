import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../../support/cached.js';
import { findGo, goBuild } from '../../support/go-build.js';

/** The Go module of the programs here. */
export const CLIENT_GO_MODULE = fileURLToPath(new URL('.', import.meta.url));

/**
 * The path of the program that is one candidate of client-go, reporting as those of test/e2e do.
 * Built once into the user's cache directory.
 *
 * @throws MissingToolError where Go is absent
 */
export function ensureClientGoCandidate(): Promise<string> {
  return ensureProgram('candidate', 'the client-go candidate');
}

/**
 * The path of the program with any number of candidates, reporting as those of test/bench do.
 *
 * @throws MissingToolError where Go is absent
 */
export function ensureClientGoCrowd(): Promise<string> {
  return ensureProgram('crowd', 'the crowd of client-go candidates');
}

async function ensureProgram(name: string, label: string): Promise<string> {
  const { version } = await findGo(CLIENT_GO_MODULE);
  return cached({
    name: `client-go-${name}`,
    version,
    sources: ['go.mod', 'go.sum', 'peer/peer.go', `${name}/main.go`].map((file) =>
      join(CLIENT_GO_MODULE, file),
    ),
    make: (output) =>
      goBuild({
        moduleDirectory: CLIENT_GO_MODULE,
        packagePath: `./${name}`,
        label,
        output,
        linkerFlags: '-s -w',
        onSpawn: () => undefined,
      }),
  });
}
