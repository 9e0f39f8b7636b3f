import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CANDIDATE_RULES } from '../../support/api-server-rbac.js';
import { podCommand, podEnvironment } from '../../support/pod.js';
import { distributionOf } from '../statistics.js';
import { type Weight, type WeightName, type WeightOf, WEIGHTS } from '../weights.js';
import { type Bench, NAMESPACE } from '../world/bench.js';
import { FirstRequest } from '../world/first-request.js';
import { installSize, podPeers } from '../world/install-size.js';
import { ROOT } from '../world/libraries.js';
import { machineNow } from '../world/protocol.js';
import { childrenOf, cpuNanosOf, peakBytesOf, residentBytesOf } from '../world/usage.js';

const ACCOUNT = 'weighed';
/** In a pod nobody needs it. */
const NOT_INSTALLED = join(ROOT, 'node_modules/@kubernetes');
/** The start of a process is no part of what it uses while it waits. */
const SETTLED_MS = 10_000;

interface Sample {
  readonly resident: number;
  readonly peak: number;
  readonly cpu: number;
  readonly startMs: number | undefined;
}

/** What a candidate costs a pod that does nothing else, beside the least that it could cost. */
export async function weight(bench: Bench): Promise<Weight> {
  const { quick } = bench.options;
  const seconds = quick ? 15 : 300;
  const rounds = bench.options.rounds ?? (quick ? 1 : 3);
  await using pods = await Pods.open(bench);
  const samples = new Map<WeightName, Sample[]>(WEIGHTS.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, sample] of await roundOf(bench, pods, round, seconds)) {
      samples.get(name)!.push(sample);
      const { resident, peak, cpu, startMs } = sample;
      const start = startMs === undefined ? '' : `, start ${startMs.toFixed(0)} ms`;
      bench.log(
        `weight, ${name}: ${resident.toFixed(1)} MB, peak ${peak.toFixed(1)} MB, ` +
          `${cpu.toFixed(2)} ms/s${start}`,
      );
    }
  }
  const of = Object.fromEntries([...samples].map(([name, all]) => [name, summarized(all)]));
  return {
    seconds,
    of: of as Record<WeightName, WeightOf>,
    installBytes: await installSize(ROOT, await podPeers(ROOT)),
  };
}

async function roundOf(
  bench: Bench,
  pods: Pods,
  round: number,
  seconds: number,
): Promise<Map<WeightName, Sample>> {
  const lock = `weight-${round}`;
  const { app, watch, renew, bare, cli } = bench.podPrograms;
  const clientGo = bench.libraries.find(({ id }) => id === 'client-go');
  await using fleet = clientGo === undefined ? null : await bench.fleet(clientGo, 'weight');
  await using weighed = new Weighed();
  // One after another, so that the start of one is not that of two.
  const leader = await weighed.start(pods, [app, lock]);
  await delay(1_000);
  const found = new Map<WeightName, Started>([
    ['leader', leader],
    ['bareNode', await weighed.start(pods, [bare])],
    ['handWatch', await weighed.start(pods, [watch, lock])],
    ['handRenewal', await weighed.start(pods, [renew, `${lock}-hand`])],
    ['follower', await weighed.start(pods, [app, lock])],
    [
      'run',
      await weighed.start(pods, [
        cli,
        'run',
        '--quiet',
        '--lease',
        `${lock}-run`,
        '--',
        'sleep',
        '9999',
      ]),
    ],
  ]);
  if (fleet !== null) {
    found.set('clientGoLeader', { pid: (await fleet.start()).pid, startMs: undefined });
    await fleet.awaitLeader();
    found.set('clientGoFollower', { pid: (await fleet.start()).pid, startMs: undefined });
  }
  await delay(SETTLED_MS);
  const from = machineNow();
  const before = await mapped(found, ({ pid }) => cpuOf(pid));
  await delay(seconds * 1_000 - SETTLED_MS);
  const after = await mapped(found, ({ pid }) => cpuOf(pid));
  const elapsed = (machineNow() - from) / 1_000;
  return await mapped(found, async ({ pid, startMs }, name) => ({
    resident: await sumOf(pid, residentBytesOf),
    peak: await sumOf(pid, peakBytesOf),
    cpu: (after.get(name)! - before.get(name)!) / 1e6 / elapsed,
    startMs,
  }));
}

function cpuOf(pid: number): Promise<number> {
  return sumOf(pid, cpuNanosOf, 1);
}

/** Of the process, and of the guard that `run` has started; not of the command behind that. */
async function sumOf(
  pid: number,
  read: (pid: number) => Promise<number>,
  unit = 1e6,
): Promise<number> {
  const values = await Promise.all([pid, ...(await childrenOf(pid))].map(read));
  return values.reduce((sum, value) => sum + value, 0) / unit;
}

async function mapped<T, U>(
  map: ReadonlyMap<WeightName, T>,
  each: (value: T, name: WeightName) => Promise<U>,
): Promise<Map<WeightName, U>> {
  const entries = [...map].map(async ([name, value]) => [name, await each(value, name)] as const);
  return new Map(await Promise.all(entries));
}

function summarized(samples: readonly Sample[]): WeightOf {
  const starts = samples.map(({ startMs }) => startMs).filter((ms) => ms !== undefined);
  return {
    residentMegabytes: distributionOf(samples.map(({ resident }) => resident)),
    peakMegabytes: distributionOf(samples.map(({ peak }) => peak)),
    cpuMsPerSecond: distributionOf(samples.map(({ cpu }) => cpu)),
    ...(starts.length === 0 ? {} : { startMs: distributionOf(starts) }),
  };
}

interface Started {
  readonly pid: number;
  readonly startMs: number | undefined;
}

/** A service account with the rights of a candidate, as files. */
class Pods implements AsyncDisposable {
  private constructor(
    readonly directory: string,
    readonly apiServerPort: number,
  ) {}

  static async open({ server }: Bench): Promise<Pods> {
    const directory = await mkdtemp(join(tmpdir(), 'weight-'));
    await server.grant(`system:serviceaccount:${NAMESPACE}:${ACCOUNT}`, NAMESPACE, CANDIDATE_RULES);
    const token = await server.serviceAccountToken(NAMESPACE, ACCOUNT, {
      expirationSeconds: 7_200,
    });
    await writeFile(join(directory, 'token'), token);
    await writeFile(join(directory, 'ca.crt'), server.caCertificate);
    await writeFile(join(directory, 'namespace'), NAMESPACE);
    return new Pods(directory, Number(new URL(server.url).port));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Processes in pods of their own, that end together. */
class Weighed implements AsyncDisposable {
  readonly #children: ChildProcess[] = [];
  readonly #doors: FirstRequest[] = [];

  /** Starts Node with these arguments, and waits until it has sent something. */
  async start(pods: Pods, args: readonly string[]): Promise<Started> {
    const door = await FirstRequest.listen(pods.apiServerPort);
    this.#doors.push(door);
    const pod = {
      host: '127.0.0.1',
      port: String(door.port),
      serviceAccount: pods.directory,
      empty: [NOT_INSTALLED],
    };
    const [command = '', ...rest] = [...podCommand(pod), process.execPath, ...args];
    const startedAt = machineNow();
    const child = spawn(command, rest, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...podEnvironment(pod) },
    });
    this.#children.push(child);
    const end = startedAt + 30_000;
    const sent = (): number | undefined => (args.length === 1 ? door.connectedAt : door.sentAt);
    while (sent() === undefined) {
      if (machineNow() > end) throw new Error(`${args.join(' ')} has sent nothing`);
      await delay(5);
    }
    return { pid: child.pid!, startMs: sent()! - startedAt };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ends = this.#children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exit;
      clearTimeout(timer);
    });
    await Promise.all(ends);
    await Promise.all(this.#doors.map((door) => door[Symbol.asyncDispose]()));
  }
}
