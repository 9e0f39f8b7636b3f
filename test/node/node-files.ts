import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The image of the sandbox, and the one of every container: see `images.ts`. */
export const IMAGES = { pause: 'test.local/pause:1', host: 'test.local/host:1' } as const;

/** Where a node keeps what it has, in a directory of its own that goes with it. */
export interface NodeFiles {
  readonly directory: string;
  readonly containerdConfig: string;
  readonly containerdSocket: string;
  readonly kubeletConfig: string;
  readonly kubeConfig: string;
  readonly kubeletDirectory: string;
  readonly logs: string;
}

export interface NodeOptions {
  /** The text of one that may do everything. */
  readonly kubeConfig: string;
  /** Of the kubelet. */
  readonly port: number;
  readonly cgroup: string;
  /** The directory of containerd's programs. */
  readonly programs: string;
}

export async function writeNodeFiles(directory: string, options: NodeOptions): Promise<NodeFiles> {
  const files: NodeFiles = {
    directory,
    containerdConfig: join(directory, 'containerd.toml'),
    containerdSocket: join(directory, 'containerd.sock'),
    kubeletConfig: join(directory, 'kubelet.json'),
    kubeConfig: join(directory, 'kubeconfig'),
    kubeletDirectory: join(directory, 'kubelet'),
    logs: join(directory, 'logs'),
  };
  for (const folder of ['manifests', 'logs', 'kubelet', 'cni']) {
    await mkdir(join(directory, folder), { recursive: true });
  }
  await writeFile(files.containerdConfig, containerdConfig(files, options.programs));
  await writeFile(files.kubeletConfig, JSON.stringify(kubeletConfig(files, options), null, 2));
  await writeFile(files.kubeConfig, options.kubeConfig, { mode: 0o600 });
  return files;
}

function containerdConfig({ directory, containerdSocket }: NodeFiles, programs: string): string {
  return `version = 3
root = '${join(directory, 'containerd')}'
state = '${join(directory, 'containerd-state')}'
disabled_plugins = ['io.containerd.nri.v1.nri']

[grpc]
address = '${containerdSocket}'

[plugins.'io.containerd.cri.v1.images']
snapshotter = 'overlayfs'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = '${IMAGES.pause}'

[plugins.'io.containerd.cri.v1.runtime']
# Not every machine lets root lower an oom_score_adj.
restrict_oom_score_adj = true
disable_apparmor = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
conf_dir = '${join(directory, 'cni')}'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
runtime_path = '${join(programs, 'containerd-shim-runc-v2')}'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = false
`;
}

function kubeletConfig(files: NodeFiles, { port, cgroup }: NodeOptions): object {
  return {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    address: '127.0.0.1',
    port,
    healthzPort: 0,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    cgroupDriver: 'cgroupfs',
    // Of its own: a kubelet ends whatever runs below its root and is no pod that it knows.
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    containerRuntimeEndpoint: `unix://${files.containerdSocket}`,
    imageServiceEndpoint: `unix://${files.containerdSocket}`,
    // One that crashes again and again would be started again after minutes.
    crashLoopBackOff: { maxContainerRestartPeriod: '1s' },
    staticPodPath: join(files.directory, 'manifests'),
    podLogsDir: files.logs,
    // A disk that is nearly full elsewhere must not evict the pods of a test.
    evictionHard: {
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
    },
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: '10s',
  };
}
