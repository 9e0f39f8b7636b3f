import { execFileSync } from 'node:child_process';
import { isCi } from './ci.js';

// A pod as far as this package can tell: two variables, and the files of a service account where the
// kubelet mounts them. The files are put there in a mount namespace of the process alone, so that
// nothing of the package has to be told of another place.

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** `$1` is the directory with the files; up to `--` follow directories to be found empty. */
const SCRIPT = `
set -e
mount -t tmpfs none /var/run
mkdir -p ${SERVICE_ACCOUNT}
mount --bind "$1" ${SERVICE_ACCOUNT}
shift
while [ "$1" != -- ]; do mount -t tmpfs none "$1"; shift; done
shift
exec "$@"
`;

export interface PodOptions {
  /** Of the API server. */
  readonly host: string;
  readonly port: string;
  /** A directory with `token`, `ca.crt` and `namespace`; what changes there changes in the pod. */
  readonly serviceAccount: string;
  /** Directories that are empty in the pod, such as packages that are not installed there. */
  readonly empty?: readonly string[];
}

/** The program that starts another one in a pod, with its arguments; the other one follows them. */
export function podCommand({ serviceAccount, empty = [] }: PodOptions): string[] {
  return [...unshare(), 'sh', '-c', SCRIPT, 'pod', serviceAccount, ...empty, '--'];
}

/** What the kubelet sets for a container. */
export function podEnvironment({ host, port }: PodOptions): Record<string, string> {
  return { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
}

function unshare(): string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  return ['unshare', ...asRoot, '--mount'];
}

/** Why there can be none on this machine; undefined where there can, and always in CI. */
export function whyNoPods(): string | undefined {
  if (isCi()) return undefined;
  const [program = '', ...args] = unshare();
  try {
    execFileSync(program, [...args, 'mount', '-t', 'tmpfs', 'none', '/var/run'], {
      stdio: 'ignore',
    });
    return undefined;
  } catch {
    return 'unshare(1) cannot make a mount namespace here';
  }
}
