import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { startEmbeddedApiServer } from '../../../src/testing.js';

const PROGRAM = fileURLToPath(new URL('support/diagnosed.ts', import.meta.url));

it('an election makes requests to its API server only, and leaves nothing running', async () => {
  await using server = await startEmbeddedApiServer();
  const directory = await mkdtemp(join(tmpdir(), 'diagnosed-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const kubeconfig = join(directory, 'config');
  await writeFile(kubeconfig, server.kubeConfig());
  // What is left keeps the process from ending, until it is killed, which rejects.
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', PROGRAM],
    {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      timeout: 50_000,
      killSignal: 'SIGKILL',
    },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    reason: 'stopped',
    seen: ['a socket', 'http://127.0.0.1'],
  });
}, 60_000);
