import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * What `npm install` of the built package puts into an empty folder, in bytes.
 *
 * @param peers what is installed beside it, as the README has it for a pod
 */
export async function installSize(root: string, peers: readonly string[]): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'install-size-'));
  try {
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
    const { stdout } = await run('npm', pack, { cwd: root });
    const [{ filename }] = JSON.parse(stdout) as [{ readonly filename: string }];
    const folder = join(directory, 'app');
    await mkdir(folder);
    await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', [...install, join(directory, filename), ...peers], { cwd: folder });
    return await sizeOf(join(folder, 'node_modules'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The packages that the README installs for a pod, beside this one. */
export async function podPeers(root: string): Promise<string[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const line = readme
    .split('\n')
    .find((text) => text.startsWith('npm install k8s-leader-election '));
  if (line === undefined) throw new Error('README.md has no line that installs the package.');
  return line.trim().split(/\s+/).slice(3);
}

async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
