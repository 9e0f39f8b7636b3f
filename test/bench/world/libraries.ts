import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CLIENT_GO_MODULE, ensureClientGoCrowd } from '../../peers/client-go/build.js';
import { ensurePythonClient, PYTHON_CANDIDATE, pythonVersion } from '../../peers/python/build.js';
import { findGo } from '../../support/go-build.js';
import type { LibraryId } from './library-ids.js';

const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CANDIDATES = join(ROOT, 'test/bench/candidates');

/** What is measured, and how a process of it is started. */
export interface Library {
  readonly id: LibraryId;
  readonly command: readonly [string, ...string[]];
  /** Whether it gives its lock back when it is stopped. */
  readonly releases: boolean;
}

export interface Libraries extends AsyncDisposable {
  readonly all: readonly Library[];
  /** A Node command that imports the modules named in further arguments, and says what it took. */
  readonly importProbe: readonly [string, ...string[]];
  /** Programs that are measured in a pod. */
  readonly podPrograms: PodPrograms;
  readonly versions: Readonly<Record<string, string>>;
}

/** Paths of programs for Node. */
export interface PodPrograms {
  readonly bare: string;
  readonly watch: string;
  readonly renew: string;
  readonly app: string;
  readonly cli: string;
}

/** Builds this package, and what is to stand beside it. */
export async function prepareLibraries(): Promise<Libraries> {
  await run('npm', ['run', 'build'], { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
  const snapshot = await snapshotOfPackage();
  const goProgram = await ensureClientGoCrowd();
  const python = await ensurePythonClient();
  const node = [process.execPath, '--expose-gc'] as const;
  return {
    all: [
      { id: 'own', command: [...node, join(snapshot, 'own.js')], releases: true },
      { id: 'client-go', command: [goProgram], releases: true },
      { id: 'python', command: [python, PYTHON_CANDIDATE], releases: false },
    ],
    importProbe: [...node, join(snapshot, 'import-probe.js')],
    podPrograms: {
      bare: join(snapshot, 'pod-bare.js'),
      watch: join(snapshot, 'pod-watch.js'),
      renew: join(snapshot, 'pod-renew.js'),
      app: join(snapshot, 'pod-app.js'),
      cli: join(snapshot, 'dist/cli.js'),
    },
    versions: await versions(),
    [Symbol.asyncDispose]: () => rm(snapshot, { recursive: true, force: true }),
  };
}

/**
 * A copy of the built package, with the programs that import it by its name, inside node_modules, so
 * that its dependencies are found. A build that runs meanwhile does not change what is measured.
 */
async function snapshotOfPackage(): Promise<string> {
  const directory = join(ROOT, 'node_modules/.cache', `bench-${process.pid}`);
  await mkdir(directory, { recursive: true });
  for (const file of ['package.json', 'dist']) {
    await cp(join(ROOT, file), join(directory, file), { recursive: true });
  }
  for (const file of await readdir(CANDIDATES)) {
    await cp(join(CANDIDATES, file), join(directory, file));
  }
  return directory;
}

async function versions(): Promise<Record<string, string>> {
  const text = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');
  const npm = async (path: string): Promise<string> =>
    (JSON.parse(await text(join(path, 'package.json'))) as { version: string }).version;
  const goModule = await text('test/peers/client-go/go.mod');
  const servers = await text('test/apiserver/go.mod');
  const requirements = await text('test/peers/python/requirements.txt');
  const found = (pattern: RegExp, where: string): string => pattern.exec(where)?.[1] ?? 'unknown';
  return {
    'k8s-leader-election': await npm('.'),
    xstate: await npm('node_modules/xstate'),
    '@kubernetes/client-node': await npm('node_modules/@kubernetes/client-node'),
    'client-go': found(/k8s\.io\/client-go (\S+)/, goModule),
    'Python client': found(/^kubernetes==(\S+)/m, requirements),
    'kube-apiserver': found(/k8s\.io\/kubernetes (v\S+)/, servers),
    etcd: found(/go\.etcd\.io\/etcd\/server\/v3 (v\S+)/, servers),
    Node: process.version,
    Go: (await findGo(CLIENT_GO_MODULE)).version,
    Python: (await pythonVersion()).replace('Python ', ''),
  };
}
