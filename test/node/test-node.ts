import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findFreePort } from '../support/free-port.js';
import type { RunningApiServer } from '../support/real-api-server.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import { startWatchdog, type Watchdog } from '../support/watchdog.js';
import { ensureNodePrograms, type NodePrograms } from './build.js';
import { makeCgroups, removeCgroups } from './cgroups.js';
import { type NodeFiles, writeNodeFiles } from './node-files.js';
import { writeImages } from './images.js';

const run = promisify(execFile);

const READY_TIMEOUT_MILLIS = 60_000;

/**
 * A node with a kubelet and a container runtime, beside an API server. It lives in namespaces of its
 * own, of processes and of mounts: when their first process ends, all of it is gone.
 */
export class TestNode implements AsyncDisposable {
  readonly name: string;
  readonly #files: NodeFiles;
  readonly #programs: NodePrograms;
  readonly #watchdog: Watchdog;
  #first: ChildProcess | null = null;
  /** The first process of the namespaces, as this machine counts. */
  #init = 0;
  #containerd: ServerProcess | null = null;
  #kubelet: ServerProcess | null = null;

  private constructor(name: string, files: NodeFiles, programs: NodePrograms) {
    this.name = name;
    this.#files = files;
    this.#programs = programs;
    this.#watchdog = startWatchdog(files.directory);
  }

  /** Goes with it. What pods write there is read while they run. */
  get directory(): string {
    return this.#files.directory;
  }

  /** @throws MissingToolError where this machine cannot run one */
  static async start(server: RunningApiServer): Promise<TestNode> {
    const programs = await ensureNodePrograms();
    const directory = await mkdtemp(join(tmpdir(), 'kle-node-'));
    const name = directory.slice(directory.lastIndexOf('/') + 1).toLowerCase();
    const files = await writeNodeFiles(directory, {
      kubeConfig: server.kubeConfig('admin'),
      port: await findFreePort(),
      cgroup: name,
      programs: programs.containerd,
    });
    const node = new TestNode(name, files, programs);
    try {
      await node.#begin();
      return node;
    } catch (error) {
      await node[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    await makeCgroups(this.name);
    const args = [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'sleep',
      'infinity',
    ];
    this.#first = spawn('unshare', args, { stdio: 'ignore' });
    await once(this.#first, 'spawn');
    const { pid = 0 } = this.#first;
    this.#watchdog.guard([pid]);
    while (this.#init === 0) {
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      this.#init = Number(children.trim());
      if (this.#init === 0) await delay(10);
    }
    await this.#startContainerd();
    const { directory } = this.#files;
    for (const image of await writeImages(directory, join(this.#programs.containerd, 'pause'))) {
      await this.#ctr('images', 'import', '--local', image);
    }
    await this.startKubelet();
  }

  async #startContainerd(): Promise<void> {
    this.#containerd = await this.#run('containerd', [
      join(this.#programs.containerd, 'containerd'),
      `--config=${this.#files.containerdConfig}`,
    ]);
    const isReady = (): Promise<boolean> =>
      this.#ctr('version').then(
        () => true,
        () => false,
      );
    await this.#containerd.waitUntil(isReady, READY_TIMEOUT_MILLIS);
  }

  #ctr(...args: readonly string[]): Promise<string> {
    const place = [`--address=${this.#files.containerdSocket}`, '--namespace=k8s.io'];
    return this.#inside(join(this.#programs.containerd, 'ctr'), [...place, ...args]);
  }

  /** containerd dies, and does not find this container again when it starts: its processes live on. */
  async loseContainer(id: string): Promise<void> {
    for (const pid of await childrenOf(this.#containerd)) process.kill(pid, 'SIGKILL');
    const tasks = join(this.directory, 'containerd-state/io.containerd.runtime.v2.task/k8s.io');
    await rename(join(tasks, id), join(this.directory, `lost-${id}`));
    await this.#startContainerd();
  }

  async startKubelet(): Promise<void> {
    const { kubeConfig, kubeletConfig, kubeletDirectory } = this.#files;
    this.#kubelet = await this.#run('kubelet', [
      this.#programs.kubelet,
      `--config=${kubeletConfig}`,
      `--kubeconfig=${kubeConfig}`,
      `--hostname-override=${this.name}`,
      `--root-dir=${kubeletDirectory}`,
      '--v=1',
    ]);
  }

  /** SIGKILL: what it has started goes on. */
  async killKubelet(): Promise<void> {
    for (const pid of await childrenOf(this.#kubelet)) process.kill(pid, 'SIGKILL');
  }

  async #run(name: string, command: readonly string[]): Promise<ServerProcess> {
    const [file, args] = this.#entered(command);
    return startServerProcess(file, args, join(this.#files.directory, `${name}.log`), {
      ...process.env,
      PATH: `${this.#programs.containerd}:${process.env['PATH']}:/usr/sbin:/sbin`,
    });
  }

  async #inside(file: string, args: readonly string[]): Promise<string> {
    const [enter, rest] = this.#entered([file, ...args]);
    return (await run(enter, [...rest])).stdout;
  }

  #entered(command: readonly string[]): [string, readonly string[]] {
    return ['nsenter', [`--target=${this.#init}`, '--mount', '--pid', ...command]];
  }

  /** Its first process takes all others along. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#first !== null && this.#first.exitCode === null && this.#first.signalCode === null) {
      this.#first.kill('SIGKILL');
      await once(this.#first, 'exit');
    }
    await removeCgroups(this.name);
    await this.#watchdog.dismiss();
  }
}

/** As this machine counts them: what was started by nsenter is its child. */
async function childrenOf(server: ServerProcess | null): Promise<number[]> {
  const pid = server?.pid ?? 0;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}
