import { setTimeout as delay } from 'node:timers/promises';
import { medianOf } from '../statistics.js';
import type { Bench, ByLibrary } from '../world/bench.js';
import type { CandidateProcess, Fleet } from '../world/fleet.js';
import { difference, leaseCounters, total } from '../world/metrics.js';
import { machineNow } from '../world/protocol.js';
import { cpuMillisOf, residentBytesOf } from '../world/usage.js';

/** Rates of the API server over a window, all per second. */
export interface ServerLoad {
  readonly apiServerCpuMs: number;
  readonly etcdCpuMs: number;
  readonly requests: number;
  readonly requestsByVerb: Readonly<Record<string, number>>;
  readonly watchEvents: number;
}

export interface ProcessLoad {
  readonly cpuMsPerSecond: number;
  readonly residentBytes: number;
}

/** The load of a leader and of `waiting` candidates. */
export interface Load {
  readonly waiting: number;
  readonly seconds: number;
  readonly processes: number;
  /** As measured, the idle server's own part included. */
  readonly gross: ServerLoad;
  /** With that of the idle server taken away. */
  readonly net: ServerLoad;
  readonly leader: ProcessLoad;
  /** The median of the processes with waiting candidates. */
  readonly waitingProcess: ProcessLoad;
}

export interface LoadOfLibrary {
  readonly idle: ServerLoad;
  readonly loads: readonly Load[];
}

/** Waiting candidates in one process: a pod each would need more memory than most machines have. */
const PER_PROCESS = 50;
const READING_MS = 500;

/** Three candidates, a process each. */
export function steady(bench: Bench): Promise<ByLibrary<LoadOfLibrary>> {
  return loads(bench, 'steady state', [2]);
}

/** A leader and a crowd that waits. */
export function crowd(bench: Bench): Promise<ByLibrary<LoadOfLibrary>> {
  return loads(bench, 'crowd', [3, 50, 200]);
}

/** An idle server uses a little less from minute to minute: it is watched before and after. */
async function loads(
  bench: Bench,
  what: string,
  sizes: readonly number[],
): Promise<ByLibrary<LoadOfLibrary>> {
  const windowMs = bench.options.quick ? 10_000 : 20_000;
  let before = await idleLoad(bench, windowMs);
  return bench.forEachLibrary(what, bench.libraries, async (library) => {
    const measured: Measurement[] = [];
    for (const waiting of sizes) {
      await using fleet = await bench.fleet(library, `load-${waiting}`);
      const load = await loadOf(bench, fleet, waiting, windowMs);
      measured.push(load);
      const { apiServerCpuMs, requests } = load.gross;
      bench.log(
        `load, ${library.id}, ${waiting} waiting: API server ${apiServerCpuMs.toFixed(1)} ms/s, ` +
          `${requests.toFixed(2)} requests/s`,
      );
    }
    const after = await idleLoad(bench, windowMs);
    const idle = combined(before, after, (a, b) => (a + b) / 2);
    before = after;
    const net = (gross: ServerLoad): ServerLoad => combined(gross, idle, (a, b) => a - b);
    return { idle, loads: measured.map((load) => ({ ...load, net: net(load.gross) })) };
  });
}

async function idleLoad(bench: Bench, windowMs: number): Promise<ServerLoad> {
  // What the last scenario has left to do, such as closing connections, is no idling.
  await delay(3_000);
  const { server } = await rates(bench, windowMs, []);
  bench.log(`idle: API server ${server.apiServerCpuMs.toFixed(1)} ms/s`);
  return server;
}

type Measurement = Omit<Load, 'net'>;

async function loadOf(
  bench: Bench,
  fleet: Fleet,
  waiting: number,
  windowMs: number,
): Promise<Measurement> {
  const leader = await fleet.start();
  await fleet.awaitLeader();
  const processes = await startWaiting(fleet, waiting);
  // Beginnings are over after two polls of the slowest.
  await delay(bench.options.quick ? 5_000 : 9_000);
  const { server: gross, processes: used } = await rates(bench, windowMs, [leader, ...processes]);
  const [ofLeader, ...ofWaiting] = used;
  return {
    waiting,
    seconds: windowMs / 1_000,
    processes: processes.length + 1,
    gross,
    leader: ofLeader!,
    waitingProcess: {
      cpuMsPerSecond: medianOf(ofWaiting.map(({ cpuMsPerSecond }) => cpuMsPerSecond)),
      residentBytes: medianOf(ofWaiting.map(({ residentBytes }) => residentBytes)),
    },
  };
}

/** A few have a process each; many share processes. */
export async function startWaiting(fleet: Fleet, waiting: number): Promise<CandidateProcess[]> {
  const each = waiting < PER_PROCESS ? 1 : PER_PROCESS;
  const processes: CandidateProcess[] = [];
  for (let rest = waiting; rest > 0; rest -= each) {
    processes.push(await fleet.start({ count: Math.min(each, rest) }));
  }
  return processes;
}

/** Watches the server and the processes for a while. */
async function rates(
  bench: Bench,
  windowMs: number,
  processes: readonly CandidateProcess[],
): Promise<{ server: ServerLoad; processes: ProcessLoad[] }> {
  const { server } = bench;
  const cpus = () => Promise.all(processes.map(({ pid }) => cpuMillisOf(pid)));
  // Reading the counters costs CPU of its own, which is kept out of the window of the CPU times.
  const countedFrom = machineNow();
  const counters = await leaseCounters(server);
  await delay(READING_MS);
  const from = machineNow();
  const [cpuBefore, ownBefore] = [await server.cpuMillis(), await cpus()];
  // What is counted spans the whole window: the server renews a lease of its own every 10 s.
  await delay(windowMs - 2 * READING_MS);
  const [cpuAfter, ownAfter] = [await server.cpuMillis(), await cpus()];
  const seconds = (machineNow() - from) / 1_000;
  await delay(READING_MS);
  const countedSeconds = (machineNow() - countedFrom) / 1_000;
  const counted = difference(counters, await leaseCounters(server));
  const memory = await Promise.all(processes.map(({ pid }) => residentBytesOf(pid)));
  return {
    server: {
      apiServerCpuMs: (cpuAfter.apiServer - cpuBefore.apiServer) / seconds,
      etcdCpuMs: (cpuAfter.etcd - cpuBefore.etcd) / seconds,
      requests: total(counted.requests) / countedSeconds,
      requestsByVerb: mapValues(counted.requests, (count) => count / countedSeconds),
      watchEvents: counted.watchEvents / countedSeconds,
    },
    processes: processes.map((_, i) => ({
      cpuMsPerSecond: (ownAfter[i]! - ownBefore[i]!) / seconds,
      residentBytes: memory[i]!,
    })),
  };
}

function combined(
  a: ServerLoad,
  b: ServerLoad,
  combine: (a: number, b: number) => number,
): ServerLoad {
  const verbs = [...new Set([...Object.keys(a.requestsByVerb), ...Object.keys(b.requestsByVerb)])];
  return {
    apiServerCpuMs: combine(a.apiServerCpuMs, b.apiServerCpuMs),
    etcdCpuMs: combine(a.etcdCpuMs, b.etcdCpuMs),
    requests: combine(a.requests, b.requests),
    requestsByVerb: Object.fromEntries(
      verbs.map((verb) => [
        verb,
        combine(a.requestsByVerb[verb] ?? 0, b.requestsByVerb[verb] ?? 0),
      ]),
    ),
    watchEvents: combine(a.watchEvents, b.watchEvents),
  };
}

function mapValues(
  record: Readonly<Record<string, number>>,
  map: (value: number) => number,
): Record<string, number> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
