import { type ChartGraph, transitionText } from './chart-graph.js';
import { layoutChart } from './chart-layout.js';
import { chartFigure } from './chart-svg.js';
import { ChartTree } from './chart-tree.js';
import { briefText, type ChartView, detail, overview } from './chart-view.js';
import type { LiveChart, LiveFigure } from './live-chart.js';

/*
 * Draws the chart for the live view, ahead of time: laying it out takes a library that nobody needs
 * at run time. Which states there are, and which of them get a picture of their own, follows from
 * the chart.
 */

/** @param guards what each guard means, in a sentence */
export async function liveChart(
  graph: ChartGraph,
  guards: Readonly<Record<string, string>>,
): Promise<LiveChart> {
  const figures = await Promise.all(
    views(graph).map(({ id, title, view, brief }) => figureOf(graph, id, title, view, brief)),
  );
  return {
    root: graph.root,
    states: graph.states.map(({ id, key, parent, kind, description, invokes }) => {
      return { id, key, parent, kind, description, invokes };
    }),
    transitions: graph.transitions.map((transition) => {
      const { id, source, target, guard } = transition;
      return { id, source, target, guard, text: transitionText(transition) };
    }),
    guards,
    figures,
  };
}

interface FigureView {
  readonly id: string;
  readonly title: string;
  readonly view: ChartView;
  /** Labels are shortened. */
  readonly brief: boolean;
}

/** The chart, and the inside of every state that is closed in it. */
function views(graph: ChartGraph): FigureView[] {
  const open = openInOverview(graph);
  const whole = withoutTexts(overview(graph, 'The statechart of one candidate', open));
  const closed = whole.states.filter(({ folded }) => folded);
  return [
    { id: 'whole', title: 'Whole chart', view: whole, brief: true },
    ...closed.map(({ id, title }) => ({
      id,
      title: `Inside ${title}`,
      view: detail(graph, `Inside the state ${id}`, id),
      brief: false,
    })),
  ];
}

/** Of the whole chart, the boxes around where the leader stands, with what goes on side by side there. */
export function openInOverview(graph: ChartGraph): string[] {
  const tree = new ChartTree(graph);
  return graph.states
    .filter(({ id, tags }) => tags.includes('leader') && tree.hasChildren(id))
    .flatMap(({ id, kind }) => [
      id,
      ...tree.ancestors(id).filter((outer) => outer !== graph.root),
      ...(kind === 'parallel' ? tree.childrenOf(id) : []),
    ]);
}

/** Descriptions stand beside the live chart, of the state that is active. */
function withoutTexts(view: ChartView): ChartView {
  return { ...view, states: view.states.map((state) => ({ ...state, description: '' })) };
}

async function figureOf(
  graph: ChartGraph,
  id: string,
  title: string,
  view: ChartView,
  brief: boolean,
): Promise<LiveFigure> {
  const layout = await layoutChart(view);
  const { transitions } = graph;
  const arrows = view.arrows.map((arrow) => {
    const lines = arrow.transitions.map((wanted): [string, number] => {
      const transition = transitions.find((one) => one.id === wanted);
      if (transition === undefined) throw new Error(`No transition ${wanted}`);
      const label = brief ? briefText(transition) : transitionText(transition);
      return [wanted, arrow.labels.indexOf(label)];
    });
    return { id: arrow.id, lines: Object.fromEntries(lines) };
  });
  return { id, title, width: layout.width, svg: chartFigure(layout), arrows };
}
