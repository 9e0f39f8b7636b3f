import { type Cause, isOurs } from './checker.js';
import type { Played } from './round.js';

export interface PairResult {
  readonly library: string;
  readonly kind: 'lease' | 'configmap';
  readonly version: string;
  readonly findings: readonly Played[];
  /** Rounds that did not come to their end, and why. */
  readonly failures: readonly string[];
}

type Row = readonly string[];

const HEAD: Row = [
  'Beside ours',
  'Lock',
  'Rounds',
  'Hand-overs',
  'Nobody led',
  'Ours out, theirs in: least',
  'Theirs out, ours in: least',
  'Overlaps by ours',
  'By theirs, beside ours',
  'Among theirs',
];

/** The figures of one pair of libraries. */
export function pairRow({ library, kind, version, findings, failures }: PairResult): Row {
  const handOvers = findings.flatMap((found) => found.handOvers);
  const overlaps = findings.flatMap((found) => found.overlaps);
  const stuck = findings.flatMap((found) => found.stuck ?? []);
  const least = (oursFirst: boolean): string => {
    const margins = handOvers.flatMap(({ from, to, marginMs }) =>
      isOurs(from) === oursFirst && isOurs(to) !== oursFirst ? [marginMs] : [],
    );
    return margins.length === 0 ? '-' : `${(Math.min(...margins) / 1000).toFixed(2)} s`;
  };
  const caused = (cause: Cause): string => {
    const found = overlaps.filter((overlap) => overlap.cause === cause);
    const longest = Math.max(...found.map(({ ms }) => ms)) / 1000;
    return found.length === 0 ? '0' : `${found.length}, up to ${longest.toFixed(1)} s`;
  };
  const failed = failures.length === 0 ? '' : `, ${failures.length} failed`;
  return [
    `${library} ${version}`,
    kind === 'lease' ? 'Lease' : 'ConfigMap',
    `${findings.length}${failed}`,
    String(handOvers.length),
    stuck.length === 0 ? '0' : `${stuck.length}, ${[...new Set(stuck)].join(' and ')} left`,
    least(true),
    least(false),
    caused('ours'),
    caused('theirs beside ours'),
    caused('theirs'),
  ];
}

export function tableOf(rows: readonly Row[]): string {
  const rule = HEAD.map(() => '---');
  return [HEAD, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
