import { setTimeout as delay } from 'node:timers/promises';
import { type Distribution, distributionOf } from '../statistics.js';
import { type Bench, type ByLibrary, Fleets, NAMESPACE } from '../world/bench.js';
import type { Fleet } from '../world/fleet.js';
import { LeaseWatch } from '../world/lease-watch.js';
import type { LibraryId } from '../world/library-ids.js';
import { machineNow } from '../world/protocol.js';

export interface ColdStart {
  /** Milliseconds from when the first new candidate's election began. */
  readonly fromElectionMs: Distribution;
  /** Milliseconds from when the first new process was spawned: the runtime's start is in it. */
  readonly fromSpawnMs: Distribution;
}

interface Start {
  readonly fromElectionMs: number;
  readonly fromSpawnMs: number;
}

/** For how long nobody has renewed when the new candidates start. */
const DOWN_MS = 60_000;

/** Every candidate was killed, a minute has passed, and three new ones start. */
export async function cold(bench: Bench): Promise<ByLibrary<ColdStart>> {
  const rounds = bench.options.quick ? 1 : 3;
  await using group = new Fleets();
  const fleets = group.all;
  using watch = await LeaseWatch.open(bench.server, NAMESPACE);
  for (const library of bench.libraries) {
    for (let i = 0; i < rounds; i++) {
      const fleet = await bench.fleet(library, 'cold');
      fleets.push(fleet);
      await fleet.start();
    }
  }
  const leaders = await Promise.all(fleets.map((fleet) => fleet.awaitLeader()));
  await delay(3_000);
  await Promise.all(fleets.map((fleet, i) => fleet.end(leaders[i]!.process, 'SIGKILL')));
  await delay(500);
  const last = fleets.map(({ lock }, i) => watch.lastRenewal(lock, leaders[i]!.who));
  bench.log(`cold start: everybody is dead, waiting for ${DOWN_MS / 1_000} s`);
  await delay(Math.max(...last) + DOWN_MS + 500 - machineNow());

  const starts: ByLibrary<Start[]> = {};
  const restarts: Promise<void>[] = [];
  for (const [i, fleet] of fleets.entries()) {
    const { id } = fleet.library;
    const restarted = bench
      .attempt(`cold start, ${id}`, () => startAgain(fleet, leaders[i]!.who))
      .then((start) => {
        if (start === undefined) return;
        (starts[id] ??= []).push(start);
        bench.log(`cold start, ${id}: ${start.fromElectionMs.toFixed(0)} ms`);
      });
    restarts.push(restarted);
    // Starting takes CPU, so that only one fleet does it at a time; waiting for a lease takes none.
    await Promise.race([restarted, delay(3_000)]);
  }
  await Promise.all(restarts);
  const results: ByLibrary<ColdStart> = {};
  for (const [id, list] of Object.entries(starts) as [LibraryId, Start[]][]) {
    results[id] = {
      fromElectionMs: distributionOf(list.map(({ fromElectionMs }) => fromElectionMs)),
      fromSpawnMs: distributionOf(list.map(({ fromSpawnMs }) => fromSpawnMs)),
    };
  }
  return results;
}

async function startAgain(fleet: Fleet, oldLeader: string): Promise<Start> {
  const processes = [fleet.spawn(), fleet.spawn(), fleet.spawn()];
  const since = Math.min(...processes.map(({ spawnedAt }) => spawnedAt));
  const leads = await fleet.nextLeader(oldLeader, since);
  const ups = processes.flatMap(({ upAt }) => upAt ?? []);
  return { fromElectionMs: leads.at - Math.min(...ups), fromSpawnMs: leads.at - since };
}
