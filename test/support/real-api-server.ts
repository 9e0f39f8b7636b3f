import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expectStatus, RbacAdministrator, type ApiServerClient } from './api-server-client.js';
import {
  createUsers,
  kubeConfigText,
  writeApiServerFiles,
  type ApiServerFiles,
} from './api-server-files.js';
import { cpuMillisOf } from './api-server-processes.js';
import { CANDIDATE_RULES, READER_RULES } from './api-server-rbac.js';
import type {
  ApiServerUser,
  AuditEvent,
  KubeConfigOptions,
  RbacRule,
  RunningApiServer,
  StartApiServerOptions,
} from './api-server-types.js';
import { ensureApiServerBinaries } from './build-apiserver.js';
import { ControlPlane, type Connection } from './control-plane.js';

export type * from './api-server-types.js';

type Users = ReadonlyMap<string, ApiServerUser>;

/**
 * Starts etcd and kube-apiserver and resolves when the server is ready and its users have their
 * rights, about 3 s later. Builds the programs first where no earlier run has done so.
 *
 * Everything ends with this process, however it ends; `stop()` ends it earlier.
 *
 * @throws MissingToolError where the programs cannot be had on this machine
 * @throws Error with the end of the log, when a server is not ready within 60 s
 */
export async function startRealApiServer(
  options: StartApiServerOptions = {},
): Promise<RunningApiServer> {
  const users = createUsers(['admin', 'candidate', 'reader', 'nobody', ...(options.users ?? [])]);
  const binaries = await ensureApiServerBinaries();
  const directory = await mkdtemp(join(tmpdir(), 'k8s-leader-election-apiserver-'));
  const files = await writeApiServerFiles(directory, users.values());
  const plane = new ControlPlane(binaries, files, users.get('admin')!.token, options);
  try {
    const server = new RealApiServer(plane, await plane.start(), users, files);
    await server.grant('reader', '*', READER_RULES);
    await server.createNamespace('default');
    return server;
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

class RealApiServer implements RunningApiServer {
  readonly caCertificate: string;
  readonly #plane: ControlPlane;
  readonly #client: ApiServerClient;
  readonly #rbac: RbacAdministrator;
  readonly #users: Users;
  readonly #files: ApiServerFiles;
  #stopped: Promise<void> | undefined;

  constructor(plane: ControlPlane, connection: Connection, users: Users, files: ApiServerFiles) {
    this.caCertificate = connection.caCertificate;
    this.#plane = plane;
    this.#client = connection.client;
    this.#users = users;
    this.#files = files;
    this.#rbac = new RbacAdministrator(connection.client, this.user('admin').token);
  }

  get url(): string {
    return this.#plane.url;
  }

  get pids(): { apiServer: number; etcd: number } {
    return this.#plane.pids;
  }

  user(name: string): ApiServerUser {
    const user = this.#users.get(name);
    if (user === undefined) {
      throw new Error(`No user "${name}"; there are ${[...this.#users.keys()].join(', ')}.`);
    }
    return user;
  }

  kubeConfig(user = 'admin', options: KubeConfigOptions = {}): string {
    return kubeConfigText(this.user(user), this.url, this.caCertificate, options);
  }

  async writeKubeConfig(user = 'admin', options: KubeConfigOptions = {}): Promise<string> {
    const path = join(this.#files.directory, `kubeconfig-${user}-${randomUUID()}.yaml`);
    await writeFile(path, this.kubeConfig(user, options), {
      mode: 0o600,
      flag: 'wx',
    });
    return path;
  }

  request: RunningApiServer['request'] = async (user, method, path, body, headers = {}) => {
    const { token } = typeof user === 'string' ? this.user(user) : user;
    return this.#client.request(token, method, path, { body, headers });
  };

  async createNamespace(name: string): Promise<void> {
    await this.#ensure('/api/v1/namespaces', 'Namespace', name);
    await this.grant('candidate', name, CANDIDATE_RULES);
  }

  grant(user: string, namespace: string, rules: readonly RbacRule[]): Promise<void> {
    return this.#rbac.grant(user, namespace, rules);
  }

  revoke(user: string, namespace: string): Promise<void> {
    return this.#rbac.revoke(user, namespace);
  }

  async serviceAccountToken(
    namespace: string,
    name: string,
    { expirationSeconds = 600 }: { readonly expirationSeconds?: number } = {},
  ): Promise<string> {
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await this.#ensure(accounts, 'ServiceAccount', name);
    const response = await this.request('admin', 'POST', `${accounts}/${name}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds },
    });
    expectStatus(response, [201], `Asking for a token of ${namespace}/${name}`);
    return (response.body as { status: { token: string } }).status.token;
  }

  async #ensure(collection: string, kind: string, name: string): Promise<void> {
    const body = { apiVersion: 'v1', kind, metadata: { name } };
    const response = await this.request('admin', 'POST', collection, body);
    expectStatus(response, [201, 409], `Creating the ${kind} ${name}`);
  }

  async auditLog(): Promise<AuditEvent[]> {
    const text = await readFile(this.#files.auditLog, 'utf8').catch((cause: unknown) => {
      throw new Error('There is no audit log; start the server with { audit: true }.', { cause });
    });
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as AuditEvent);
  }

  async cpuMillis(): Promise<{ apiServer: number; etcd: number }> {
    const { apiServer, etcd } = this.pids;
    return {
      apiServer: await cpuMillisOf(apiServer),
      etcd: await cpuMillisOf(etcd),
    };
  }

  killApiServer(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.#plane.killApiServer(signal);
  }

  startApiServerAgain(): Promise<void> {
    return this.#plane.startApiServerAgain();
  }

  killEtcd(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.#plane.killEtcd(signal);
  }

  startEtcdAgain(): Promise<void> {
    return this.#plane.startEtcdAgain();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#plane.stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
