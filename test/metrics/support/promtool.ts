import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../../support/cached.js';
import { findProgram } from '../../support/debian.js';
import { MissingToolError } from '../../support/missing-tool-error.js';
import { withProgress } from '../../support/progress.js';

export const MISSING = 'There is no promtool (Debian: apt-get install prometheus)';
const DOWNLOAD_TIMEOUT_MILLIS = 5 * 60_000;

const execute = promisify(execFile);

/**
 * The path of promtool. Where it is not installed, on a Debian machine, it is taken out of the package
 * `prometheus`, which is not installed for that: it would start a server.
 *
 * @throws MissingToolError where it cannot be had
 */
export async function findPromtool(): Promise<string> {
  const installed = await findProgram('promtool');
  if (installed !== null) return installed;
  await execute('apt-get', ['--version']).catch((cause: unknown) => {
    throw new MissingToolError(MISSING, { cause });
  });
  return cached({ name: 'promtool', version: '1', sources: [], make: takeOutOfPackage });
}

async function takeOutOfPackage(target: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'promtool-'));
  const options = { cwd: directory, timeout: DOWNLOAD_TIMEOUT_MILLIS };
  try {
    await withProgress('fetching promtool with apt-get', async () => {
      await execute('apt-get', ['download', 'prometheus'], options).catch(async () => {
        await execute('apt-get', ['update'], options);
        await execute('apt-get', ['download', 'prometheus'], options);
      });
      const archive = (await readdir(directory)).find((name) => name.endsWith('.deb')) ?? '';
      await execute('dpkg-deb', ['--extract', archive, 'package'], options);
    });
    await copyFile(join(directory, 'package/usr/bin/promtool'), target);
  } catch (cause) {
    throw new MissingToolError(MISSING, { cause });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** How a run of promtool came out, with all that it printed. */
export interface Checked {
  readonly code: number | null;
  readonly text: string;
}

export async function promtool(
  path: string,
  args: readonly string[],
  input = '',
): Promise<Checked> {
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  const collect = (chunk: Buffer): void => void (text += chunk.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  // One that checks files does not read what it is handed.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}
