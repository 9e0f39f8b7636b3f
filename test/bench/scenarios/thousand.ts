import { setTimeout as delay } from 'node:timers/promises';
import { type Bench, type ByLibrary, LISTING_USER } from '../world/bench.js';
import type { Library } from '../world/libraries.js';
import { difference, leaseCounters, total } from '../world/metrics.js';
import { machineNow } from '../world/protocol.js';
import { connectionsOf, cpuMillisOf, residentBytesOf } from '../world/usage.js';

export interface Thousand {
  readonly elections: number;
  /** From the command to start the others until the last one led. */
  readonly allLeadMs: number;
  /** Of each further election, after a garbage collection; in Go with the goroutines' stacks. */
  readonly bytesEach: number;
  readonly residentBytes: number;
  readonly connections: number;
  readonly cpuMsPerSecond: number;
  readonly apiServerCpuMsPerSecond: number;
  /** For leases, by all of them together. */
  readonly requestsPerSecond: number;
  /** Terms that ended while nothing was wrong with the cluster. */
  readonly lost: number;
  /** Of the event loop, where there is one. */
  readonly loopP99Ms?: number;
  readonly loopMaxMs?: number;
}

/** Many elections in one process, all of them leading, each with a lease of its own. */
export function thousand(bench: Bench): Promise<ByLibrary<Thousand>> {
  // The Python client runs a thread for each election, which nobody would do a thousand times.
  const libraries = bench.libraries.filter(({ id }) => id !== 'python');
  return bench.forEachLibrary('1,000 elections', libraries, (library) =>
    thousandOf(bench, library),
  );
}

async function thousandOf(bench: Bench, library: Library): Promise<Thousand> {
  const elections = 1_000;
  const windowMs = bench.options.quick ? 8_000 : 20_000;
  await using fleet = await bench.fleet(library, 'many', {
    user: LISTING_USER,
    lockEach: true,
    measureLoop: library.id === 'own',
  });
  const process = await fleet.start({ count: elections, startNow: 1 });
  await fleet.awaitLeader();
  // The first renewals, so that what is loaded at first use belongs to the first election.
  await delay(5_000);
  const one = await fleet.measure(process);
  const from = machineNow();
  process.command('startRest');
  await fleet.waitFor(
    'all to lead',
    () => (fleet.count('leads') >= elections ? true : undefined),
    120_000,
  );
  const allLeadMs = machineNow() - from;
  bench.log(`1,000 elections, ${library.id}: all lead after ${(allLeadMs / 1_000).toFixed(1)} s`);
  await delay(bench.options.quick ? 5_000 : 10_000);

  process.command('resetLoop');
  const counters = await leaseCounters(bench.server);
  const { apiServer } = await bench.server.cpuMillis();
  const [cpuBefore, since] = [await cpuMillisOf(process.pid), machineNow()];
  await delay(windowMs);
  const connections = await connectionsOf(process.pid, Number(new URL(bench.server.url).port));
  const seconds = (machineNow() - since) / 1_000;
  const cpuMs = (await cpuMillisOf(process.pid)) - cpuBefore;
  const apiServerMs = (await bench.server.cpuMillis()).apiServer - apiServer;
  const counted = difference(counters, await leaseCounters(bench.server));
  const residentBytes = await residentBytesOf(process.pid);
  const all = await fleet.measure(process);
  const bytes = all.heapBytes + all.stackBytes - one.heapBytes - one.stackBytes;
  return {
    elections,
    allLeadMs,
    bytesEach: bytes / (elections - 1),
    residentBytes,
    connections,
    cpuMsPerSecond: cpuMs / seconds,
    apiServerCpuMsPerSecond: apiServerMs / seconds,
    requestsPerSecond: total(counted.requests) / seconds,
    lost: fleet.count('stopped'),
    ...(all.loopP99Ms === undefined ? {} : { loopP99Ms: all.loopP99Ms }),
    ...(all.loopMaxMs === undefined ? {} : { loopMaxMs: all.loopMaxMs }),
  };
}
