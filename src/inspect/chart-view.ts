import {
  type ChartGraph,
  type ChartState,
  type ChartTransition,
  transitionText,
} from './chart-graph.js';
import { ChartTree } from './chart-tree.js';

/*
 * What of a chart one picture shows. A chart of a hundred transitions fits into no picture that can be
 * read: an overview folds states up, a detail opens one and shows its surroundings as stubs.
 */

export interface ViewState {
  readonly id: string;
  /** The box around this one; null at the top. */
  readonly parent: string | null;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly invokes: readonly string[];
  /** `initial` is the dot from which an arrow leads to the state that is entered first. */
  readonly kind: ChartState['kind'] | 'initial';
  /** Drawn as a box around its children. */
  readonly open: boolean;
  /** Has children that this view does not show. */
  readonly folded: boolean;
  /** Only there to show where an arrow comes from or leads to. */
  readonly stub: boolean;
}

export interface ViewArrow {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  /** One line for each transition that the arrow stands for. */
  readonly labels: readonly string[];
  /** Ids of those transitions. */
  readonly transitions: readonly string[];
}

export interface ChartView {
  readonly title: string;
  readonly states: readonly ViewState[];
  readonly arrows: readonly ViewArrow[];
}

/** The whole chart, with the insides of those states only that `open` names. */
export function overview(graph: ChartGraph, title: string, open: readonly string[]): ChartView {
  const chart = new ChartTree(graph);
  const isOpen = (id: string): boolean => id === graph.root || open.includes(id);
  const isShown = (id: string): boolean =>
    id !== graph.root && chart.ancestors(id).every((ancestor) => isOpen(ancestor));
  const shownAs = (id: string): string => chart.nearest(id, isShown);
  const states = graph.states
    .filter(({ id }) => isShown(id))
    .map((state) =>
      viewState(chart, state, { parent: chart.boxOf(state), open: isOpen(state.id) }),
    );
  return finish(chart, title, states, shownAs, briefText);
}

/**
 * The inside of one state, and around it, as stubs, what it comes from and leads to.
 *
 * @throws {Error} if the chart has no state `focus`
 */
export function detail(graph: ChartGraph, title: string, focus: string): ChartView {
  const chart = new ChartTree(graph);
  chart.state(focus);
  const isInside = (id: string): boolean => id === focus || chart.ancestors(id).includes(focus);
  /** What leads to a box around this one may lead into this one. */
  const enteredBy = (target: string): string =>
    chart.ancestors(focus).includes(target) && chart.entered(target).includes(focus)
      ? focus
      : target;
  const before = new Set<string>();
  const after = new Set<string>();
  for (const { source, target: given } of graph.transitions) {
    const target = given === null ? null : enteredBy(given);
    if (target === null || isInside(source) === isInside(target)) continue;
    if (isInside(source)) after.add(chart.stubFor(target, focus));
    else before.add(chart.stubFor(source, focus));
  }
  const outside = new Set([...before, ...after]);
  const shownAs = (id: string): string =>
    isInside(id) ? id : chart.nearest(id, (candidate) => outside.has(candidate));
  const states = graph.states
    .filter(({ id }) => isInside(id) || outside.has(id))
    .map((state) => {
      if (outside.has(state.id)) return viewState(chart, state, { parent: null, stub: true });
      const parent = state.id === focus ? null : state.parent;
      return viewState(chart, state, { parent, open: chart.hasChildren(state.id) });
    });
  // The order decides what is drawn above: where one comes from, then the inside, then the rest.
  const position = (wanted: string): number => graph.states.findIndex(({ id }) => id === wanted);
  const comesFirst = (id: string): boolean =>
    before.has(id) && (!after.has(id) || position(id) < position(focus));
  const rank = ({ id, stub }: ViewState): number => (!stub ? 1 : comesFirst(id) ? 0 : 2);
  const ordered = states.toSorted((a, b) => rank(a) - rank(b));
  return finish(chart, title, ordered, shownAs, transitionText, enteredBy);
}

/** Brings in the arrows between what is shown, and the dots where each open box begins. */
function finish(
  chart: ChartTree,
  title: string,
  states: readonly ViewState[],
  shownAs: (id: string) => string,
  textOf: (transition: ChartTransition) => string,
  enteredBy: (target: string) => string = (target) => target,
): ChartView {
  const shown = new Set(states.map(({ id }) => id));
  const arrows = new Map<string, { source: string; target: string; of: ChartTransition[] }>();
  for (const transition of chart.graph.transitions) {
    if (transition.target === null) continue;
    const source = shownAs(transition.source);
    const target = shownAs(enteredBy(transition.target));
    const isHidden = source === target && transition.source !== source;
    if (isHidden || !shown.has(source) || !shown.has(target)) continue;
    if (states.find(({ id }) => id === source)?.stub === true && isStub(states, target)) continue;
    const key = `${source}->${target}`;
    const arrow = arrows.get(key) ?? { source, target, of: [] };
    arrow.of.push(transition);
    arrows.set(key, arrow);
  }
  const dots = initialDots(chart, states);
  return {
    title,
    states: [...dots.map(({ state }) => state), ...states],
    arrows: [
      ...dots.map(({ arrow }) => arrow),
      ...[...arrows].map(([id, { source, target, of }]) => ({
        id,
        source,
        target,
        labels: [...new Set(of.map(textOf))].filter((text) => text !== ''),
        transitions: of.map((transition) => transition.id),
      })),
    ],
  };
}

function isStub(states: readonly ViewState[], wanted: string): boolean {
  return states.find(({ id }) => id === wanted)?.stub === true;
}

/**
 * In an overview the guard says more than the timer or answer after which it is asked, and much of
 * what triggers it is folded away. Events that come from outside keep their names.
 */
export function briefText(transition: ChartTransition): string {
  const { trigger, guard } = transition;
  return guard === null || trigger.kind === 'event' ? transitionText(transition) : `[${guard}]`;
}

function initialDots(
  chart: ChartTree,
  states: readonly ViewState[],
): { state: ViewState; arrow: ViewArrow }[] {
  const begins = states
    .filter(({ open }) => open)
    .map(({ id }): { box: string | null; first: string | null } => ({
      box: id,
      first: chart.state(id).initial,
    }));
  if (states.some(({ id, stub }) => !stub && chart.state(id).parent === chart.graph.root)) {
    const { initial } = chart.state(chart.graph.root);
    if (states.some(({ id, stub }) => id === initial && !stub)) {
      begins.unshift({ box: null, first: initial });
    }
  }
  return begins.flatMap(({ box, first }) => {
    if (first === null) return [];
    const id = `${box ?? ''}>initial`;
    const state: ViewState = {
      id,
      parent: box,
      title: '',
      description: '',
      tags: [],
      invokes: [],
      kind: 'initial',
      open: false,
      folded: false,
      stub: false,
    };
    return [
      {
        state,
        arrow: { id: `${id}->${first}`, source: id, target: first, labels: [], transitions: [] },
      },
    ];
  });
}

function viewState(
  chart: ChartTree,
  state: ChartState,
  { parent, open = false, stub = false }: { parent: string | null; open?: boolean; stub?: boolean },
): ViewState {
  return {
    id: state.id,
    parent,
    title: state.key,
    description: stub ? '' : state.description,
    tags: stub ? [] : state.tags,
    invokes: stub ? [] : state.invokes,
    kind: state.kind,
    open,
    folded: !stub && !open && chart.hasChildren(state.id),
    stub,
  };
}
