import { setTimeout as delay } from 'node:timers/promises';
import { expectStatus } from '../../support/api-server-client.js';
import { type Distribution, distributionOf } from '../statistics.js';
import { type Bench, type ByLibrary, Fleets, NAMESPACE, settle, TIMINGS } from '../world/bench.js';
import type { Fleet } from '../world/fleet.js';
import type { LibraryId } from '../world/library-ids.js';
import { machineNow } from '../world/protocol.js';

export interface Foreign {
  /** Milliseconds from just before the foreign write was sent until the leader knew it was none. */
  readonly untilOverMs: Distribution;
}

/** Somebody else's name is written over a leader's lease, as kubectl or a stealing client would. */
export async function foreign(bench: Bench): Promise<ByLibrary<Foreign>> {
  const rounds = bench.options.quick ? 2 : 6;
  await using group = new Fleets();
  const fleets = group.all;
  for (const library of bench.libraries) {
    for (let i = 0; i < rounds; i++) {
      const fleet = await bench.fleet(library, 'foreign', { probeMs: 1 });
      fleets.push(fleet);
      await fleet.start();
    }
  }
  const leaders = await Promise.all(fleets.map((fleet) => fleet.awaitLeader()));
  await settle();
  const times: ByLibrary<number[]> = {};
  const rest: Promise<void>[] = [];
  for (const [i, fleet] of fleets.entries()) {
    const { id } = fleet.library;
    const { who } = leaders[i]!;
    const over = bench
      .attempt(`foreign holder, ${id}`, () => overwrite(bench, fleet, who))
      .then((ms) => {
        if (ms === undefined) return;
        (times[id] ??= []).push(ms);
        bench.log(`foreign holder, ${id}: ${ms.toFixed(1)} ms`);
      });
    rest.push(over);
    // One at a time where it is quick, and each at another moment after the last renewal.
    await Promise.race([over, delay(1_000)]);
    await delay(Math.random() * TIMINGS.retryPeriodSeconds * 1_000);
  }
  await Promise.all(rest);
  const results: ByLibrary<Foreign> = {};
  for (const [id, list] of Object.entries(times) as [LibraryId, number[]][]) {
    results[id] = { untilOverMs: distributionOf(list) };
  }
  return results;
}

async function overwrite(bench: Bench, fleet: Fleet, who: string): Promise<number> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/${fleet.lock}`;
  const spec = {
    holderIdentity: 'somebody-else',
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  };
  const sentAt = machineNow();
  const answer = await bench.server.request(
    'admin',
    'PATCH',
    path,
    { spec },
    {
      'Content-Type': 'application/merge-patch+json',
    },
  );
  expectStatus(answer, [200], 'Writing over the lease');
  return (await fleet.when('leadsNoMore', who, sentAt)) - sentAt;
}
