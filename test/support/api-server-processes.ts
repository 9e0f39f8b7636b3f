import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';

import type { ApiServerFiles } from './api-server-files.js';
import { findFreePort } from './free-port.js';
import { PortTakenError, startServerProcess, type ServerProcess } from './server-process.js';

const READY_TIMEOUT_MILLIS = 60_000;
const PORT_ATTEMPTS = 5;
/** Linux counts CPU time for programs in hundredths of a second, whatever the kernel's own tick. */
const MILLIS_PER_CLOCK_TICK = 10;

/** Starts on a free port; a port that another process takes in between is replaced. */
export async function onFreePort(start: (port: number) => Promise<void>): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    try {
      await start(port);
      return port;
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** Called with a process as soon as it exists, so that it can be guarded before it is ready. */
export type OnSpawn = (process: ServerProcess) => void;

export async function startEtcd(
  binary: string,
  files: ApiServerFiles,
  port: number,
  onSpawn: OnSpawn,
): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  const etcd = await startServerProcess(
    binary,
    [
      '--name=default',
      `--data-dir=${files.etcdData}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      // No other member ever connects, so nobody needs to know which port this is.
      '--listen-peer-urls=http://127.0.0.1:0',
      // The data is thrown away in the end, so it need not survive the machine.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    join(files.directory, 'etcd.log'),
  );
  onSpawn(etcd);
  await readyOrKilled(etcd, () => answersOk(`${url}/readyz`));
}

export async function startKubeApiserver(
  binary: string,
  files: ApiServerFiles,
  options: {
    readonly port: number;
    readonly etcdPort: number;
    readonly audit: boolean;
    readonly more: readonly string[];
  },
  ready: () => Promise<boolean>,
  onSpawn: OnSpawn,
): Promise<void> {
  const audit = [`--audit-policy-file=${files.auditPolicy}`, `--audit-log-path=${files.auditLog}`];
  const apiServer = await startServerProcess(
    binary,
    [
      '--bind-address=127.0.0.1',
      `--secure-port=${options.port}`,
      '--advertise-address=127.0.0.1',
      // Nothing in this cluster looks the server up, and a loopback address is no valid endpoint.
      '--endpoint-reconciler-type=none',
      `--etcd-servers=http://127.0.0.1:${options.etcdPort}`,
      `--cert-dir=${files.certificates}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      `--token-auth-file=${files.tokens}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${files.signingKey}`,
      `--service-account-key-file=${files.verifyingKey}`,
      // No controller makes the default service accounts that this plugin insists on.
      '--disable-admission-plugins=ServiceAccount',
      ...(options.audit ? audit : []),
      ...options.more,
    ],
    join(files.directory, 'kube-apiserver.log'),
  );
  onSpawn(apiServer);
  await readyOrKilled(apiServer, ready);
}

// A process that is not ready in time is of no use to anybody, and must not be left behind.
async function readyOrKilled(server: ServerProcess, probe: () => Promise<boolean>): Promise<void> {
  try {
    await server.waitUntil(probe, READY_TIMEOUT_MILLIS);
  } catch (error) {
    await server.signal('SIGKILL');
    throw error;
  }
}

function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = httpRequest(url, { agent: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(false));
    outgoing.end();
  });
}

/** User and system time of a process so far, from /proc. */
export async function cpuMillisOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in brackets, and may hold spaces of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return (userTicks + systemTicks) * MILLIS_PER_CLOCK_TICK;
}
