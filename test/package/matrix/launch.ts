import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { podCommand, podEnvironment } from '../../support/pod.js';
import type { PodApiServer } from '../support/pod-api-server.js';

/** All that a program of the cells is given to find the API server and its lock by. */
const LOCK_NAME = 'matrix';
const LEASE = { resource: 'leases', namespace: 'production', name: LOCK_NAME } as const;

/** A program that hangs is killed after this time. */
const LIMIT_MS = 60_000;

/** How long a program may go on after it has printed the outcome, for whatever a runtime has to tidy up. */
const LINGER_MS = 3000;

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** How long the process went on after it had last printed something. */
  readonly lingeredMs: number;
}

/** Where a program finds the API server: in a pod, or by a kubeconfig file. */
export type Place = 'pod' | 'kubeconfig';

export interface Launch {
  readonly api: PodApiServer;
  readonly place: Place;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program beside the API server, over TLS and with a token, and waits for its end. */
export async function launch(program: readonly string[], how: Launch): Promise<Ran> {
  const prefix = how.place === 'pod' ? podCommand(how.api.pod) : [];
  const [command = '', ...args] = [...prefix, ...program];
  const child = spawn(command, args, {
    ...{ cwd: how.cwd, env: await environment(how), stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let [stdout, stderr, printedAt] = ['', '', performance.now()];
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString();
    printedAt = performance.now();
  });
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(limit);
  return { code, signal, stdout, stderr, lingeredMs: performance.now() - printedAt };
}

/** Neither the home directory nor the settings of whoever runs this. */
export async function environment({ api, place, cwd, env }: Launch): Promise<NodeJS.ProcessEnv> {
  const usual = { PATH: process.env['PATH'], HOME: cwd, LOCK_NAME, NO_COLOR: '1', ...env };
  if (place === 'pod') return { ...usual, ...podEnvironment(api.pod) };
  return { ...usual, KUBECONFIG: await writeKubeConfig(api) };
}

async function writeKubeConfig({ pod }: PodApiServer): Promise<string> {
  const read = (name: string) => readFile(join(pod.serviceAccount, name));
  const [ca, token] = [await read('ca.crt'), await read('token')];
  const server = `https://${pod.host}:${pod.port}`;
  const file = join(pod.serviceAccount, 'kubeconfig');
  const named = (value: object) => [{ name: 'matrix', ...value }];
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'matrix' },
    clusters: named({ cluster: { server, 'certificate-authority-data': ca.toString('base64') } }),
    users: named({ user: { token: token.toString() } }),
    contexts: named({ context: { cluster: 'matrix', user: 'matrix' } }),
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** The holder in the Lease; undefined where there is none. */
export function holder({ server }: PodApiServer): unknown {
  const lease = server.store.get(LEASE) as { spec?: { holderIdentity?: unknown } } | null;
  return lease?.spec?.holderIdentity;
}

/** What Deno says of a module that is used by what client-node 1 brings along. */
const DEPRECATED = /^\(node:\d+\) \[DEP0040\] .*\n/m;

/**
 * Throws unless two candidates led one after the other and let go, and the process has ended by itself
 * right after it.
 */
export function mustHaveElected(
  { code, signal, stdout, stderr, lingeredMs }: Ran,
  api: PodApiServer,
): void {
  const said = `\n${stdout}${stderr}`.slice(0, 3000);
  if (code !== 0) throw new Error(`ended with ${code ?? signal}:${said}`);
  if (stderr.replace(DEPRECATED, '') !== '') throw new Error(`printed errors:${said}`);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  const { outcomes, handOverMs } = JSON.parse(line) as { outcomes: object[]; handOverMs: number };
  const clean = JSON.stringify({
    reason: 'stopped',
    led: true,
    released: true,
    workFinished: true,
  });
  const odd = outcomes.filter((outcome) => JSON.stringify(outcome) !== clean);
  if (outcomes.length !== 2 || odd.length > 0) throw new Error(`an odd outcome:${said}`);
  if (!(handOverMs < 5000)) throw new Error(`the hand-over took ${handOverMs} ms`);
  if (holder(api) !== '') throw new Error(`the Lease is held by ${JSON.stringify(holder(api))}`);
  if (lingeredMs > LINGER_MS) {
    throw new Error(`the process went on for ${Math.round(lingeredMs)} ms after its last line`);
  }
}
