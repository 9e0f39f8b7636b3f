import type { ChartGraph, ChartState } from './chart-graph.js';

/** Questions about the tree of states. */
export class ChartTree {
  readonly graph: ChartGraph;
  readonly #states: ReadonlyMap<string, ChartState>;

  constructor(graph: ChartGraph) {
    this.graph = graph;
    this.#states = new Map(graph.states.map((state) => [state.id, state]));
  }

  state(id: string): ChartState {
    const state = this.#states.get(id);
    if (state === undefined) throw new Error(`The chart has no state "${id}"`);
    return state;
  }

  /** From the parent up to the root. */
  ancestors(id: string): string[] {
    const { parent } = this.state(id);
    return parent === null ? [] : [parent, ...this.ancestors(parent)];
  }

  nearest(id: string, accept: (id: string) => boolean): string {
    return [id, ...this.ancestors(id)].find(accept) ?? this.graph.root;
  }

  hasChildren(id: string): boolean {
    return this.childrenOf(id).length > 0;
  }

  /** The state, and what is entered with it: its first state, or all of its regions, and so on. */
  entered(id: string): string[] {
    const { kind, initial } = this.state(id);
    const next = kind === 'parallel' ? this.childrenOf(id) : initial === null ? [] : [initial];
    return [id, ...next.flatMap((inner) => this.entered(inner))];
  }

  childrenOf(id: string): string[] {
    return this.graph.states.filter(({ parent }) => parent === id).map((state) => state.id);
  }

  boxOf({ parent }: ChartState): string | null {
    return parent === this.graph.root ? null : parent;
  }

  /** The state that stands for `other` beside the picture of `focus`: one of their own level. */
  stubFor(other: string, focus: string): string {
    const shared = new Set(this.ancestors(focus));
    return this.nearest(other, (id) => shared.has(this.state(id).parent ?? ''));
  }
}
