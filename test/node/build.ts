import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from '../support/cached.js';
import { isCi } from '../support/ci.js';
import { findProgram, installPackages } from '../support/debian.js';
import { findGo, goBuild } from '../support/go-build.js';
import { MissingToolError } from '../support/missing-tool-error.js';
import { canMakeCgroups } from './cgroups.js';

const run = promisify(execFile);

const KUBELET = fileURLToPath(new URL('kubelet', import.meta.url));
const CONTAINERD = fileURLToPath(new URL('containerd', import.meta.url));

const RUNTIME = 'github.com/containerd/containerd/v2/cmd';
/** What would need the headers of C libraries. */
const TAGS = ['no_btrfs', 'no_devmapper', 'no_zfs'];

export interface NodePrograms {
  /** The path of the kubelet. */
  readonly kubelet: string;
  /** The directory with `containerd`, `containerd-shim-runc-v2`, `ctr` and `pause`. */
  readonly containerd: string;
}

/**
 * The programs of a node: kubelet and containerd are built once into the user's cache directory
 * (some four minutes of two cores, after kube-apiserver was built), runc is Debian's.
 *
 * @throws MissingToolError where they cannot be had, or this machine cannot run a node
 */
export async function ensureNodePrograms(): Promise<NodePrograms> {
  const problem = await whyNoNode();
  if (problem !== null) throw new MissingToolError(`This machine can run no node: ${problem}`);
  await ensureRunc();
  return { kubelet: await ensureKubelet(), containerd: await ensureContainerd() };
}

/** Why there can be none on this machine, whatever is installed; null where there can. */
export async function whyNoNode(): Promise<string | null> {
  if (process.platform !== 'linux') return 'it is not Linux';
  if (process.getuid?.() !== 0) return 'it takes root';
  const fileSystems = await readFile('/proc/filesystems', 'utf8');
  if (!/\boverlay\b/.test(fileSystems)) return 'its kernel has no overlayfs';
  try {
    await run('unshare', [
      '--mount',
      '--pid',
      '--fork',
      '--mount-proc',
      'mount',
      '-t',
      'tmpfs',
      'none',
      '/mnt',
    ]);
  } catch {
    return 'unshare(1) can make no namespaces of processes and mounts';
  }
  if (!(await canMakeCgroups())) return 'no cgroups can be made';
  return null;
}

async function ensureKubelet(): Promise<string> {
  const { version } = await findGo(KUBELET);
  return cached({
    name: 'kubelet',
    version,
    sources: ['go.mod', 'go.sum'].map((file) => join(KUBELET, file)),
    make: (output) =>
      goBuild({
        moduleDirectory: KUBELET,
        packagePath: 'k8s.io/kubernetes/cmd/kubelet',
        label: 'kubelet',
        output,
        linkerFlags: '-s -w',
        onSpawn: () => undefined,
      }),
  });
}

async function ensureContainerd(): Promise<string> {
  const { version } = await findGo(CONTAINERD);
  return cached({
    name: 'containerd',
    version,
    sources: ['go.mod', 'go.sum', 'pause/main.go'].map((file) => join(CONTAINERD, file)),
    make: async (directory) => {
      await mkdir(directory, { recursive: true });
      for (const name of ['containerd', 'containerd-shim-runc-v2', 'ctr', 'pause']) {
        await goBuild({
          moduleDirectory: CONTAINERD,
          packagePath: name === 'pause' ? './pause' : `${RUNTIME}/${name}`,
          label: name,
          output: join(directory, name),
          linkerFlags: '-s -w',
          tags: TAGS,
          onSpawn: () => undefined,
        });
      }
    },
  });
}

const NO_RUNC = 'runc is not installed (Debian: apt-get install runc)';

/** Installed where it is missing in CI. */
async function ensureRunc(): Promise<void> {
  if ((await findProgram('runc')) === null && isCi()) await installPackages(['runc'], NO_RUNC);
  if ((await findProgram('runc')) === null) throw new MissingToolError(NO_RUNC);
}
