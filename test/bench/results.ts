import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import type { ByLibrary } from './world/bench.js';
import type { Crash } from './scenarios/crash.js';
import type { ColdStart } from './scenarios/cold.js';
import type { Foreign } from './scenarios/foreign.js';
import type { Handover } from './scenarios/handover.js';
import type { Contention } from './scenarios/contention.js';
import type { Imports } from './scenarios/imports.js';
import type { LoadOfLibrary } from './scenarios/load.js';
import type { Thousand } from './scenarios/thousand.js';
import type { Weight } from './weights.js';

export interface Machine {
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  /** Runnable processes, the mean of the minute before the run: whether the machine was idle. */
  readonly loadBefore: number;
}

/** What was measured; a scenario that was not run, or failed as a whole, is absent. */
export interface Scenarios {
  handover?: ByLibrary<Handover>;
  crash?: ByLibrary<Crash>;
  steady?: ByLibrary<LoadOfLibrary>;
  crowd?: ByLibrary<LoadOfLibrary>;
  contention?: ByLibrary<Contention>;
  cold?: ByLibrary<ColdStart>;
  thousand?: ByLibrary<Thousand>;
  import?: Imports;
  foreign?: ByLibrary<Foreign>;
  weight?: Weight;
}

export interface Results {
  readonly startedAt: string;
  readonly minutes: number;
  /** Made with fewer rounds and shorter windows: not for figures to be quoted. */
  readonly quick: boolean;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly timings: Readonly<Record<string, number>>;
  readonly scenarios: Scenarios;
  readonly notes: readonly string[];
  /** Runs of a part, whose figures have taken the place of those of the whole run. */
  readonly updates?: readonly Update[];
}

export interface Update extends Pick<Results, 'startedAt' | 'versions' | 'notes'> {
  readonly scenarios: readonly (keyof Scenarios)[];
  readonly loadBefore: number;
}

/** Results of a whole run, with those of a part of one in the place of what they were. */
export function updated(whole: Results, part: Results): Results {
  const names = Object.keys(part.scenarios) as (keyof Scenarios)[];
  const others = (whole.updates ?? []).map((update) => ({
    ...update,
    scenarios: update.scenarios.filter((name) => !names.includes(name)),
  }));
  const update = {
    startedAt: part.startedAt,
    versions: part.versions,
    notes: part.notes,
    scenarios: names,
    loadBefore: part.machine.loadBefore,
  };
  return {
    ...whole,
    scenarios: { ...whole.scenarios, ...part.scenarios },
    updates: [...others, update].filter(({ scenarios }) => scenarios.length > 0),
  };
}

export async function thisMachine(): Promise<Machine> {
  const info = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return {
    system: `${type()} ${release()}`,
    processor: /model name\s*: (.*)/.exec(info)?.[1] ?? cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    loadBefore: Math.round(loadavg()[0]! * 100) / 100,
  };
}
