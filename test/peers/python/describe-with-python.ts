import { it } from 'vitest';
import type { RunningApiServer } from '../../support/api-server-types.js';
import { isCi } from '../../support/ci.js';
import { MissingToolError } from '../../support/missing-tool-error.js';
import { report } from '../../support/progress.js';
import { describeWithApiServer } from '../../support/shared-api-server.js';
import { pythonVersion } from './build.js';

const missing = await pythonVersion().catch((error: unknown) => error);

/** Tests of the Python client on the API server of this test file; in CI they fail without Python. */
export function describeWithPython(
  name: string,
  define: (server: () => RunningApiServer) => void,
): void {
  if (missing instanceof MissingToolError && !isCi()) {
    report(`SKIPPED "${name}": ${missing.message}`);
    it.skip(name, () => undefined);
  } else describeWithApiServer(name, define);
}
