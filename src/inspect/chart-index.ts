import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { chartGraph, definitionsOf, type ChartGraph, triggerText } from './chart-graph.js';

/** A machine's chart, found again from what the running machine hands out. */
export class ChartIndex {
  readonly graph: ChartGraph;
  readonly #ids = new Map<AnyTransitionDefinition, string>();
  readonly #texts = new Map<string, string>();

  constructor(machine: AnyStateMachine) {
    this.graph = chartGraph(machine);
    const { transitions } = this.graph;
    let next = 0;
    const visit = (node: AnyStateNode): void => {
      for (const definition of definitionsOf(node)) {
        const transition = transitions[next++];
        if (transition === undefined) continue;
        this.#ids.set(definition, transition.id);
        this.#texts.set(transition.event, triggerText(transition.trigger));
      }
      for (const child of Object.values(node.states)) visit(child);
    };
    visit(machine.root);
  }

  /** The id of a transition that was taken; null for one that the chart does not have. */
  idOf(definition: AnyTransitionDefinition): string | null {
    return this.#ids.get(definition) ?? null;
  }

  /** An event in words; null unless some transition of the chart answers to it. */
  textOf(event: string): string | null {
    return this.#texts.get(event) ?? null;
  }
}

const indices = new WeakMap<AnyStateMachine, ChartIndex>();

export function chartIndexOf(machine: AnyStateMachine): ChartIndex {
  const known = indices.get(machine);
  if (known !== undefined) return known;
  const made = new ChartIndex(machine);
  indices.set(machine, made);
  return made;
}
