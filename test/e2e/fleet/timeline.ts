import type { Report } from './report.js';

/** A stretch of time in which one process got `true` from `isLeader()`. */
export interface Reign {
  readonly who: string;
  readonly from: number;
  /** The last time that it was asked and answered true; for a killed process, when the kill was sent. */
  readonly to: number;
}

/**
 * Reads the reigns out of the reports, and nothing else: it knows no election, no lock and no
 * timing. A reign that goes on ends at `nowAt`.
 */
export function reignsOf(reports: readonly Report[], nowAt: number): Reign[] {
  const open = new Map<string, number>();
  const reigns: Reign[] = [];
  const end = (who: string, to: number): void => {
    const from = open.get(who);
    open.delete(who);
    if (from !== undefined) reigns.push({ who, from, to });
  };
  for (const report of reports) {
    if (report.event === 'leads') open.set(report.who, report.at);
    else if (report.event === 'leadsNoMore') end(report.who, report.lastTrue);
    else if (report.event === 'killed') end(report.who, report.at);
  }
  for (const who of [...open.keys()]) end(who, nowAt);
  return reigns.sort((a, b) => a.from - b.from);
}

export interface Overlap {
  readonly first: Reign;
  readonly second: Reign;
  readonly ms: number;
}

/** Every pair of reigns of different processes that share a moment. */
export function overlapsOf(reigns: readonly Reign[]): Overlap[] {
  return reigns.flatMap((first, i) =>
    reigns.slice(i + 1).flatMap((second) => {
      const ms = Math.min(first.to, second.to) - Math.max(first.from, second.from);
      return ms > 0 && first.who !== second.who ? [{ first, second, ms }] : [];
    }),
  );
}
