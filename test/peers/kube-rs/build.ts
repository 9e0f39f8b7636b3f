import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from '../../support/cached.js';
import { MissingToolError } from '../../support/missing-tool-error.js';
import { withProgress } from '../../support/progress.js';

const run = promisify(execFile);
const DIRECTORY = fileURLToPath(new URL('.', import.meta.url));

/**
 * The path of the program that is one candidate of the crate kube-leader-election, reporting as those
 * of test/e2e do. Built once into the user's cache directory.
 *
 * @throws MissingToolError where Rust's cargo is absent
 */
export async function ensureKubeRsCandidate(): Promise<string> {
  return cached({
    name: 'kube-rs-candidate',
    version: await cargoVersion(),
    sources: ['Cargo.toml', 'Cargo.lock', 'src/main.rs'].map((file) => join(DIRECTORY, file)),
    make: (output) =>
      withProgress('building the kube-rs candidate', async () => {
        const target = await mkdtemp(join(tmpdir(), 'kube-rs-'));
        try {
          const manifest = join(DIRECTORY, 'Cargo.toml');
          const flags = ['--release', '--locked', '--quiet', '--target-dir', target];
          await run('cargo', ['build', ...flags, '--manifest-path', manifest], {
            maxBuffer: 2 ** 26,
          });
          await copyFile(join(target, 'release', 'kube-rs-candidate'), output);
        } finally {
          await rm(target, { recursive: true, force: true });
        }
      }),
  });
}

async function cargoVersion(): Promise<string> {
  try {
    return (await run('cargo', ['--version'])).stdout.trim();
  } catch (cause) {
    throw new MissingToolError('The kube-rs candidate needs cargo on the PATH.', { cause });
  }
}
