import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { MissingToolError } from './missing-tool-error.js';
import { report, withProgress } from './progress.js';

const run = promisify(execFile);
const OUTPUT_TAIL_LINES = 100;

/** Debugging information is left out already when compiling, which saves a fifth of the time. */
export const BUILD_FLAGS = ['-mod=readonly', '-trimpath', '-gcflags=all=-dwarf=false'] as const;

/** cgo would want a C compiler too; a workspace around this one would override its versions. */
const goEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  CGO_ENABLED: '0',
  GOWORK: 'off',
});

export interface GoTool {
  /** Version and platform that this module is built with, such as `go1.26.8 linux/amd64`. */
  readonly version: string;
}

/**
 * Which Go builds the module in a directory. That may be another one than `go version` tells
 * elsewhere, since a module can ask for a newer one.
 *
 * @throws MissingToolError where Go is absent, or too old for the module
 */
export async function findGo(moduleDirectory: string): Promise<GoTool> {
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], {
      cwd: moduleDirectory,
      env: goEnvironment(),
    });
    const [version, os, architecture] = stdout.trim().split('\n');
    return { version: `${version} ${os}/${architecture}` };
  } catch (cause) {
    const { code, stderr } = cause as { code?: unknown; stderr?: string };
    const found = code === 'ENOENT' ? 'There is no "go" on the PATH.' : (stderr ?? '').trim();
    throw new MissingToolError(
      `Building kube-apiserver and etcd needs Go 1.26 or newer. ${found} ` +
        'Install it (see go.dev/doc/install, or your package manager), or set KUBEBUILDER_ASSETS ' +
        'to a directory that holds kube-apiserver and etcd.',
      { cause },
    );
  }
}

export interface GoBuild {
  readonly moduleDirectory: string;
  /** The import path of the program. */
  readonly packagePath: string;
  /** How people call it, with its version: for progress and messages. */
  readonly label: string;
  readonly output: string;
  readonly linkerFlags: string;
  readonly tags?: readonly string[];
  /** Told the process group that does the work, so that somebody can end it if we cannot. */
  readonly onSpawn: (processGroup: number) => void;
}

/**
 * Builds one program and tells on standard error how far it is, every 15 s.
 *
 * @throws Error with the compiler's output when it fails
 */
export async function goBuild(build: GoBuild): Promise<void> {
  const total = await countPackages(build);
  // -v names each package on a line of its own when it is compiled.
  const tags = build.tags === undefined ? [] : [`-tags=${build.tags.join(' ')}`];
  const flags = [
    ...BUILD_FLAGS,
    ...tags,
    '-v',
    `-ldflags=${build.linkerFlags}`,
    '-o',
    build.output,
  ];
  const go = spawn('go', ['build', ...flags, build.packagePath], {
    cwd: build.moduleDirectory,
    env: goEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // Its own process group, with all the compilers that it starts.
  });
  const exit = once(go, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  if (go.pid !== undefined) build.onSpawn(-go.pid);

  let compiled = 0;
  const output: string[] = [];
  const lines = createInterface({ input: go.stderr });
  lines.on('line', (line) => {
    if (isPackageName(line)) compiled += 1;
    else if (!line.startsWith('go: downloading ')) output.push(line);
  });
  await withProgress(
    `${build.label}: compiling at most ${total} packages`,
    async () => {
      const [[code, signal]] = await Promise.all([exit, once(lines, 'close')]);
      if (code === 0) return;
      const tail = output.slice(-OUTPUT_TAIL_LINES).join('\n');
      throw new Error(
        `Building ${build.label} failed (${signal ?? `exit code ${code}`}):\n${tail}`,
      );
    },
    () => `${compiled} compiled`,
  );
}

// An upper bound: what an earlier build has left in Go's own cache is not compiled again.
async function countPackages({
  moduleDirectory,
  packagePath,
  tags = [],
}: GoBuild): Promise<number> {
  report('loading the list of packages; Go may download modules first ...');
  const { stdout } = await run(
    'go',
    ['list', '-mod=readonly', '-deps', `-tags=${tags.join(' ')}`, packagePath],
    {
      cwd: moduleDirectory,
      env: goEnvironment(),
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  return stdout.trimEnd().split('\n').length;
}

function isPackageName(line: string): boolean {
  return /^[\w.~/-]+$/.test(line);
}
