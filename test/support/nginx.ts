import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from 'vitest';

import { onFreePort } from './api-server-processes.js';
import { isCi } from './build-apiserver.js';
import { report } from './go-build.js';
import { MissingToolError } from './missing-tool-error.js';
import { startServerProcess, type ServerProcess } from './server-process.js';

const PACKAGES = ['nginx', 'libfaketime'];
const INSTALL = `apt-get install ${PACKAGES.join(' ')}`;
const READY_TIMEOUT_MILLIS = 20_000;

/** For `beforeAll`: what is missing may have to be fetched first. */
export const NGINX_TIMEOUT_MILLIS = 5 * 60_000;

export interface NginxTools {
  /** The paths of the program, and of the library that shifts its clock when it is preloaded. */
  readonly nginx: string;
  readonly libfaketime: string;
}

let ensured: Promise<NginxTools> | undefined;

/**
 * nginx and libfaketime. Where they are missing on a Debian machine and we are root there, they are
 * installed, unless a service manager runs that would start nginx for everybody.
 *
 * @throws MissingToolError where they cannot be had
 */
export function ensureNginx(): Promise<NginxTools> {
  ensured ??= findOrInstall();
  return ensured;
}

/** `describe` for tests with nginx: skipped with a loud line where it cannot be had; in CI they fail. */
export async function describeWithNginx(
  describeServer: typeof describeWith,
  name: string,
  define: Parameters<typeof describeWith>[1],
): Promise<void> {
  const missing = await ensureNginx().then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof MissingToolError) return error;
      throw error;
    },
  );
  if (missing === undefined || isCi()) {
    describeServer(name, define);
    return;
  }
  report(`SKIPPED "${name}": ${missing.message}`);
  describe.skip(name, () => undefined);
}
