import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Results } from '../results.js';
import { markdownOf } from './markdown.js';
import { takeoverPlot } from './plot.js';

const PLOT = 'benchmarks-takeover.svg';

/** Writes the results as data, as a page and as a plot, formatted as everything in the project. */
export async function writeResults(directory: string, results: Results): Promise<void> {
  const plot = takeoverPlot(results);
  const page = markdownOf(results, plot === undefined ? undefined : PLOT);
  await writeFormatted(join(directory, 'benchmarks.json'), JSON.stringify(results));
  await writeFormatted(join(directory, 'benchmarks.md'), page);
  if (plot !== undefined) await writeFile(join(directory, PLOT), plot);
}

/** The results that stand there. */
export async function readResults(directory: string): Promise<Results> {
  return JSON.parse(await readFile(join(directory, 'benchmarks.json'), 'utf8')) as Results;
}

async function writeFormatted(filepath: string, text: string): Promise<void> {
  const options = await resolveConfig(filepath);
  await writeFile(filepath, await format(text, { ...options, filepath }));
}
