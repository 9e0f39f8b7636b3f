import type { Step } from './history.js';
import { newsText, type Tone } from './words.js';

/* What is worth a line in the list of what happened. Knows no browser. */

export interface NewsRow {
  /** The latest step that it tells of. */
  readonly step: Step;
  /** The first one: the same for as long as more is folded into it. */
  readonly first: Step;
  readonly lines: readonly { readonly text: string; readonly tone: Tone }[];
}

/**
 * The news of these steps, in their order. A leader that renews and renews is one line, which counts,
 * until something else happens to it.
 */
export function newsRows(steps: readonly Step[]): NewsRow[] {
  const rows: NewsRow[] = [];
  /** Where the renewals of a candidate are counted, and how many there were. */
  const counts = new Map<string, { at: number; renewals: number }>();
  for (const step of steps) {
    const told = step.news.filter(({ type }) => type !== 'renewed');
    const lines = told.flatMap((one) => newsText(one) ?? []);
    if (lines.length > 0) {
      counts.delete(step.candidate);
      rows.push({ step, first: step, lines });
    }
    if (lines.length > 0 || told.length === step.news.length) continue;
    const count = counts.get(step.candidate) ?? { at: rows.length, renewals: 0 };
    count.renewals += 1;
    counts.set(step.candidate, count);
    const times = count.renewals === 1 ? '' : ` ${count.renewals} times`;
    const first = rows[count.at]?.first ?? step;
    rows[count.at] = { step, first, lines: [{ text: `Renewed${times}`, tone: 'plain' }] };
  }
  return rows;
}
