import { describe, expect, it } from 'vitest';
import { leaderElectionMachine } from '../../../machines/leader-election.js';
import { chartGraph } from '../../../src/inspect/chart-graph.js';
import { type ChartView, detail, overview } from '../../../src/inspect/chart-view.js';
import { openInOverview } from '../../../src/inspect/live-figures.js';
import { toyMachine } from './toy-machine.js';

const graph = chartGraph(toyMachine);

const shapes = (view: ChartView): string[] =>
  view.states.map(({ id, parent, open, folded, stub }) => {
    const marks = [open ? 'open' : '', folded ? 'folded' : '', stub ? 'stub' : ''];
    return [id, parent === null ? '' : `in ${parent}`, ...marks].filter((w) => w !== '').join(' ');
  });

const arrows = (view: ChartView): string[] =>
  view.arrows.map(({ source, target, labels }) =>
    `${source} -> ${target} ${labels.join(' | ')}`.trim(),
  );

describe('an overview', () => {
  it('folds a state up, and lifts the arrows that leave its inside to its border', () => {
    const view = overview(graph, 'toy', []);
    expect(shapes(view)).toEqual(['>initial', 'off', 'on folded', 'done']);
    expect(arrows(view)).toEqual([
      '>initial -> off',
      'off -> on go [isReady]',
      'on -> done done',
      'on -> off ask failed',
    ]);
  });

  it('opens the states that it is told to, with a guard alone where no event is involved', () => {
    const view = overview(graph, 'toy', ['on']);
    expect(shapes(view)).toEqual([
      '>initial',
      'on>initial in on',
      'off',
      'on open',
      'on.asking in on',
      'on.checking in on',
      'on.ok in on',
      'done',
    ]);
    expect(arrows(view)).toContain('on.asking -> on.asking [isLate]');
    expect(arrows(view)).toContain('off -> on go [isReady]');
  });

  it('of the election stands for every transition between the states it shows', () => {
    const election = chartGraph(leaderElectionMachine);
    const view = overview(election, 'election', openInOverview(election));
    const shown = view.states.map(({ id }) => id).sort((x, y) => y.length - x.length);
    const box = (id: string): string =>
      shown.find((state) => id === state || id.startsWith(`${state}.`)) ?? '';
    const visible = election.transitions.filter(
      ({ source, target }) =>
        target !== null && (box(source) !== box(target) || source === box(source)),
    );
    const drawn = view.arrows.flatMap(({ transitions }) => transitions);
    expect(visible.length).toBeGreaterThan(20);
    expect(drawn.sort()).toEqual(visible.map(({ id }) => id).sort());
  });
});

describe('a detail', () => {
  it('shows the inside whole, and the neighbours as stubs, those it comes from first', () => {
    const view = detail(graph, 'on', 'on');
    expect(shapes(view)).toEqual([
      'on>initial in on',
      'off stub',
      'on open',
      'on.asking in on',
      'on.checking in on',
      'on.ok in on',
      'done stub',
    ]);
    expect(arrows(view)).toEqual([
      'on>initial -> on.asking',
      'off -> on go [isReady]',
      'on -> done done',
      'on.asking -> on.checking ask done',
      'on.asking -> off ask failed',
      'on.asking -> on.asking after patience [isLate]',
      'on.checking -> on.ok [isReady]',
      'on.checking -> on.asking',
    ]);
  });

  it('takes what enters a box around the state for what enters the state', () => {
    const election = chartGraph(leaderElectionMachine);
    const candidate = detail(election, 'acquiring', 'participating.acquiring');
    expect(arrows(candidate)).toContain('idle -> participating.acquiring start');
    const keeping = detail(election, 'lease', 'participating.elected.lease');
    expect(arrows(keeping)).toContainEqual(
      expect.stringMatching(
        /^participating\.acquiring -> participating\.elected\.lease claim done/,
      ),
    );
    // The watch lost is no way into anything, and a loss that the box ends with is no way out of this.
    expect(arrows(keeping).filter((arrow) => arrow.includes('[takenByAnother]'))).toEqual([]);
  });

  it('of a state that does not exist is refused', () => {
    expect(() => detail(graph, 'x', 'nowhere')).toThrow('The chart has no state "nowhere"');
  });
});
