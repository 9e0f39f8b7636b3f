import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from '../../support/cached.js';
import { MissingToolError } from '../../support/missing-tool-error.js';
import { withProgress } from '../../support/progress.js';

const run = promisify(execFile);
const DIRECTORY = fileURLToPath(new URL('.', import.meta.url));

/** The candidate program; the interpreter of `ensurePythonClient()` runs it. */
export const PYTHON_CANDIDATE = join(DIRECTORY, 'candidate.py');

/** One candidate of either Python client that reports as those of test/e2e do; run in the same way. */
export const PYTHON_FLEET_CANDIDATE = join(DIRECTORY, 'fleet.py');

/**
 * The path of a Python interpreter that has the Kubernetes clients, in the versions of
 * requirements.txt. It belongs to a virtual environment in the user's cache directory, made once.
 *
 * @throws MissingToolError where Python 3 is absent
 */
export async function ensurePythonClient(): Promise<string> {
  const requirements = join(DIRECTORY, 'requirements.txt');
  const environment = await cached({
    name: 'python',
    version: await pythonVersion(),
    sources: [requirements],
    inPlace: true,
    make: (path) =>
      withProgress('making a Python environment with the Kubernetes client', async () => {
        await run('python3', ['-m', 'venv', path]);
        const flags = ['--quiet', '--disable-pip-version-check', '--no-input'];
        await run(join(path, 'bin', 'pip'), ['install', ...flags, '-r', requirements]);
        await writeFile(join(path, 'complete'), '');
      }),
  });
  return join(environment, 'bin', 'python');
}

export async function pythonVersion(): Promise<string> {
  try {
    return (await run('python3', ['--version'])).stdout.trim();
  } catch (cause) {
    throw new MissingToolError('The Python client needs python3 on the PATH.', { cause });
  }
}
