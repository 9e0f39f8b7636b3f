import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onFreePort } from './api-server-processes.js';
import { findProgram, installPackages } from './debian.js';
import { MissingToolError } from './missing-tool-error.js';
import { startServerProcess, type ServerProcess } from './server-process.js';

const PACKAGES = ['nginx', 'libfaketime'];
export const MISSING = `nginx or libfaketime is not installed (Debian: apt-get install ${PACKAGES.join(' ')})`;
const READY_TIMEOUT_MILLIS = 20_000;

/** The paths of the program, and of the library that shifts its clock when it is preloaded. */
export interface NginxTools {
  readonly nginx: string;
  readonly libfaketime: string;
}

/**
 * nginx and libfaketime. Where they are missing on a Debian machine and we are root there, they are
 * installed, unless a service manager runs that would start an nginx for everybody.
 *
 * @throws MissingToolError where they cannot be had
 */
export async function ensureNginx(): Promise<NginxTools> {
  const found = await findNginx();
  if (found !== null) return found;
  if (process.getuid?.() !== 0 || (await exists('/run/systemd/system'))) {
    throw new MissingToolError(MISSING);
  }
  await installPackages(PACKAGES, MISSING);
  const installed = await findNginx();
  if (installed === null) throw new MissingToolError(MISSING);
  return installed;
}

/** Both, where they are installed; null if one is missing. */
export async function findNginx(): Promise<NginxTools | null> {
  const nginx = await findProgram('nginx');
  const machines = { x64: 'x86_64', arm64: 'aarch64' } as Readonly<Record<string, string>>;
  const library = `/usr/lib/${machines[process.arch] ?? process.arch}-linux-gnu/faketime`;
  const libfaketime = join(library, 'libfaketime.so.1');
  return nginx === null || !(await exists(libfaketime)) ? null : { nginx, libfaketime };
}

function exists(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

export interface NginxOptions {
  /** Where requests go, in turn, `http://` or `https://` alike for all. */
  readonly upstreams: readonly string[];
  /** What its clock shows more than that of the machine. */
  readonly aheadSeconds?: number;
}

/** nginx as Debian ships it, with plain HTTP on a free port of 127.0.0.1 before its upstreams. */
export class Nginx implements AsyncDisposable {
  readonly url: string;
  readonly #process: ServerProcess;
  readonly #directory: string;

  private constructor(url: string, process: ServerProcess, directory: string) {
    this.url = url;
    this.#process = process;
    this.#directory = directory;
  }

  static async start({ upstreams, aheadSeconds = 0 }: NginxOptions): Promise<Nginx> {
    const found = await findNginx();
    if (found === null) throw new MissingToolError(MISSING);
    const { nginx, libfaketime } = found;
    const directory = await mkdtemp(join(tmpdir(), 'k8s-leader-election-nginx-'));
    const file = join(directory, 'nginx.conf');
    const clock = {
      LD_PRELOAD: libfaketime,
      FAKETIME: `+${String(aheadSeconds)}s`,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // nginx takes the variables away that libfaketime would otherwise read again every 10 s.
      FAKETIME_CACHE_DURATION: String(2 ** 30),
    };
    let started: ServerProcess | undefined;
    const port = await onFreePort(async (candidate) => {
      await writeFile(file, configuration(directory, candidate, upstreams));
      const env = { ...process.env, ...(aheadSeconds === 0 ? {} : clock) };
      const args = ['-c', file, '-e', join(directory, 'error.log'), '-p', directory];
      started = await startServerProcess(nginx, args, join(directory, 'error.log'), env);
      await started.waitUntil(() => answers(candidate), READY_TIMEOUT_MILLIS);
    });
    if (started === undefined) throw new Error('nginx was not started');
    return new Nginx(`http://127.0.0.1:${port}`, started, directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.signal('SIGKILL');
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function configuration(directory: string, port: number, upstreams: readonly string[]): string {
  const { protocol } = new URL(upstreams[0] ?? 'https://none');
  const servers = upstreams.map((url) => `server ${new URL(url).host} max_fails=0;`);
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = folders.map((name) => `${name}_temp_path ${directory}/${name};`);
  // What is not named here is as Debian ships it: `Date` is its own, and a PUT is repeated.
  return `
daemon off;
master_process off;
pid ${directory}/nginx.pid;
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  upstream servers { ${servers.join(' ')} }
  server {
    listen 127.0.0.1:${String(port)};
    location / {
      proxy_pass ${protocol}//servers;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 1h;
    }
  }
}
`;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/healthz', agent: false }, (response) => {
      response.resume();
      resolve(true);
    });
    request.on('error', () => {
      resolve(false);
    });
  });
}
