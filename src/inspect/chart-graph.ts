import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/*
 * A statechart as plain data: states and transitions, without the machine they came from. It knows
 * nothing of layout or drawing and runs in a browser as well as in Node.
 */

export type StateKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

export interface ChartState {
  /** The path from the root, such as `participating.elected`; the machine's own id for the root. */
  readonly id: string;
  readonly key: string;
  /** Null for the root alone. */
  readonly parent: string | null;
  readonly kind: StateKind;
  /** The child that is entered first; null unless the state is compound. */
  readonly initial: string | null;
  readonly description: string;
  readonly tags: readonly string[];
  /** Ids of the actors that run as long as the state is active. */
  readonly invokes: readonly string[];
}

/** What makes a transition happen. */
export type Trigger =
  | { readonly kind: 'event'; readonly name: string }
  /** A named delay has passed. */
  | { readonly kind: 'delay'; readonly name: string }
  /** An invoked actor came to its end, or failed; `name` is its id. */
  | { readonly kind: 'actorDone'; readonly name: string }
  | { readonly kind: 'actorFailed'; readonly name: string }
  /** A final state was reached inside. */
  | { readonly kind: 'stateDone' }
  /** As soon as the guard holds. */
  | { readonly kind: 'always' };

export interface ChartTransition {
  readonly id: string;
  readonly source: string;
  /** Null when the transition only acts and the state stays. */
  readonly target: string | null;
  readonly trigger: Trigger;
  /** The event as XState names it; empty for `always`. */
  readonly event: string;
  /** The guard's name, such as `isWatching` or `not leaseLapsed`; null when there is none. */
  readonly guard: string | null;
  /** Names of the actions, in order. */
  readonly actions: readonly string[];
}

export interface ChartGraph {
  readonly root: string;
  /** In document order: every state comes after its parent. */
  readonly states: readonly ChartState[];
  /** Of one state and one event, in the order in which their guards are asked. */
  readonly transitions: readonly ChartTransition[];
}

/** Reads the states and transitions of a machine. */
export function chartGraph(machine: AnyStateMachine): ChartGraph {
  const states: ChartState[] = [];
  const transitions: ChartTransition[] = [];
  const visit = (node: AnyStateNode): void => {
    states.push(readState(node));
    for (const definition of definitionsOf(node)) {
      const id = `${idOf(node)}#${transitions.length}`;
      transitions.push({ id, ...readTransition(node, definition) });
    }
    for (const child of Object.values(node.states)) visit(child);
  };
  visit(machine.root);
  return { root: idOf(machine.root), states, transitions };
}

/** A trigger in a few words, for the label of an arrow; empty for `always`. */
export function triggerText(trigger: Trigger): string {
  switch (trigger.kind) {
    case 'event':
      return trigger.name;
    case 'delay':
      return `after ${trigger.name}`;
    case 'actorDone':
      return `${trigger.name} done`;
    case 'actorFailed':
      return `${trigger.name} failed`;
    case 'stateDone':
      return 'done';
    case 'always':
      return '';
  }
}

/** A transition in a few words: what triggers it and, in brackets, the guard that must hold. */
export function transitionText({ trigger, guard }: ChartTransition): string {
  const text = triggerText(trigger);
  if (guard === null) return text;
  return text === '' ? `[${guard}]` : `${text} [${guard}]`;
}

function idOf(node: AnyStateNode): string {
  return node.path.length === 0 ? node.id : node.path.join('.');
}

function readState(node: AnyStateNode): ChartState {
  const first = node.type === 'compound' ? node.initial.target?.[0] : undefined;
  return {
    id: idOf(node),
    key: node.key,
    parent: node.parent === undefined ? null : idOf(node.parent),
    kind: node.type,
    initial: first === undefined ? null : idOf(first),
    description: node.description ?? '',
    tags: node.tags,
    invokes: node.invoke.map(({ id }) => id),
  };
}

/** The transitions of one state, in the order in which the graph has them. */
export function definitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

function readTransition(
  node: AnyStateNode,
  definition: AnyTransitionDefinition,
): Omit<ChartTransition, 'id'> {
  const target = definition.target?.[0];
  const event = definition.eventType as string;
  return {
    source: idOf(node),
    target: target === undefined ? null : idOf(target),
    trigger: readTrigger(event),
    event,
    guard: nameOf(definition.guard),
    actions: definition.actions.map((action: unknown) => nameOf(action) ?? 'action'),
  };
}

const TRIGGERS: readonly [RegExp, (name: string) => Trigger][] = [
  [/^xstate\.after\.([^.]+)\./, (name) => ({ kind: 'delay', name })],
  [/^xstate\.done\.actor\.(.+)$/, (name) => ({ kind: 'actorDone', name })],
  [/^xstate\.error\.actor\.(.+)$/, (name) => ({ kind: 'actorFailed', name })],
  [/^xstate\.done\.state\.(.+)$/, () => ({ kind: 'stateDone' })],
];

function readTrigger(event: string): Trigger {
  if (event === '') return { kind: 'always' };
  for (const [pattern, make] of TRIGGERS) {
    const match = pattern.exec(event);
    if (match !== null) return make(match[1] ?? '');
  }
  return { kind: 'event', name: event };
}

/**
 * Guards and actions are given by name, or as an object with a type and parameters. A guard made of
 * others, as `not('isReady')`, is a function that has them.
 */
function nameOf(reference: unknown): string | null {
  if (reference === undefined || reference === null) return null;
  if (typeof reference === 'string') return reference;
  const { type, name, guards } = reference as Record<'type' | 'name' | 'guards', unknown>;
  if (typeof type === 'string') return type;
  if (Array.isArray(guards)) return `${String(name)} ${guards.map(nameOf).join(', ')}`;
  return typeof name === 'string' && name !== '' ? name : 'inline';
}
