import { type Bench, type ByLibrary, settle } from '../world/bench.js';
import type { Library } from '../world/libraries.js';
import { type Distribution, distributionOf } from '../statistics.js';

export interface Handover {
  /** Milliseconds from the moment that the old leader's work was told to end. */
  readonly gapMs: Distribution;
  /** Rounds in which the new leader began before that. */
  readonly overlaps: number;
}

/** Three candidates; the leader gets SIGTERM, and a new candidate takes its place in the crowd. */
export function handover(bench: Bench): Promise<ByLibrary<Handover>> {
  return bench.forEachLibrary('hand-over', bench.libraries, (library) =>
    handoverOf(bench, library, roundsOf(bench, library)),
  );
}

function roundsOf({ options: { quick, rounds } }: Bench, library: Library): number {
  // A library that never releases waits for a whole lease each time, as after a crash.
  if (!library.releases) return quick ? 1 : Math.min(rounds ?? 3, 3);
  return rounds ?? (quick ? 4 : 20);
}

async function handoverOf(bench: Bench, library: Library, rounds: number): Promise<Handover> {
  await using fleet = await bench.fleet(library, 'handover');
  for (let i = 0; i < 3; i++) await fleet.start();
  const gaps: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { who, process } = await fleet.awaitLeader();
    await settle(1_500);
    const termAt = await fleet.end(process, 'SIGTERM');
    const stoppedAt = await fleet.when('stopped', who, termAt);
    const next = await fleet.nextLeader(who, termAt);
    gaps.push(next.at - stoppedAt);
    bench.log(`hand-over, ${library.id}: ${(next.at - stoppedAt).toFixed(1)} ms`);
    await fleet.start();
  }
  return { gapMs: distributionOf(gaps), overlaps: gaps.filter((gap) => gap < 0).length };
}
