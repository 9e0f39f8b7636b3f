import {
  type ChartLayout,
  LINE_HEIGHT,
  PADDING,
  type PlacedArrow,
  type PlacedState,
  type Point,
  runsText,
  TEXT_SIZE,
  TITLE_SIZE,
  titleText,
} from './chart-layout.js';
import { FONT_FAMILY } from './text-size.js';

/*
 * Draws a layout as SVG that needs nothing else: no script, no font, no style sheet. It follows the
 * reader's preference for light or dark. States and arrows carry their ids (`data-state`,
 * `data-arrow`), so that a viewer can find and highlight them.
 */

const CORNER = 6;

const STYLE = `
svg { --page: #ffffff; --ink: #1f2328; --quiet: #59636e; --line: #6e7781; --state: #f6f8fa;
  --edge: #afb8c1; --box: #ffffff; --first: #0969da; --leader: #dafbe1; --leader-edge: #2da44e; }
@media (prefers-color-scheme: dark) {
  svg { --page: #0d1117; --ink: #f0f6fc; --quiet: #9198a1; --line: #8b949e; --state: #151b23;
    --edge: #3d444d; --box: #0d1117; --first: #4493f8; --leader: #12261e; --leader-edge: #3fb950; }
}
text { font-family: ${FONT_FAMILY}; font-size: ${TEXT_SIZE}px; fill: var(--quiet); }
.page { fill: var(--page); }
.state rect { fill: var(--state); stroke: var(--edge); stroke-width: 1.2; }
.state.open > rect { fill: var(--box); }
.state.open > text { paint-order: stroke; stroke: var(--box); stroke-width: 6px; }
.state.leader > text { stroke: var(--leader); }
.state.leader > rect { fill: var(--leader); stroke: var(--leader-edge); }
.state.stub > rect { fill: var(--page); stroke-dasharray: 4 3; }
.title { font-size: ${TITLE_SIZE}px; font-weight: bold; fill: var(--ink); }
.stub .title { font-weight: normal; fill: var(--quiet); }
.dot { fill: var(--first); }
.arrow path { fill: none; stroke: var(--line); stroke-width: 1.4; }
.arrow.first path { stroke: var(--first); }
.arrow text { fill: var(--ink); }
marker path { fill: var(--line); }
.divider { stroke: var(--edge); stroke-dasharray: 5 4; }
`;

/** The picture as a text, ending in a line break. */
export function chartSvg(layout: ChartLayout): string {
  const { width, height, title } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>',
    `<rect class="page" width="${width}" height="${height}" rx="8"/>`,
    ...drawAll(layout),
    '</svg>',
    '',
  ].join('\n');
}

/**
 * The same picture for a page that has colours of its own for the classes, and the marker `head`
 * for the ends of arrows.
 */
export function chartFigure(layout: ChartLayout): string {
  const { width, height, title } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">`,
    ...drawAll(layout),
    '</svg>',
  ].join('');
}

function drawAll(layout: ChartLayout): string[] {
  const boxes = layout.states.filter(({ state }) => state.open);
  const plain = layout.states.filter(({ state }) => !state.open);
  return [
    ...boxes.map(drawFrame),
    ...layout.arrows.map(drawLine),
    ...boxes.map(drawText),
    ...plain.map(drawFrame),
    ...plain.map(drawText),
    ...layout.arrows.map(drawLabel).filter((label) => label !== ''),
  ];
}

function drawFrame({ state, x, y, width, height }: PlacedState): string {
  if (state.kind === 'initial') {
    const radius = width / 2;
    return `<circle class="dot" cx="${x + radius}" cy="${y + radius}" r="${radius}"/>`;
  }
  const inner =
    state.kind === 'final'
      ? `<rect x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="6"/>`
      : '';
  return (
    `<g class="${classesOf(state)}" data-state="${escape(state.id)}">` +
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>${inner}</g>`
  );
}

/** Drawn after the arrows, which may pass behind the heading of a box. */
function drawText({ state, lines, x, y }: PlacedState): string {
  if (state.kind === 'initial') return '';
  const runs = state.invokes.length === 0 ? [] : [runsText(state)];
  const first = y + PADDING + TITLE_SIZE - 2;
  const texts = [...lines, ...runs].map(
    (line, index) =>
      `<text x="${x + PADDING}" y="${first + (index + 1) * LINE_HEIGHT}">${escape(line)}</text>`,
  );
  const title = `<text class="title" x="${x + PADDING}" y="${first}">${escape(titleText(state))}</text>`;
  return `<g class="${classesOf(state)}" data-text="${escape(state.id)}">${title}${texts.join('')}</g>`;
}

function classesOf(state: PlacedState['state']): string {
  return ['state', state.kind, ...flags(state)].join(' ');
}

function flags(state: PlacedState['state']): string[] {
  const { open, stub, tags } = state;
  return [open ? 'open' : '', stub ? 'stub' : '', ...tags].filter((flag) => flag !== '');
}

function drawLine({ arrow, points }: PlacedArrow): string {
  const first = arrow.transitions.length === 0 ? ' first' : '';
  return (
    `<g class="arrow${first}" data-arrow="${escape(arrow.id)}">` +
    `<path d="${path(points)}" marker-end="url(#head)"/></g>`
  );
}

function drawLabel({ arrow, label }: PlacedArrow): string {
  if (label === null) return '';
  const { x, y, width } = label;
  const texts = arrow.labels.map((line, index) => {
    const baseline = y + (index + 1) * LINE_HEIGHT - 4;
    return `<text x="${round(x + width / 2)}" y="${round(baseline)}" text-anchor="middle">${escape(line)}</text>`;
  });
  return `<g class="arrow" data-label="${escape(arrow.id)}">${texts.join('')}</g>`;
}

/** Straight pieces with rounded bends. */
function path(points: readonly Point[]): string {
  return points
    .map((point, index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (before === undefined) return `M${point.x} ${point.y}`;
      if (after === undefined) return `L${point.x} ${point.y}`;
      const into = toward(point, before);
      const out = toward(point, after);
      return `L${into.x} ${into.y}Q${point.x} ${point.y} ${out.x} ${out.y}`;
    })
    .join('');
}

/** A little way from one point towards another, and never past the middle. */
function toward(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(CORNER, length / 2) / length;
  return { x: round(from.x + (to.x - from.x) * part), y: round(from.y + (to.y - from.y) * part) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
