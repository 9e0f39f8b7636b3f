import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { print } from './summary.js';
import { type CampaignOptions, type Progress, runCampaign } from './workers.js';

const SHOWN_EVERY_MS = 60_000;

export interface CampaignCommand extends Omit<CampaignOptions, 'onProgress' | 'done'> {
  /** Where the result goes, after each minute and in the end. */
  readonly json: string | null;
  /** Goes on from what that file says. */
  readonly resume: boolean;
}

/** What the file holds. */
interface Result {
  readonly options: Record<string, number | boolean>;
  readonly finished: boolean;
  /** In all parts of the campaign, without the time between them. */
  readonly realMs: number;
  readonly node: string;
  readonly processor: string;
  readonly violations: number;
  readonly progress: Progress;
}

/** Runs many seeds, tells how it goes each minute, and says what has come of it. */
export async function runCampaignCommand(command: CampaignCommand): Promise<void> {
  const { json, resume, workers, ...options } = command;
  const before = resume && json !== null && existsSync(json) ? read(json, options) : null;
  const startedAt = process.hrtime.bigint();
  const realMs = (): number =>
    (before?.realMs ?? 0) + Number(process.hrtime.bigint() - startedAt) / 1e6;
  const save = (progress: Progress, finished: boolean): void => {
    if (json === null) return;
    write(json, {
      options,
      finished,
      realMs: realMs(),
      node: process.version,
      processor: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`,
      violations: progress.total.broken.length,
      progress,
    });
  };
  let shownAt = realMs();
  let brokenShown = before?.violations ?? 0;
  const progress = await runCampaign({
    ...options,
    workers,
    ...(before === null ? {} : { done: before.progress }),
    onProgress: (present) => {
      const { total } = present;
      for (const { seed, rule, what } of total.broken.slice(brokenShown)) {
        console.log(`seed ${seed} breaks ${rule}: ${what}`);
      }
      const due = realMs() - shownAt >= SHOWN_EVERY_MS;
      if (due || brokenShown < total.broken.length) save(present, false);
      brokenShown = total.broken.length;
      if (!due) return;
      shownAt = realMs();
      console.log(
        `${(shownAt / 60_000).toFixed(0)} min: ${total.seeds} seeds, ${total.terms} terms, ` +
          `${(total.simulatedMs / 3_600_000).toFixed(0)} simulated hours, ${total.broken.length} violations`,
      );
    },
  });
  save(progress, true);
  console.log(print(progress.total, realMs()));
  if (progress.total.broken.length > 0) process.exitCode = 1;
}

function read(file: string, options: Result['options']): Result {
  const result = JSON.parse(readFileSync(file, 'utf8')) as Result;
  for (const name of ['firstSeed', 'termsPerSeed', 'beyondBound', 'untold', 'pods']) {
    if (result.options[name] !== options[name]) {
      throw new Error(`${file} is of a campaign with ${name} ${String(result.options[name])}`);
    }
  }
  return result;
}

/** All of it or nothing: whoever interrupts the campaign finds the file whole. */
function write(file: string, result: Result): void {
  // What has no end is null in JSON; nobody reads it back.
  writeFileSync(`${file}.part`, `${JSON.stringify(result, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}
