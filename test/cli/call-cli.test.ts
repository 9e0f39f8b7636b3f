import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startEmbeddedApiServer } from '../../src/testing.js';
import { callCli } from './support/call-cli.js';

/** Flags for a server that takes its time. */
async function slowServer(delayMs: number): Promise<string[]> {
  const server = await startEmbeddedApiServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.faults.add({ fault: { kind: 'delay', ms: delayMs } });
  const path = join(tmpdir(), `kubeconfig-${process.pid}-${delayMs}.yaml`);
  await writeFile(path, server.kubeConfig(), { mode: 0o600 });
  return ['--kubeconfig', path];
}

// As a test leaves a call behind when it runs out of time: the next test begins, and then that call
// comes to its end.
it('what a call prints is its own, though an earlier one goes on beside it', async () => {
  const [quick, slow] = [await slowServer(100), await slowServer(400)];
  const earlier = callCli('status', 'earlier', ...quick);
  const later = callCli('status', 'later', ...slow);
  expect((await earlier).stdout).toContain('earlier');
  expect((await later).stdout).toContain('later');
  expect((await earlier).stdout).not.toContain('later');
});
