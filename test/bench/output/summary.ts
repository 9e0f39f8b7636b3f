import type { Results } from '../results.js';
import type { ByLibrary } from '../world/bench.js';
import { LIBRARY_IDS } from '../world/library-ids.js';
import type { WeightOf } from '../weights.js';
import { entries, LIBRARY_NAMES, table } from './tables.js';
import { bytes, milliseconds, number, ratio } from './units.js';

/** One figure of each scenario, side by side. */
export function summarySection({ scenarios }: Results): string {
  const { handover, crash, cold, foreign, steady, crowd, contention, thousand, weight } = scenarios;
  const largest = [...new Set(Object.values(crowd ?? {}).flatMap(({ loads }) => loads))]
    .map(({ waiting }) => waiting)
    .reduce((a, b) => Math.max(a, b), 0);
  const waiting: ByLibrary<WeightOf> | undefined = weight && {
    own: weight.of.follower,
    'client-go': weight.of.clientGoFollower,
  };
  const rows = [
    row('clean hand-over, median', handover, ({ gapMs }) => gapMs.median, milliseconds),
    row('clean hand-over, worst', handover, ({ gapMs }) => gapMs.max, milliseconds),
    row('crash, beyond the lease, median', crash, (one) => one.excessMs.median, milliseconds),
    row('crash, beyond the lease, worst', crash, (one) => one.excessMs.max, milliseconds),
    row('cold start, median', cold, (one) => one.fromElectionMs.median, milliseconds),
    row('foreign holder, worst', foreign, (one) => one.untilOverMs.max, milliseconds),
    row('3 candidates, requests/s', steady, ({ loads }) => loads[0]?.net.requests, number),
    row(
      `${largest} waiting, API server CPU ms/s over idle`,
      crowd,
      ({ loads }) => loads.find(({ waiting }) => waiting === largest)?.net.apiServerCpuMs,
      number,
    ),
    row(
      '200 in contention, worst from the third hand-over on',
      contention,
      ({ handovers }) => Math.max(...handovers.slice(2).map(({ gapMs }) => gapMs)),
      milliseconds,
    ),
    row('1,000 elections, memory each', thousand, ({ bytesEach }) => bytesEach, bytes),
    row('a pod that waits, memory', waiting, (one) => one.residentMegabytes.median * 1e6, bytes),
    row('a pod that waits, CPU ms/s', waiting, (one) => one.cpuMsPerSecond.median, number),
  ].filter((cells) => cells !== undefined);
  if (rows.length === 0) return '';
  const names = LIBRARY_IDS.map((id) => LIBRARY_NAMES[id]);
  return `## In short\n\n${table(['', ...names, 'this package to client-go'], rows)}`;
}

function row<T>(
  what: string,
  by: ByLibrary<T> | undefined,
  figure: (one: T) => number | undefined,
  print: (value: number) => string,
): string[] | undefined {
  if (by === undefined || entries(by).length === 0) return undefined;
  const values = LIBRARY_IDS.map((id) => (by[id] === undefined ? undefined : figure(by[id])));
  const [own, clientGo] = values;
  return [
    what,
    ...values.map((value) => (value === undefined ? '-' : print(value))),
    own === undefined ? '-' : ratio(own, clientGo),
  ];
}
