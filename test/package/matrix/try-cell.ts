import { whyNoPods } from '../../support/pod.js';
import { startPodApiServer } from '../support/pod-api-server.js';
import { whyNot, type Bench } from './bench.js';
import { titleOf, type Cell } from './cells.js';

export interface Tried {
  readonly cell: Cell;
  readonly result: 'as expected' | 'FAILED' | 'CANNOT RUN HERE';
  readonly seconds: number;
  /** What went wrong, or what is missing. */
  readonly why: string;
}

/** Runs one cell against an API server of its own. Never rejects. */
export async function tryCell(cell: Cell, bench: Bench): Promise<Tried> {
  const started = performance.now();
  const result = (what: Tried['result'], why: string): Tried => {
    return { cell, result: what, why, seconds: (performance.now() - started) / 1000 };
  };
  const missing = whyNot(cell, bench) ?? (cell.project === 'none' ? whyNoPods() : undefined);
  if (missing !== undefined) return result('CANNOT RUN HERE', missing);
  try {
    await using api = await startPodApiServer();
    await cell.run({
      ...{ bench, api, project: bench.projects[cell.project] ?? '', title: titleOf(cell) },
      place: cell.project === 'none' ? 'pod' : 'kubeconfig',
    });
    return result('as expected', '');
  } catch (error) {
    return result('FAILED', error instanceof Error ? error.message : String(error));
  }
}

/** One line of the table of results. */
export function lineOf({ cell, result, seconds, why }: Tried): string {
  const came = result === 'as expected' ? cell.result : `${result}: ${why.trim()}`;
  const columns = [
    cell.what.padEnd(20),
    cell.how.padEnd(44),
    `${seconds.toFixed(1)} s`.padStart(7),
  ];
  return `${columns.join('  ')}  ${came}`;
}
