import type { Results } from '../results.js';
import { medianOf } from '../statistics.js';
import type { LibraryId } from '../world/library-ids.js';
import { entries, LIBRARY_NAMES } from './tables.js';
import { milliseconds } from './units.js';

interface Row {
  readonly id: LibraryId;
  readonly samples: readonly number[];
}

interface Panel {
  readonly title: string;
  readonly rows: readonly Row[];
}

const WIDTH = 760;
const LEFT = 120;
const RIGHT = 90;
const ROW_HEIGHT = 38;
const PANEL_HEAD = 46;
const PANEL_FOOT = 40;
/** What is shorter is drawn here: an axis of powers of ten has no zero. */
const SHORTEST_MS = 1;
const LONGEST_MS = 30_000;

// Legible on white and on dark pages, which a picture cannot always tell apart.
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #57606a; }
  .title { font-weight: 600; fill: #24292f; }
  .grid { stroke: #8b949e; stroke-opacity: 0.35; }
  .own { fill: #1a7f37; stroke: #1a7f37; }
  .client-go { fill: #0969da; stroke: #0969da; }
  .python { fill: #bc4c00; stroke: #bc4c00; }
  circle { fill-opacity: 0.55; stroke-width: 0; }
  line.median { stroke-width: 2.5; }
  text.own, text.client-go, text.python { stroke: none; }
  @media (prefers-color-scheme: dark) {
    text { fill: #9da7b3; }
    .title { fill: #e6edf3; }
    .own { fill: #3fb950; stroke: #3fb950; }
    .client-go { fill: #58a6ff; stroke: #58a6ff; }
    .python { fill: #f0883e; stroke: #f0883e; }
  }
`;

/** Every takeover as a dot, on an axis of powers of ten; undefined where none was measured. */
export function takeoverPlot({ scenarios }: Results): string | undefined {
  const panels: Panel[] = [];
  if (scenarios.handover !== undefined) {
    const rows = entries(scenarios.handover).map(([id, { gapMs }]) => ({ id, ...gapMs }));
    panels.push({ title: 'Clean hand-over: from the old leader’s end to the new one', rows });
  }
  if (scenarios.crash !== undefined) {
    const rows = entries(scenarios.crash).map(([id, { excessMs }]) => ({ id, ...excessMs }));
    panels.push({ title: 'Crash: from the expiry of the lease to the new leader', rows });
  }
  if (panels.every(({ rows }) => rows.length === 0)) return undefined;
  let y = 0;
  const drawn = panels.map((panel) => {
    const svg = drawPanel(panel, y);
    y += PANEL_HEAD + panel.rows.length * ROW_HEIGHT + PANEL_FOOT;
    return svg;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="Times of takeovers, by library">
<style>${STYLE}</style>
${drawn.join('\n')}
</svg>
`;
}

function drawPanel({ title, rows }: Panel, top: number): string {
  const first = top + PANEL_HEAD;
  const bottom = first + rows.length * ROW_HEIGHT;
  const grid = [1, 10, 100, 1_000, 10_000].map((ms) => {
    const at = x(ms).toFixed(1);
    const label = ms === SHORTEST_MS ? `≤ ${milliseconds(ms)}` : shortLabel(ms);
    return `<line class="grid" x1="${at}" x2="${at}" y1="${first - 8}" y2="${bottom}"/>
<text x="${at}" y="${bottom + 18}" text-anchor="middle">${label}</text>`;
  });
  return [
    `<text class="title" x="12" y="${top + 24}">${title}</text>`,
    ...grid,
    ...rows.map((row, i) => drawRow(row, first + (i + 0.5) * ROW_HEIGHT)),
  ].join('\n');
}

function drawRow({ id, samples }: Row, middle: number): string {
  const median = medianOf(samples);
  const at = x(median).toFixed(1);
  // Dots of about the same time are spread over the height of the row, always in the same way.
  const dots = samples.map((ms, i) => {
    const cy = middle + (((i * 7) % 11) - 5) * 2;
    return `<circle class="${id}" cx="${x(ms).toFixed(1)}" cy="${cy.toFixed(1)}" r="3.5"/>`;
  });
  return `<text x="12" y="${middle + 4}">${LIBRARY_NAMES[id]}</text>
${dots.join('\n')}
<line class="median ${id}" x1="${at}" x2="${at}" y1="${middle - 14}" y2="${middle + 14}"/>
<text class="${id}" x="${WIDTH - 12}" y="${middle + 4}" text-anchor="end">${milliseconds(median)}</text>`;
}

function x(ms: number): number {
  const share =
    Math.log(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) / Math.log(LONGEST_MS / SHORTEST_MS);
  return LEFT + 20 + Math.min(share, 1) * (WIDTH - LEFT - RIGHT - 20);
}

function shortLabel(ms: number): string {
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`;
}
