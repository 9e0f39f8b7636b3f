import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { withBuildLock } from './build-lock.js';
import { beforeBuilding, cacheDirectory } from './cache-directory.js';
import { isCi } from './ci.js';
import { BUILD_FLAGS, findGo, goBuild } from './go-build.js';
import { MissingToolError } from './missing-tool-error.js';
import { report } from './progress.js';
import { startWatchdog } from './watchdog.js';

const run = promisify(execFile);
const MODULE_DIRECTORY = fileURLToPath(new URL('../apiserver/', import.meta.url));
/** Raised when the way of building changes, so that older results are not taken for new ones. */
const RECIPE = 1;

/** Absolute paths of the two programs. */
export interface ApiServerBinaries {
  readonly kubeApiserver: string;
  readonly etcd: string;
}

/**
 * The programs of a real API server. Taken from the directory that `KUBEBUILDER_ASSETS` names,
 * where it is set; otherwise built from `test/apiserver` once (about 5 minutes on two cores) into
 * a cache in the user's cache directory. Processes that ask at the same time build only once.
 *
 * @throws MissingToolError where Go is absent or too old, and nothing is configured instead
 * @throws Error when `KUBEBUILDER_ASSETS` does not hold both programs, or when the build fails
 */
export async function ensureApiServerBinaries(): Promise<ApiServerBinaries> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') return configuredBinaries(resolve(assets));

  const directory = await directoryOfThese();
  if (await isUsable(directory)) return binariesIn(directory);
  beforeBuilding('kube-apiserver and etcd');
  await mkdir(dirname(directory), { recursive: true });
  const onWait = () => report('another process is building kube-apiserver and etcd; waiting ...');
  await withBuildLock(`${directory}.lock`, onWait, async () => {
    if (!(await isUsable(directory))) await buildInto(directory);
  });
  return binariesIn(directory);
}

/** What keeps `ensureApiServerBinaries` from working here, found out without building anything. */
export async function findMissingTool(): Promise<MissingToolError | undefined> {
  if (process.env['KUBEBUILDER_ASSETS']) return undefined;
  try {
    await findGo(MODULE_DIRECTORY);
    return undefined;
  } catch (error) {
    if (error instanceof MissingToolError) return error;
    throw error;
  }
}

function binariesIn(directory: string): ApiServerBinaries {
  return {
    kubeApiserver: join(directory, 'kube-apiserver'),
    etcd: join(directory, 'etcd'),
  };
}

async function configuredBinaries(directory: string): Promise<ApiServerBinaries> {
  const binaries = binariesIn(directory);
  for (const path of [binaries.kubeApiserver, binaries.etcd]) {
    await access(path, constants.X_OK).catch((cause: unknown) => {
      const rule = 'it must name a directory that holds kube-apiserver and etcd';
      throw new Error(`KUBEBUILDER_ASSETS: ${rule}, but ${path} is no program.`, { cause });
    });
  }
  return binaries;
}

// Results are put in place whole and verified, so their presence is enough.
async function isUsable(directory: string): Promise<boolean> {
  const { kubeApiserver, etcd } = binariesIn(directory);
  const checks = [kubeApiserver, etcd].map((path) => access(path, constants.X_OK));
  return Promise.all(checks).then(
    () => true,
    () => false,
  );
}

async function directoryOfThese(): Promise<string> {
  const { version } = await findGo(MODULE_DIRECTORY);
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum'])
    hash.update(await readFile(join(MODULE_DIRECTORY, file)));
  hash.update(JSON.stringify([RECIPE, version, BUILD_FLAGS]));
  return join(cacheDirectory(), `apiserver-${hash.digest('hex').slice(0, 16)}`);
}

async function buildInto(directory: string): Promise<void> {
  const temporary = `${directory}.building-${randomUUID()}`;
  // If this process is killed, so are the compilers that it started, and the half of a result goes.
  const watchdog = startWatchdog(temporary);
  try {
    await mkdir(temporary);
    const built = binariesIn(temporary);
    const common = {
      moduleDirectory: MODULE_DIRECTORY,
      onSpawn: (processGroup: number) => watchdog.guard([processGroup]),
    };
    const etcdVersion = await pinnedVersion('go.etcd.io/etcd/server/v3');
    await goBuild({
      ...common,
      packagePath: 'go.etcd.io/etcd/server/v3',
      label: `etcd ${etcdVersion}`,
      output: built.etcd,
      linkerFlags: '-s -w',
    });
    const kubernetesVersion = await pinnedVersion('k8s.io/kubernetes');
    await goBuild({
      ...common,
      packagePath: 'k8s.io/kubernetes/cmd/kube-apiserver',
      label: `kube-apiserver ${kubernetesVersion}`,
      output: built.kubeApiserver,
      linkerFlags: `-s -w ${kubernetesVersionFlags(kubernetesVersion)}`,
    });
    watchdog.guard([]);
    await verify(built.etcd, `etcd Version: ${etcdVersion.slice(1)}`);
    await verify(built.kubeApiserver, `Kubernetes ${kubernetesVersion}`);
    await putInPlace(temporary, directory);
  } finally {
    await watchdog.dismiss();
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The version that go.mod requires, such as `v1.37.2`. */
async function pinnedVersion(module: string): Promise<string> {
  const text = await readFile(join(MODULE_DIRECTORY, 'go.mod'), 'utf8');
  const words = text.split('\n').map((line) => line.trim().split(/\s+/));
  const version = words.find(([path, second]) => path === module && second?.startsWith('v'))?.[1];
  if (version === undefined) throw new Error(`go.mod requires no ${module}.`);
  return version;
}

// The project's own release scripts set these; without them the server calls itself v0.0.0.
function kubernetesVersionFlags(version: string): string {
  const [major, minor] = version.slice(1).split('.');
  const values = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
  };
  return Object.entries(values)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ');
}

async function verify(binary: string, expected: string): Promise<void> {
  const { stdout } = await run(binary, ['--version']);
  if (!stdout.split('\n').includes(expected)) {
    throw new Error(`${binary} --version should say "${expected}" but says: ${stdout.trim()}`);
  }
}

async function putInPlace(temporary: string, directory: string): Promise<void> {
  try {
    await rename(temporary, directory);
  } catch (error) {
    // Somebody else was faster; theirs is made of the same sources.
    if (!(await isUsable(directory))) throw error;
  }
}

/** @param optional whether a missing tool is no failure, except in CI */
async function main(optional: boolean): Promise<void> {
  try {
    const { kubeApiserver, etcd } = await ensureApiServerBinaries();
    process.stdout.write(`${kubeApiserver}\n${etcd}\n`);
  } catch (error) {
    report(error instanceof Error ? error.message : String(error));
    const forgiven = optional && error instanceof MissingToolError && !isCi();
    if (!forgiven) process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(process.argv.includes('--optional'));
}
