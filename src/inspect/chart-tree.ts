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
    return this.graph.states.some(({ parent }) => parent === id);
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
