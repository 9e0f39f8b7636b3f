import { afterAll, beforeAll, describe } from 'vitest';

import { findMissingTool } from './build-apiserver.js';
import { isCi } from './ci.js';
import { report } from './progress.js';
import { startRealApiServer } from './real-api-server.js';
import type { RunningApiServer, StartApiServerOptions } from './api-server-types.js';

// Each test file has an API server of its own, made when the first of its tests needs one. A start
// costs about 4 s and 330 MB, and in return no file sees another's objects, rights or load, a file
// may kill its server, and a file run alone behaves as in the whole suite. A server for the whole
// run would have to be started by the runner's global setup, which cannot know whether any test of
// this run needs it.
//
// This relies on the runner loading this module afresh for every test file, its default. Import it
// from test files only: it registers a hook.

/** For `beforeAll`: a start takes seconds, but the first one on a machine builds the programs. */
export const API_SERVER_TIMEOUT_MILLIS = 20 * 60_000;

const missingTool = await findMissingTool();
let shared: Promise<RunningApiServer> | undefined;

/**
 * The API server of this test file, started at the first call. Call it in a `beforeAll` with
 * `API_SERVER_TIMEOUT_MILLIS`. It is stopped after the last test of the file.
 *
 * @throws MissingToolError as `startRealApiServer` does; `describeWithApiServer` skips instead
 */
export function useRealApiServer(): Promise<RunningApiServer> {
  shared ??= startRealApiServer();
  return shared;
}

afterAll(async () => {
  // A server that did not start has cleaned up and has been reported where it was asked for.
  const server = await shared?.catch(() => undefined);
  shared = undefined;
  await server?.stop();
});

/**
 * `describe` for tests against the API server of this test file. Where it cannot be had they are
 * skipped with a loud line; in CI they fail.
 *
 * @param define gets a function that gives the server, to be called inside hooks and tests
 */
export function describeWithApiServer(
  name: string,
  define: (server: () => RunningApiServer) => void,
): void {
  describeWith(name, define, useRealApiServer, async () => undefined);
}

/** The same with a server of its own, for tests that kill it or start it with options. */
export function describeWithOwnApiServer(
  name: string,
  options: StartApiServerOptions,
  define: (server: () => RunningApiServer) => void,
): void {
  describeWith(
    name,
    define,
    () => startRealApiServer(options),
    (server) => server.stop(),
  );
}

/** The same for tests that start their servers themselves. */
export function describeWhereApiServersRun(name: string, define: () => void): void {
  if (missingTool === undefined || isCi()) {
    describe(name, define);
    return;
  }
  report(`SKIPPED "${name}": ${missingTool.message}`);
  describe.skip(name, define);
}

function describeWith(
  name: string,
  define: (server: () => RunningApiServer) => void,
  start: () => Promise<RunningApiServer>,
  finish: (server: RunningApiServer) => Promise<void>,
): void {
  describeWhereApiServersRun(name, () => {
    let server: RunningApiServer | undefined;
    beforeAll(async () => {
      server = await start();
    }, API_SERVER_TIMEOUT_MILLIS);
    afterAll(async () => {
      if (server !== undefined) await finish(server);
    });
    define(() => server ?? unavailable());
  });
}

function unavailable(): never {
  throw new Error('The API server is there only inside hooks and tests.');
}
