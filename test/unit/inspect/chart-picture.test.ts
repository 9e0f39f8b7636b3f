import { describe, expect, it } from 'vitest';
import { leaderElectionMachine } from '../../../machines/leader-election.js';
import { chartGraph } from '../../../src/inspect/chart-graph.js';
import {
  type ChartLayout,
  layoutChart,
  type Point,
  type Rectangle,
} from '../../../src/inspect/chart-layout.js';
import { chartSvg } from '../../../src/inspect/chart-svg.js';
import { type ChartView, detail, overview } from '../../../src/inspect/chart-view.js';
import { openInOverview } from '../../../src/inspect/live-figures.js';
import { toyMachine } from './toy-machine.js';

const election = chartGraph(leaderElectionMachine);
const toy = chartGraph(toyMachine);

const views: [string, ChartView][] = [
  ['the overview', overview(election, 'all', openInOverview(election))],
  ...[
    'participating.acquiring',
    'participating.elected.lease',
    'participating.elected.work',
    'releasing',
    'lost',
  ].map((id): [string, ChartView] => [id, detail(election, id, id)]),
];

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function isWithin({ x, y }: Point, box: Rectangle): boolean {
  // The end of an arrow lies on the border, give or take the rounding.
  const slack = 0.5;
  const across = x >= box.x - slack && x <= box.x + box.width + slack;
  return across && y >= box.y - slack && y <= box.y + box.height + slack;
}

function placed(layout: ChartLayout, id: string): Rectangle {
  const found = layout.states.find(({ state }) => state.id === id);
  if (found === undefined) throw new Error(`${id} was not placed`);
  return found;
}

describe.each(views)('the layout of %s', (_, view) => {
  it('places all states and arrows, each state in its box', async () => {
    const layout = await layoutChart(view);
    expect(layout.states).toHaveLength(view.states.length);
    expect(layout.arrows).toHaveLength(view.arrows.length);
    for (const state of layout.states) {
      if (state.state.parent === null) continue;
      const box = placed(layout, state.state.parent);
      expect(isWithin(state, box)).toBe(true);
      const corner = { x: state.x + state.width, y: state.y + state.height };
      expect(isWithin(corner, box)).toBe(true);
    }
  });

  it('leads every arrow from its source to its target', async () => {
    const layout = await layoutChart(view);
    const astray = layout.arrows.filter(({ arrow, points: [start, ...rest] }) => {
      const end = rest.at(-1);
      if (start === undefined || end === undefined) return true;
      const { source, target } = arrow;
      return !isWithin(start, placed(layout, source)) || !isWithin(end, placed(layout, target));
    });
    expect(astray.map(({ arrow }) => arrow.id)).toEqual([]);
  });

  it('lets no label lie on another, or on a state', async () => {
    const { arrows, states } = await layoutChart(view);
    const labels = arrows.flatMap(({ arrow, label }) =>
      label === null ? [] : [{ ...label, of: arrow.id }],
    );
    const closed = states.filter(({ state }) => !state.open);
    const clashes = labels.flatMap((label, index) => [
      ...labels
        .slice(index + 1)
        .filter((other) => overlap(label, other))
        .map((other) => `${label.of} and ${other.of}`),
      ...closed
        .filter((state) => overlap(label, state))
        .map(({ state }) => `${label.of} and ${state.id}`),
    ]);
    expect(labels.length).toBeGreaterThan(3);
    expect(clashes).toEqual([]);
  });
});

describe('the layout', () => {
  it('draws what comes first above what comes later', async () => {
    const layout = await layoutChart(overview(election, 'all', openInOverview(election)));
    const order = [
      'idle',
      'participating.acquiring',
      'participating.elected',
      'participating.elected.lease.leading',
      'participating.elected.lease.renewing',
      'releasing',
      'rejoining',
      'stopped',
    ];
    const heights = order.map((id) => placed(layout, id).y);
    expect([...heights].sort((a, b) => a - b)).toEqual(heights);
  });
});

describe('the drawing', () => {
  it('marks each state and arrow with its id, and shows each label', async () => {
    const view = overview(toy, 'A <toy> & "more"', ['on']);
    const svg = chartSvg(await layoutChart(view));
    for (const { id, kind } of view.states) {
      if (kind !== 'initial') expect(svg).toContain(`data-state="${id}"`);
    }
    for (const { labels } of view.arrows) {
      for (const label of labels) expect(svg).toContain(`>${label}</text>`);
    }
    expect(svg.match(/data-arrow=/g)).toHaveLength(view.arrows.length);
  });

  it('escapes text, has a title for those who cannot see it, and needs nothing from elsewhere', async () => {
    const svg = chartSvg(await layoutChart(overview(toy, 'A <toy> & "more"', [])));
    expect(svg).toContain('<title>A &#60;toy&#62; &#38; &#34;more&#34;</title>');
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/<script|@import|href=|url\((?!#)/);
  });

  it('is well-formed: every element that is opened is closed', async () => {
    const svg = chartSvg(await layoutChart(overview(toy, 'toy', ['on'])));
    const open: string[] = [];
    for (const [, end, name = '', selfClosed] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
      if (end === '/') expect(open.pop()).toBe(name);
      else if (selfClosed !== '/') open.push(name);
    }
    expect(open).toEqual([]);
  });
});
