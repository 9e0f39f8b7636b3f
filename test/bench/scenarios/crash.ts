import { setTimeout as delay } from 'node:timers/promises';
import { type Distribution, distributionOf } from '../statistics.js';
import { type Bench, type ByLibrary, Fleets, NAMESPACE, settle, TIMINGS } from '../world/bench.js';
import type { Fleet } from '../world/fleet.js';
import { LeaseWatch } from '../world/lease-watch.js';
import type { LibraryId } from '../world/library-ids.js';

export interface Crash {
  /** Milliseconds from the last renewal's commit, as a watch shows it, plus the lease duration. */
  readonly excessMs: Distribution;
  /** Milliseconds from the SIGKILL. */
  readonly takeoverMs: Distribution;
}

interface Takeover {
  readonly excessMs: number;
  readonly takeoverMs: number;
}

/** Fleets of a library side by side: almost all of a round is waiting for the lease to run out. */
const FLEETS = 2;

/**
 * Three candidates; the leader gets SIGKILL. All libraries go through a round together, so that no
 * process is being started while another library's takeover is timed.
 */
export async function crash(bench: Bench): Promise<ByLibrary<Crash>> {
  const { quick, rounds = quick ? FLEETS : 20 } = bench.options;
  await using group = new Fleets();
  const fleets = group.all;
  using watch = await LeaseWatch.open(bench.server, NAMESPACE);
  for (const library of bench.libraries) {
    for (let i = 0; i < FLEETS; i++) {
      const fleet = await bench.fleet(library, 'crash');
      fleets.push(fleet);
      for (let j = 0; j < 3; j++) await fleet.start();
    }
  }
  const takeovers: ByLibrary<Takeover[]> = {};
  for (let round = 0; round < rounds; round += FLEETS) {
    const crowds = await bench.attempt('crash', () =>
      Promise.all(fleets.map((fleet) => fleet.awaitLeader())),
    );
    // What was measured before stays.
    if (crowds === undefined) break;
    await settle();
    await Promise.all(
      fleets.map((fleet, i) =>
        bench.attempt(`crash, ${fleet.library.id}`, async () => {
          const takeover = await takeoverOf(fleet, crowds[i]!.who, watch);
          const list = (takeovers[fleet.library.id] ??= []);
          list.push(takeover);
          bench.log(`crash, ${fleet.library.id}: ${takeover.excessMs.toFixed(1)} ms beyond`);
        }),
      ),
    );
    for (const fleet of fleets) await fleet.start();
  }
  const results: ByLibrary<Crash> = {};
  for (const [id, list] of Object.entries(takeovers) as [LibraryId, Takeover[]][]) {
    results[id] = {
      excessMs: distributionOf(list.map(({ excessMs }) => excessMs)),
      takeoverMs: distributionOf(list.map(({ takeoverMs }) => takeoverMs)),
    };
  }
  return results;
}

async function takeoverOf(fleet: Fleet, who: string, watch: LeaseWatch): Promise<Takeover> {
  // Each leader dies at another time after its last renewal.
  await delay(Math.random() * TIMINGS.retryPeriodSeconds * 1_000);
  const leader = fleet.processes.find(({ name }) => who.startsWith(`${name}-`))!;
  const killedAt = await fleet.end(leader, 'SIGKILL');
  const next = await fleet.nextLeader(who, killedAt);
  const expiry = watch.lastRenewal(fleet.lock, who) + TIMINGS.leaseDurationSeconds * 1_000;
  return { excessMs: next.at - expiry, takeoverMs: next.at - killedAt };
}
