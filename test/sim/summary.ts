import type { RunResult } from './run-seed.js';
import type { Margin } from './verifier/margins.js';
import type { Violation } from './verifier/rule.js';

export interface Broken extends Violation {
  readonly seed: number;
}

export interface SeenMargin extends Margin {
  readonly seed: number;
}

/** What many runs have come to. Plain data: it travels between processes. */
export interface Summary {
  seeds: number;
  terms: number;
  simulatedMs: number;
  /** What it took of processors, in all processes. */
  cpuMs: number;
  readonly faults: Record<string, number>;
  /** How terms came about: by a release, an expiry and so on. */
  readonly takeovers: Record<string, number>;
  readonly broken: Broken[];
  worstMargin: SeenMargin | null;
  closestMargin: SeenMargin | null;
  longestWaitMs: number;
}

export function emptySummary(): Summary {
  return {
    seeds: 0,
    terms: 0,
    simulatedMs: 0,
    cpuMs: 0,
    faults: {},
    takeovers: {},
    broken: [],
    worstMargin: null,
    closestMargin: null,
    longestWaitMs: 0,
  };
}

export function summaryOf(result: RunResult): Summary {
  const { seed, worstMargin, closestMargin } = result;
  const withSeed = (margin: Margin | null): SeenMargin | null =>
    margin === null ? null : { ...margin, seed };
  return {
    seeds: 1,
    terms: result.terms,
    simulatedMs: result.simulatedMs,
    cpuMs: result.cpuMs,
    faults: { ...result.faults },
    takeovers: { ...result.takeovers },
    broken: result.violations.map(({ rule, t, what }) => ({ seed, rule, t, what })),
    worstMargin: withSeed(worstMargin),
    closestMargin: withSeed(closestMargin),
    longestWaitMs: result.longestWaitMs,
  };
}

export function addTo(total: Summary, more: Summary): void {
  total.seeds += more.seeds;
  total.terms += more.terms;
  total.simulatedMs += more.simulatedMs;
  total.cpuMs += more.cpuMs;
  addCounts(total.faults, more.faults);
  addCounts(total.takeovers, more.takeovers);
  total.broken.push(...more.broken);
  total.worstMargin = least(total.worstMargin, more.worstMargin, (margin) => margin.ms);
  total.closestMargin = least(
    total.closestMargin,
    more.closestMargin,
    (margin) => margin.aboveFloorMs,
  );
  total.longestWaitMs = Math.max(total.longestWaitMs, more.longestWaitMs);
}

function addCounts(total: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) total[name] = (total[name] ?? 0) + count;
}

export function print(total: Summary, realMs: number): string {
  const hours = total.simulatedMs / 3_600_000;
  const seconds = realMs / 1000;
  const cpu = total.cpuMs / 1000;
  return [
    `${total.seeds} seeds, ${total.terms} terms, ${hours.toFixed(1)} simulated hours in ${seconds.toFixed(1)} s ` +
      `(${(hours / seconds).toFixed(2)} simulated hours and ${(total.terms / seconds).toFixed(0)} terms a second; ` +
      `${(hours / cpu).toFixed(2)} and ${(total.terms / cpu).toFixed(0)} for each second of processor time)`,
    `terms won: ${counted(total.takeovers, 'after ')}`,
    `faults: ${counted(total.faults)}`,
    `worst margin after an expiry: ${margin(total.worstMargin)}`,
    `closest to what the clock rates leave: ${margin(total.closestMargin)}`,
    `longest wait for a leader once the faults were over: ${(total.longestWaitMs / 1000).toFixed(1)} s`,
    `violations: ${total.broken.length}`,
    ...total.broken.map(({ seed, rule, what }) => `  seed ${seed}: ${rule}: ${what}`),
  ].join('\n');
}

function counted(counts: Readonly<Record<string, number>>, prefix = ''): string {
  return Object.entries(counts)
    .sort(([first, a], [second, b]) => b - a || (first < second ? -1 : 1))
    .map(([name, count]) => `${count} ${name.startsWith('as ') ? '' : prefix}${name}`)
    .join(', ');
}

function margin(seen: SeenMargin | null): string {
  if (seen === null) return 'none seen';
  const { ms, aboveFloorMs, what, seed } = seen;
  return `${(ms / 1000).toFixed(3)} s, ${(aboveFloorMs / 1000).toFixed(3)} s above the floor (${what}, seed ${seed})`;
}

function least<T>(a: T | null, b: T | null, by: (one: T) => number): T | null {
  if (a === null || b === null) return a ?? b;
  return by(b) < by(a) ? b : a;
}
