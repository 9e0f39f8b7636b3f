import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartView, ViewArrow, ViewState } from './chart-view.js';
import { textWidth, wrap } from './text-size.js';

/* Where everything in a picture goes. The sizes of texts are decided here, once, for the drawing. */

export const TITLE_SIZE = 16;
export const TEXT_SIZE = 13;
export const LINE_HEIGHT = 16;
export const PADDING = 12;

/**
 * Above this width, descriptions break into lines: of a plain state, and of a box, which is wider
 * than the states in it.
 */
const STATE_TEXT_WIDTH = 180;
const BOX_TEXT_WIDTH = 215;
const DOT = 12;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rectangle extends Point {
  readonly width: number;
  readonly height: number;
}

export interface PlacedState extends Rectangle {
  readonly state: ViewState;
  /** The description, broken into lines. */
  readonly lines: readonly string[];
}

export interface PlacedArrow {
  readonly arrow: ViewArrow;
  /** Start, bends, end. */
  readonly points: readonly Point[];
  readonly label: Rectangle | null;
}

export interface ChartLayout {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** Boxes before what is in them. */
  readonly states: readonly PlacedState[];
  readonly arrows: readonly PlacedArrow[];
}

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.randomSeed': '1',
  'elk.padding': '[top=16,left=16,bottom=16,right=16]',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.spacing.nodeNodeBetweenLayers': '20',
  'elk.layered.spacing.edgeNodeBetweenLayers': '12',
  'elk.spacing.nodeNode': '18',
  'elk.spacing.edgeNode': '12',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '4',
};

/** Places the states and arrows of a view. The same view gives the same picture. */
export async function layoutChart(view: ChartView): Promise<ChartLayout> {
  // Half a megabyte: loaded only when something is to be drawn.
  const { default: Elk } = await import('elkjs/lib/elk.bundled.js');
  const elk = new Elk.default();
  const picture: ElkNode = {
    id: '(picture)',
    layoutOptions: OPTIONS,
    children: childrenOf(view, null),
    edges: view.arrows.map((arrow) => edgeOf(arrow, pointsUp(view, arrow))),
  };
  const placed = await elk.layout(picture);
  return {
    title: view.title,
    width: round(placed.width),
    height: round(placed.height),
    states: placedStates(view, placed),
    arrows: placedArrows(view, placed),
  };
}

/** Lines of a state's description, as wide as its kind of shape allows. */
function linesOf(state: ViewState): string[] {
  return wrap(state.description, TEXT_SIZE, state.open ? BOX_TEXT_WIDTH : STATE_TEXT_WIDTH);
}

function childrenOf(view: ChartView, parent: string | null): ElkNode[] {
  return view.states
    .filter((state) => state.parent === parent)
    .map((state) => {
      if (state.kind === 'initial') return { id: state.id, width: DOT, height: DOT };
      const size = sizeOf(state);
      if (!state.open) return { id: state.id, ...size };
      return {
        id: state.id,
        children: childrenOf(view, state.id),
        layoutOptions: {
          ...OPTIONS,
          'elk.padding': `[top=${size.height + 4},left=16,bottom=16,right=16]`,
        },
      };
    });
}

/** Of a plain state the whole size, of a box that of its heading. */
function sizeOf(state: ViewState): { width: number; height: number } {
  const lines = linesOf(state);
  const runs = state.invokes.length === 0 ? [] : [runsText(state)];
  const widths = [...lines, ...runs].map((line) => textWidth(line, TEXT_SIZE));
  const title = textWidth(titleText(state), TITLE_SIZE, true);
  return {
    width: Math.max(title, ...widths, state.stub ? 50 : 80) + 2 * PADDING,
    height: TITLE_SIZE + (lines.length + runs.length) * LINE_HEIGHT + 2 * PADDING,
  };
}

/** What stands in bold: a state that has more inside than the picture shows says so. */
export function titleText({ title, folded }: ViewState): string {
  return folded ? `${title} ⊞` : title;
}

/** The last line of a state that has actors. */
export function runsText({ invokes }: ViewState): string {
  return `▸ ${invokes.join(', ')}`;
}

/**
 * Whether an arrow leads back to a state that stands earlier in the chart. The layout gets it turned
 * round, and so draws what comes first above what comes later, which its own ways to break cycles
 * do not do across boxes.
 */
function pointsUp(view: ChartView, { source, target }: ViewArrow): boolean {
  const position = (wanted: string): number => view.states.findIndex(({ id }) => id === wanted);
  return position(source) > position(target);
}

function edgeOf({ id, source, target, labels }: ViewArrow, turned: boolean): ElkExtendedEdge {
  const [from, to] = turned ? [target, source] : [source, target];
  const edge = { id, sources: [from], targets: [to] };
  if (labels.length === 0) return edge;
  const width = Math.max(...labels.map((label) => textWidth(label, TEXT_SIZE))) + 6;
  return { ...edge, labels: [{ text: id, width, height: labels.length * LINE_HEIGHT }] };
}

function placedStates(view: ChartView, picture: ElkNode): PlacedState[] {
  const byId = new Map(view.states.map((state) => [state.id, state]));
  const collect = (node: ElkNode): PlacedState[] => {
    const state = byId.get(node.id);
    const own = state === undefined ? [] : [{ state, lines: linesOf(state), ...rectangle(node) }];
    return [...own, ...(node.children ?? []).flatMap(collect)];
  };
  return collect(picture);
}

function placedArrows(view: ChartView, picture: ElkNode): PlacedArrow[] {
  const byId = new Map(view.arrows.map((arrow) => [arrow.id, arrow]));
  return (picture.edges ?? []).flatMap((edge) => {
    const arrow = byId.get(edge.id);
    const section = edge.sections?.[0];
    if (arrow === undefined || section === undefined) return [];
    const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map(point);
    if (pointsUp(view, arrow)) points.reverse();
    const label = edge.labels?.[0];
    return [{ arrow, points, label: label === undefined ? null : rectangle(label) }];
  });
}

function rectangle({ x, y, width, height }: Partial<Rectangle>): Rectangle {
  return { x: round(x), y: round(y), width: round(width), height: round(height) };
}

function point({ x, y }: Point): Point {
  return { x: round(x), y: round(y) };
}

/** To a tenth of a pixel: more would only differ between machines. */
function round(value = 0): number {
  return Math.round(value * 10) / 10;
}
