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

/** What happens again and again, for as long as nothing else happens to the same candidate. */
const FOLDED = ['renewed', 'renewFailed', 'acquireFailed', 'releaseFailed'];

/**
 * The news of these steps, in their order. A leader that renews and renews is one line, which counts,
 * and so is a candidate that fails and fails for the same reason.
 */
export function newsRows(steps: readonly Step[]): NewsRow[] {
  const rows: NewsRow[] = [];
  /** The last row of each candidate: what is counted in it, where it stands, and how much it was. */
  const last = new Map<string, { what: string; at: number; count: number }>();
  for (const step of steps) {
    const lines = step.news.flatMap((one) => newsText(one) ?? []);
    if (lines.length === 0) continue;
    const what = foldedAs(step);
    const open = last.get(step.candidate);
    if (open !== undefined && what !== null && open.what === what) {
      open.count += 1;
      const first = rows[open.at]?.first ?? step;
      const counted = lines.map(({ text, tone }) => ({
        text: `${open.count} times: ${text}`,
        tone,
      }));
      rows[open.at] = { step, first, lines: counted };
      continue;
    }
    last.set(step.candidate, { what: what ?? '', at: rows.length, count: 1 });
    rows.push({ step, first: step, lines });
  }
  return rows;
}

function foldedAs({ news }: Step): string | null {
  const [one] = news;
  if (one === undefined || news.length > 1 || !FOLDED.includes(one.type)) return null;
  return `${one.type} ${one.details['kind']}`;
}
