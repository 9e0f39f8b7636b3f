import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { ApiServerClient } from './api-server-client.js';
import { lastCertificate, type ApiServerFiles } from './api-server-files.js';
import { onFreePort, startEtcd, startKubeApiserver } from './api-server-processes.js';
import type { StartApiServerOptions } from './api-server-types.js';
import type { ApiServerBinaries } from './build-apiserver.js';
import type { ServerProcess } from './server-process.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

const PROBE_TIMEOUT_MILLIS = 2000;

export interface Connection {
  readonly client: ApiServerClient;
  readonly caCertificate: string;
}

/** The two processes of one API server, and the directory that goes away with them. */
export class ControlPlane {
  readonly #binaries: ApiServerBinaries;
  readonly #files: ApiServerFiles;
  readonly #options: StartApiServerOptions;
  readonly #adminToken: string;
  readonly #watchdog: Watchdog;
  readonly #ports = { apiServer: 0, etcd: 0 };
  #apiServer: ServerProcess | undefined;
  #etcd: ServerProcess | undefined;
  #connection: Connection | undefined;

  constructor(
    binaries: ApiServerBinaries,
    files: ApiServerFiles,
    adminToken: string,
    options: StartApiServerOptions,
  ) {
    this.#binaries = binaries;
    this.#files = files;
    this.#adminToken = adminToken;
    this.#options = options;
    this.#watchdog = startWatchdog(files.directory);
  }

  get url(): string {
    return `https://127.0.0.1:${this.#ports.apiServer}`;
  }

  get pids(): { apiServer: number; etcd: number } {
    return { apiServer: this.#apiServer?.pid ?? 0, etcd: this.#etcd?.pid ?? 0 };
  }

  /** Starts both for the first time, each on a port that is free. */
  async start(): Promise<Connection> {
    this.#ports.etcd = await onFreePort((port) => this.#spawnEtcd(port));
    this.#ports.apiServer = await onFreePort((port) => this.#spawnApiServer(port));
    if (this.#connection === undefined) throw new Error('A ready server without a connection.');
    return this.#connection;
  }

  async killApiServer(signal: NodeJS.Signals): Promise<void> {
    await this.#apiServer?.signal(signal);
    this.#guard();
  }

  async killEtcd(signal: NodeJS.Signals): Promise<void> {
    await this.#etcd?.signal(signal);
    this.#guard();
  }

  async startApiServerAgain(): Promise<void> {
    if (this.#apiServer?.running) throw new Error('kube-apiserver is running.');
    await this.#spawnApiServer(this.#ports.apiServer);
  }

  async startEtcdAgain(): Promise<void> {
    if (this.#etcd?.running) throw new Error('etcd is running.');
    await this.#spawnEtcd(this.#ports.etcd);
  }

  /**
   * Nothing of the data is kept, so neither process is given time to end gracefully. SIGKILL also
   * ends a process that a test has frozen.
   */
  async stop(): Promise<void> {
    this.#connection?.client.close();
    await this.#apiServer?.signal('SIGKILL');
    await this.#etcd?.signal('SIGKILL');
    await this.#watchdog.dismiss();
    await rm(this.#files.directory, { recursive: true, force: true });
  }

  async #spawnEtcd(port: number): Promise<void> {
    await startEtcd(this.#binaries.etcd, this.#files, port, (etcd) => {
      this.#etcd = etcd;
      this.#guard();
    });
  }

  async #spawnApiServer(port: number): Promise<void> {
    const { audit = false, apiServerArguments: more = [] } = this.#options;
    await startKubeApiserver(
      this.#binaries.kubeApiserver,
      this.#files,
      { port, etcdPort: this.#ports.etcd, audit, more },
      () => this.#isReady(port),
      (apiServer) => {
        this.#apiServer = apiServer;
        this.#guard();
      },
    );
  }

  async #isReady(port: number): Promise<boolean> {
    let connection = this.#connection;
    try {
      connection ??= await this.#connect(port);
      const { status } = await connection.client.request(this.#adminToken, 'GET', '/readyz', {
        timeoutMillis: PROBE_TIMEOUT_MILLIS,
      });
      if (status !== 200) return false;
      this.#connection = connection;
      return true;
    } catch {
      // Not listening yet, or its certificate is only half written.
      return false;
    } finally {
      if (connection !== this.#connection) connection?.client.close();
    }
  }

  // The server makes its certificate when it first starts, so there is none to trust before.
  async #connect(port: number): Promise<Connection> {
    const pem = await readFile(join(this.#files.certificates, 'apiserver.crt'), 'utf8');
    const caCertificate = lastCertificate(pem);
    const url = `https://127.0.0.1:${port}`;
    return { caCertificate, client: new ApiServerClient(url, caCertificate) };
  }

  #guard(): void {
    const processes = [this.#apiServer, this.#etcd];
    this.#watchdog.guard(processes.flatMap((one) => (one?.running ? [one.pid] : [])));
  }
}
