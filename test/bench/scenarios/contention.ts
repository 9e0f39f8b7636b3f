import { setTimeout as delay } from 'node:timers/promises';
import { type Bench, type ByLibrary, settle } from '../world/bench.js';
import { processOf } from '../world/fleet.js';
import type { Library } from '../world/libraries.js';
import { difference, leaseCounters } from '../world/metrics.js';
import { indexOf, machineNow } from '../world/protocol.js';
import { startWaiting } from './load.js';

export interface ContentionHandover {
  /** From the moment that the old leader's work was told to end. */
  readonly gapMs: number;
  /** Writes to the lease that the API server answered with 409, within the following seconds. */
  readonly conflicts: number;
}

export interface Contention {
  readonly waiting: number;
  /** In the order in which they happened: a crowd may learn from the first. */
  readonly handovers: readonly ContentionHandover[];
}

const WAITING = 200;

/** The leader of a crowd lets go and joins the crowd again, several times in a row. */
export async function contention(bench: Bench): Promise<ByLibrary<Contention>> {
  const libraries = bench.libraries.filter(({ releases }) => releases);
  return bench.forEachLibrary('contention', libraries, (library) => contentionOf(bench, library));
}

async function contentionOf(bench: Bench, library: Library): Promise<Contention> {
  const rounds = bench.options.quick ? 4 : 8;
  await using fleet = await bench.fleet(library, 'contention');
  await fleet.start();
  await fleet.awaitLeader();
  await startWaiting(fleet, WAITING);
  await settle(6_000);
  const handovers: ContentionHandover[] = [];
  for (let round = 0; round < rounds; round++) {
    const { who, process } = await fleet.awaitLeader();
    const before = await leaseCounters(bench.server);
    const since = machineNow();
    process.command(`stop ${indexOf(who)}`);
    const [stoppedAt, next] = await Promise.all([
      fleet.when('stopped', who, since),
      fleet.nextLeader(who, since),
    ]);
    await delay(2_000);
    const { conflicts } = difference(before, await leaseCounters(bench.server));
    handovers.push({ gapMs: next.at - stoppedAt, conflicts });
    bench.log(
      `contention, ${library.id}: ${(next.at - stoppedAt).toFixed(1)} ms, ${conflicts} conflicts`,
    );
    processOf(fleet, who).command(`start ${indexOf(who)}`);
    await settle(bench.options.quick ? 1_000 : 2_500);
  }
  return { waiting: WAITING, handovers };
}
